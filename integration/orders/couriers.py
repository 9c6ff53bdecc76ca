"""Couriers that were used, as they are spelt."""

from collections import Counter

from integration.models import ShipmentDetails
from integration.models.shipments import compared

# How far back, and how many are offered.
LATEST = 2000
MOST = 40


def used() -> list[str]:
    """Of the latest shipments, the most usual first; of several spellings the most usual one."""
    latest = ShipmentDetails.objects.order_by("-pk").values_list("courier", flat=True)[:LATEST]
    found: dict[str, str] = {}
    for courier, _ in Counter(latest).most_common():
        found.setdefault(compared(courier), courier)
    return list(found.values())[:MOST]


def spelled(courier: str, known: list[str]) -> str:
    """As it was written before, where only letter case or blanks differ."""
    same = (each for each in known if compared(each) == compared(courier))
    return next(same, courier)
