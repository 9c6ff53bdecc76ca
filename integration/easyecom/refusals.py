"""What a refused Create Order says of single lines (docs/easyecom-contract.md#refusals-per-line).

The message on top is then only "Error creating order": the lines are the reason.
"""

from collections.abc import Sequence

from integration.easyecom.envelope import Envelope
from integration.easyecom.outcomes import LineProblem
from integration.easyecom.redaction import without_tokens
from integration.easyecom.values import (
    MESSAGE_LIMIT,
    NUMBER_LIMIT,
    SKU_LIMIT,
    absent,
    render_words,
    text,
    unless_bad,
)

MOST_LINES = 200
LINE_MESSAGE_LIMIT = 200
# Room for "; and 199 more lines" at the end of a sentence that is cut.
_REST = 24


def line_problems(answer: Envelope) -> tuple[LineProblem, ...]:
    """What is said of each line; lines of which nothing is said are left out."""
    rows = answer.data if isinstance(answer.data, list) else [answer.data]
    found = (_problem(row) for row in rows[:MOST_LINES] if isinstance(row, dict))
    return tuple(problem for problem in found if problem.message)


def in_words(message: str, lines: Sequence[LineProblem]) -> str:
    """The message with its lines, as one text of at most MESSAGE_LIMIT characters.

    Lines that no longer fit are counted at its end.
    """
    said = [f"{line.sku or line.line_id or 'A line'}: {line.message}" for line in lines]
    top = message.strip().rstrip(":.;")
    is_repeated = any(message == line.message for line in lines)
    whole = f"{top}: " if top and not is_repeated else ""
    for place, each in enumerate(said):
        joined = whole + ("; " if place else "") + each
        is_last = place == len(said) - 1
        if len(joined) > MESSAGE_LIMIT - (0 if is_last else _REST):
            rest = len(said) - place
            if not place:
                return joined[:MESSAGE_LIMIT]
            return f"{whole}; and {rest} more {'line' if rest == 1 else 'lines'}"
        whole = joined
    return whole


def _problem(row: dict[str, object]) -> LineProblem:
    said = row.get("Message")
    return LineProblem(
        unless_bad(text, "", row.get("OrderItemId"), NUMBER_LIMIT),
        unless_bad(text, "", row.get("Sku"), SKU_LIMIT),
        "" if absent(said) else without_tokens(render_words(said, LINE_MESSAGE_LIMIT)),
    )
