"""What needs a person, for the front page: a fixed number of short queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from booon_console import clock
from booon_console.admin_parts import listed
from booon_console.search import capped_count, shown_count
from integration import declarations
from integration.models import (
    Announcement,
    Delivery,
    Hold,
    Listing,
    Order,
    OrderReason,
    Receiver,
    UnmappedSku,
    Worker,
)
from integration.standing import out_of_quota
from sellers.models import CarrierRegistration, Location, LocationReason

SILENCE = timedelta(seconds=60)
# The others pass by themselves.
ORDER_REASONS = (
    OrderReason.NOT_FOUND,
    OrderReason.NUMBER_TAKEN,
    OrderReason.CONFLICT,
    OrderReason.AWB_CONFLICT,
    OrderReason.REJECTED,
    OrderReason.AWB_REJECTED,
    OrderReason.CREDENTIALS_REFUSED,
    OrderReason.HELD,
    OrderReason.AWB_LATE,
    OrderReason.NOT_MANIFESTED,
)
LOCATION_REASONS = (
    LocationReason.CREDENTIALS_REFUSED,
    LocationReason.LOCATION_NOT_FOUND,
    LocationReason.CARRIER_NOT_CONFIGURED,
    LocationReason.REFUSED,
    LocationReason.TOKENS_NOT_ISSUED,
)
DELIVERY_STATUSES = (Delivery.Status.PARKED, Delivery.Status.PARTLY)


@dataclass(frozen=True)
class Need:
    """So many of these wait for a person; `url` lists them."""

    what: str
    count: str
    sentence: str
    url: str
    permission: str


@dataclass(frozen=True)
class Band:
    """What stands above every page, because whatever is read there depends on it."""

    sentence: str
    step: str


def bands() -> list[Band]:
    """Two short queries, since every page asks."""
    found = []
    if hold := Hold.objects.over_everything():
        found.append(Band(hold.sentence, "Nothing goes out until an Admin releases it."))
    if not Worker.objects.filter(beat_at__gte=Now() - SILENCE).exists():
        found.append(
            Band(
                "Nothing is being processed: no worker has given a sign of life for a minute.",
                "Start `manage.py workers`.",
            )
        )
    return found


def needs(user: Any) -> list[Need]:
    """What this person may see of what waits."""
    found = [*hold_needs(), *carrier_needs(), *order_needs(), *location_needs(), *parked_needs()]
    found += [*open_step_needs(), *catalog_needs(), *quota_needs(), *booon_needs()]
    return [need for need in found if user.has_perm(need.permission)]


def is_silent(beat_at: datetime | None, now: datetime) -> bool:
    return beat_at is None or beat_at < now - SILENCE


def hold_needs() -> list[Need]:
    return need(
        "Holds",
        "Nothing goes out to EasyEcom for what they hold, until it is released.",
        Hold.objects.open(),
        "integration.view_hold",
        open="yes",
    )


def carrier_needs() -> list[Need]:
    state = CarrierRegistration.State.IN_DOUBT
    return need(
        "Carrier registrations in doubt",
        "EasyEcom may have them. Look in its Carrier Master and say what is there.",
        CarrierRegistration.objects.filter(state=state),
        "sellers.view_carrierregistration",
        state=state,
    )


def order_needs() -> list[Need]:
    return [
        each
        for reason in ORDER_REASONS
        for each in need(
            "Orders",
            reason.label,
            Order.objects.filter(blocked_reason=reason),
            "integration.view_order",
            blocked_reason=reason,
        )
    ]


def location_needs() -> list[Need]:
    return [
        each
        for reason in LOCATION_REASONS
        for each in need(
            "Locations",
            reason.label,
            Location.objects.filter(blocked_reason=reason),
            "sellers.view_location",
            blocked_reason=reason,
        )
    ]


def open_step_needs() -> list[Need]:
    """Live or not: what is only declared, or still to be seen, waits until it is done."""
    return need(
        "Onboarding",
        "Something is still to be ticked, or a first webhook to be seen.",
        declarations.with_open_steps(Location.objects.all()),
        "sellers.view_location",
        steps="open",
    )


def parked_needs() -> list[Need]:
    return [
        each
        for status in DELIVERY_STATUSES
        for each in need(
            "Deliveries",
            f"{status.label}: what could not be read or placed waits there.",
            Delivery.objects.filter(status=status),
            "integration.view_delivery",
            status=status,
        )
    ]


def catalog_needs() -> list[Need]:
    return [
        *need(
            "Listings",
            "Unmatched: EasyEcom has no product of their SKU.",
            Listing.objects.filter(product__isnull=True),
            "integration.view_listing",
            unmatched="yes",
        ),
        *need(
            "Unmapped SKUs",
            "Orders or deliveries named them, and EasyEcom's products lack them.",
            UnmappedSku.objects.all(),
            "integration.view_unmappedsku",
        ),
    ]


def quota_needs() -> list[Need]:
    return need(
        "Accounts out of calls",
        "EasyEcom takes no more of theirs today: their orders wait until then.",
        out_of_quota(clock.now()),
        "integration.view_quota",
        out="yes",
    )


def booon_needs() -> list[Need]:
    return [
        *need(
            "Booon's receiver",
            "It fails: one change at a time is tried, until one is taken.",
            Receiver.objects.filter(opened_at__isnull=False),
            "integration.view_receiver",
        ),
        *need(
            "Changes given up",
            "Booon's receiver did not take them for three days. Tell it again, or read the feed.",
            Announcement.objects.filter(given_up_at__isnull=False),
            "integration.view_announcement",
            state="given_up",
        ),
    ]


def need(
    what: str, sentence: str, rows: QuerySet[Any], permission: str, **filters: str
) -> list[Need]:
    count = capped_count(rows)
    url = listed(rows.model, **filters)
    return [Need(what, shown_count(count), sentence, url, permission)] if count else []
