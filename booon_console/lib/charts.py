"""Bars and stepped lines of SVG charts, placed by the server: no script draws them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booon_console.lib.spoken import grouped

WIDTH, HEIGHT = 288, 72
GAP = 2
# Of a stepped line; the margin keeps the line's own width from being cut off at the edges.
LINE_WIDTH, LINE_HEIGHT = 480, 60
MARGIN = 3
# A bar of one is still seen beside one of a thousand.
LOWEST = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the chart's own units, from its lower edge up."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one title; `summary` says the same to whoever does not see them."""

    title: str
    bars: tuple[Bar, ...]
    summary: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def total(self) -> int:
        return sum(bar.value for bar in self.bars)

    @property
    def most(self) -> int:
        """What the full height stands for."""
        return max((bar.value for bar in self.bars), default=0)


def bar_chart(title: str, values: Sequence[tuple[str, int]]) -> Chart:
    """Labels with their values, from left to right."""
    most = max((value for _, value in values), default=0)
    step = WIDTH / max(len(values), 1)
    bars = tuple(
        bar(place * step, step - GAP, value / most if most else 0, label, value)
        for place, (label, value) in enumerate(values)
    )
    return Chart(title, bars, summary(title, values))


def bar(x: float, width: float, share: float, label: str, value: int) -> Bar:
    height = max(round(share * HEIGHT, 1), LOWEST) if value else 0
    return Bar(round(x, 1), HEIGHT - height, round(width, 1), height, label, value)


def summary(title: str, values: Sequence[tuple[str, int]]) -> str:
    total = sum(value for _, value in values)
    if not total:
        return f"{title}: none."
    label, most = max(values, key=lambda pair: pair[1])
    return f"{title}: {grouped(total)} in all, the most at {label}: {grouped(most)}."


@dataclass(frozen=True, slots=True)
class Sparkline:
    """`points` as SVG takes them; `summary` says the same to whoever does not see them."""

    points: str
    summary: str
    width: int = LINE_WIDTH
    height: int = LINE_HEIGHT


def sparkline(values: Sequence[tuple[datetime, int]], until: datetime) -> Sparkline | None:
    """Times with the number from then on, oldest first. None where there is nothing to draw."""
    if not values:
        return None
    numbers = [number for _, number in values]
    lowest, highest = min(numbers), max(numbers)
    began = values[0][0]
    span = max((until - began).total_seconds(), 1)

    def x(moment: datetime) -> float:
        return round(
            MARGIN + (LINE_WIDTH - 2 * MARGIN) * (moment - began).total_seconds() / span, 1
        )

    def y(number: int) -> float:
        share = (number - lowest) / (highest - lowest) if highest > lowest else 0.5
        return round(LINE_HEIGHT - MARGIN - (LINE_HEIGHT - 2 * MARGIN) * share, 1)

    corners = [(x(began), y(numbers[0]))]
    for moment, number in values[1:]:
        # The old number stood until this moment.
        corners += [(x(moment), corners[-1][1]), (x(moment), y(number))]
    corners.append((float(LINE_WIDTH - MARGIN), corners[-1][1]))
    said = (
        f"{grouped(len(values))} change{'s' if len(values) > 1 else ''}, "
        f"between {grouped(lowest)} and {grouped(highest)}, now {grouped(numbers[-1])}."
    )
    return Sparkline(" ".join(f"{across},{down}" for across, down in corners), said)
