"""A number over time as one stepped line of SVG, drawn by the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booon_console.spoken import grouped

WIDTH, HEIGHT = 480, 60
# So that the line's own width is not cut off at the edges.
MARGIN = 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`points` as SVG takes them; `summary` says the same to whoever does not see them."""

    points: str
    summary: str
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(values: Sequence[tuple[datetime, int]], until: datetime) -> Sparkline | None:
    """Times with the number from then on, oldest first. None where there is nothing to draw."""
    if not values:
        return None
    numbers = [number for _, number in values]
    lowest, highest = min(numbers), max(numbers)
    began = values[0][0]
    span = max((until - began).total_seconds(), 1)

    def x(moment: datetime) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (moment - began).total_seconds() / span, 1)

    def y(number: int) -> float:
        share = (number - lowest) / (highest - lowest) if highest > lowest else 0.5
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, 1)

    corners = [(x(began), y(numbers[0]))]
    for moment, number in values[1:]:
        # The old number stood until this moment.
        corners += [(x(moment), corners[-1][1]), (x(moment), y(number))]
    corners.append((float(WIDTH - MARGIN), corners[-1][1]))
    said = (
        f"{grouped(len(values))} change{'s' if len(values) > 1 else ''}, "
        f"between {grouped(lowest)} and {grouped(highest)}, now {grouped(numbers[-1])}."
    )
    return Sparkline(" ".join(f"{across},{down}" for across, down in corners), said)
