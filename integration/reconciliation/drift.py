"""Levels read back compared with those that stand here, before they are applied.

What a delivery with a higher number said is newer than the read-back and no drift, and so is what
an older one says that is applied in the same batch. The first read-back of a location fills it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from django.conf import settings

from booon_console.lib.spoken import grouped
from integration.easyecom import Level
from integration.models import Delivery, Drift, ReadBack, StockLevel, record_event

CHUNK = 500

Told: TypeAlias = tuple[Delivery, Level]
Place: TypeAlias = tuple[int, str]
# A level, and the arrival number and line that it came by.
Word: TypeAlias = tuple[int, int, int]


def judge(told: Sequence[Told], now: datetime) -> Iterable[Told]:
    """Write down what drifted. Returns what is to be applied: by policy without what drifted."""
    is_read = {delivery.pk: is_compared(delivery) for delivery in {each for each, _ in told}}
    if not any(is_read.values()):
        return told
    places = {place_of(delivery, level) for delivery, level in told if is_read[delivery.pk]}
    words = standing(places)
    drifts: list[Drift] = []
    applied: list[Told] = []
    for delivery, level in sorted(told, key=number_of):
        place, number = place_of(delivery, level), number_of((delivery, level))
        ours = words.get(place)
        is_news = place in places and (ours is None or number > ours[1:])
        if is_news and is_read[delivery.pk] and (ours is None or ours[0] != level.quantity):
            drifts.append(drift_of(delivery, level, ours, now))
            if not mends():
                continue
        if is_news:
            words[place] = (level.quantity, *number)
        applied.append((delivery, level))
    record_drift(drifts, now)
    return applied


def mends() -> bool:
    return bool(settings.STOCK_DRIFT_POLICY == "mend")


def is_compared(delivery: Delivery) -> bool:
    """A read-back, of a location that had been read through before it."""
    if delivery.source != Delivery.Source.RECONCILED:
        return False
    whole = ReadBack.objects.filter(location=delivery.location_id, ended_at__isnull=False)
    return whole.filter(arrival__lt=delivery.pk).exists()


def place_of(delivery: Delivery, level: Level) -> Place:
    return delivery.location_id, level.sku


def number_of(told: Told) -> tuple[int, int]:
    delivery, level = told
    return delivery.pk, level.line


def standing(places: set[Place]) -> dict[Place, Word]:
    """What stands here for these."""
    words: dict[Place, Word] = {}
    for location_id in {location_id for location_id, _ in places}:
        skus = iter(sorted(sku for where, sku in places if where == location_id))
        for level in levels(location_id, skus):
            words[location_id, level.sku] = (level.quantity, level.arrival, level.line)
    return words


def levels(location_id: int, skus: Iterator[str]) -> Iterator[StockLevel]:
    while chunk := list(islice(skus, CHUNK)):
        yield from StockLevel.objects.filter(location=location_id, sku__in=chunk)


def drift_of(delivery: Delivery, level: Level, ours: Word | None, now: datetime) -> Drift:
    return Drift(
        location_id=delivery.location_id,
        sku=level.sku,
        ours=None if ours is None else ours[0],
        theirs=level.quantity,
        at=now,
        delivery=delivery,
        is_mended=mends(),
    )


def record_drift(drifts: Sequence[Drift], now: datetime) -> None:
    """A delivery that is replayed says nothing new."""
    Drift.objects.bulk_create(drifts, batch_size=CHUNK, ignore_conflicts=True)
    for delivery in {drift.delivery for drift in drifts}:
        count = sum(drift.delivery_id == delivery.pk for drift in drifts)
        said = "and were set right" if mends() else "and were left as they are"
        record_event(
            "drift",
            f"Levels that differed from EasyEcom's {said}: {grouped(count)}.",
            at=now,
            location=delivery.location,
            delivery=delivery,
        )
