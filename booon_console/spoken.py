"""Numbers and spans as people in India read them: 12,34,567 and 3 h."""

from datetime import timedelta

from django.utils.numberformat import format as formatted

UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
)
# A day and a half is better told in hours.
ENOUGH = {"d": 2, "h": 1, "min": 1}


def grouped(number: int) -> str:
    """12,34,567."""
    return formatted(
        number, ".", grouping=(3, 2, 0), thousand_sep=",", force_grouping=True, use_l10n=False
    )


def span(length: timedelta) -> str:
    """3 h, 20 min: in the largest unit that fits, rounded down."""
    for name, unit in UNITS:
        if length >= unit * ENOUGH[name]:
            return f"{grouped(length // unit)} {name}"
    return f"{length // timedelta(seconds=1)} s"


def distance(length: timedelta) -> str:
    """How far off a moment is: 3 h ago, in 20 min."""
    if abs(length) < timedelta(seconds=10):
        return "just now"
    return f"{span(length)} ago" if length > timedelta(0) else f"in {span(-length)}"
