"""What a location is called, learnt from whatever names it first.

Get Location shows a secondary warehouse's token nothing of itself
(docs/easyecom-contract.md#an-empty-list), so name, city and company id come later: with a product
page, a look-up or a webhook. Nothing waits for them, and nothing that is known is overwritten.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from integration.easyecom import FoundOrder
from integration.models import record_event
from sellers.models import Location

FACTS = {"name": "name", "city": "city", "company_id": "company id"}
LIMITS = {"name": 200, "city": 100, "company_id": 32}


def learn(
    location: Location,
    source: str,
    now: datetime,
    *,
    name: str = "",
    city: str = "",
    company_id: str = "",
) -> None:
    """For a location that is locked by its caller, or whose caller holds no lock."""
    given = {"name": name, "city": city, "company_id": company_id}
    new = {
        fact: value[: LIMITS[fact]]
        for fact, value in given.items()
        if value and not getattr(location, fact)
    }
    learnt = {}
    for fact, value in new.items():
        rows = Location.objects.filter(pk=location.pk, **{fact: ""})
        if rows.update(**{fact: value}, updated_at=now):
            learnt[FACTS[fact]] = value
            setattr(location, fact, value)
    if learnt:
        words = ", ".join(f"{what} {value}" for what, value in learnt.items())
        record_event("learnt", f"Learnt from {source}: {words}.", at=now, location=location)


def learn_later(
    location: Location,
    source: str,
    now: datetime,
    *,
    location_key: str,
    name: str = "",
    city: str = "",
    company_id: str = "",
) -> None:
    """From a row that names its location, once its transaction is over: whoever takes a location on
    locks it before its orders."""
    given = {"name": name, "city": city, "company_id": company_id}
    if not location.has_key(location_key):
        return
    if any(value and not getattr(location, fact) for fact, value in given.items()):
        transaction.on_commit(partial(learn, location, source, now, **given))


def learn_from(location: Location, invoices: Iterable[FoundOrder], now: datetime) -> None:
    """What a look-up shows beside the location's key."""
    for invoice in invoices:
        learn_later(
            location,
            "a look-up",
            now,
            location_key=invoice.location_key,
            name=invoice.place_name,
            city=invoice.place_city,
            company_id=invoice.company_id,
        )
