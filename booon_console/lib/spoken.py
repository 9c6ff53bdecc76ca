"""Numbers, spans and times as people in India read them: 12,34,567, 3 h and 24 Nov, 00:00 IST."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.numberformat import format as formatted

UNITS = (
    ("s", timedelta(seconds=1)),
    ("min", timedelta(minutes=1)),
    ("h", timedelta(hours=1)),
)
DAY = timedelta(days=1)
# Up to two days are better told in hours.
MOST = {"h": 48, "min": 59, "s": 59}


def grouped(number: int) -> str:
    """12,34,567."""
    return formatted(
        number, ".", grouping=(3, 2, 0), thousand_sep=",", force_grouping=True, use_l10n=False
    )


def rupees(amount: Decimal) -> str:
    """₹ 12,34,567, without paise."""
    return f"₹ {grouped(int(amount.to_integral_value(ROUND_HALF_UP)))}"


def rupees_and_paise(amount: Decimal) -> str:
    """₹ 12,34,567.50."""
    whole, _, part = f"{abs(amount):.2f}".partition(".")
    return f"{'-' if amount < 0 else ''}₹ {grouped(int(whole))}.{part}"


def span(length: timedelta) -> str:
    """3 h, 20 min: rounded to the nearest, in the largest unit that fits. What was made for 48 h a
    moment ago is still told as that."""
    for name, unit in UNITS:
        if (count := nearest(length, unit)) <= MOST[name]:
            return f"{count} {name}"
    return f"{grouped(nearest(length, DAY))} d"


def nearest(length: timedelta, unit: timedelta) -> int:
    """How many units; a half counts as one more."""
    return (length + unit / 2) // unit


def distance(length: timedelta) -> str:
    """How far off a moment is: 3 h ago, in 20 min."""
    if abs(length) < timedelta(seconds=10):
        return "just now"
    return f"{span(length)} ago" if length > timedelta(0) else f"in {span(-length)}"


def ist(moment: datetime) -> str:
    """A time in a sentence: 24 Nov, 00:00 IST."""
    return f"{timezone.localtime(moment):%-d %b, %H:%M} IST"


def ist_at(moment: datetime) -> str:
    """The same where "at" stands before it: 00:00 IST on 24 November."""
    return f"{timezone.localtime(moment):%H:%M IST on %-d %B}"
