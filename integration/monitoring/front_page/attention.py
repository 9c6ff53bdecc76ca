"""What needs a person, for the front page: a fixed number of short queries."""

from collections.abc import Iterator
from typing import Any

from booon_console.lib import clock
from booon_console.lib.admin_parts import listed
from integration.models import (
    Announcement,
    Delivery,
    ErrorMessage,
    Listing,
    OrderReason,
    Receiver,
    UnmappedSku,
)
from integration.models.reasons import ORDER_REASONS
from integration.monitoring.front_page import stoppages
from integration.monitoring.front_page.needs import Need, waiting
from integration.monitoring.front_page.order_needs import order_needs
from sellers import scope


def needs(user: Any) -> list[Need]:
    """What this person may see of what waits for a person."""
    now = clock.now()
    found = [
        # What loses something while nobody looks stands before what waits, and that before what
        # somebody stopped on purpose.
        *stoppages.webhook_needs(user, now),
        *stoppages.queue_needs(user),
        *stoppages.account_needs(user),
        *stoppages.carrier_needs(user),
        *order_needs(user, ORDER_REASONS, now),
        *stoppages.location_needs(user),
        *stoppages.hold_needs(user),
        *stoppages.open_step_needs(user),
        *parked_needs(user),
        *stoppages.quota_needs(user, now),
        *catalog_needs(user),
        *booon_needs(user),
        *error_needs(user),
    ]
    return allowed(found, user)


def passing(user: Any) -> list[Need]:
    """Orders that wait, and go on by themselves."""
    others = [each for each in OrderReason if each not in ORDER_REASONS]
    return allowed(order_needs(user, others, clock.now()), user)


def allowed(found: Any, user: Any) -> list[Need]:
    return [need for need in found if need.count and user.has_perm(need.permission)]


def parked_needs(user: Any) -> Iterator[Need]:
    for status in (Delivery.Status.PARKED, Delivery.Status.PARTLY):
        rows = scope.within(Delivery.objects.filter(status=status), user, "location__seller")
        yield Need(
            f"deliveries:{status}",
            "Deliveries",
            f"{status.label}: what could not be read or placed waits there.",
            *waiting(rows.order_by("pk"), "received_at"),
            "Read its reason; replay it once that is mended.",
            listed(Delivery, status=status),
            "integration.view_delivery",
        )


def catalog_needs(user: Any) -> Iterator[Need]:
    unmatched = scope.within(Listing.objects.filter(product__isnull=True), user, "seller")
    yield Need(
        "listings",
        "Listings",
        "Unmatched: EasyEcom has no product of their SKU.",
        waiting(unmatched, "created_at")[0],
        None,
        "Create the product in EasyEcom, or correct the SKU at Booon.",
        listed(Listing, unmatched="yes"),
        "integration.view_listing",
    )
    unmapped = scope.within(UnmappedSku.objects.order_by("pk"), user, "seller")
    yield Need(
        "unmapped_skus",
        "Unmapped SKUs",
        "Orders or deliveries named them, and EasyEcom's products lack them.",
        *waiting(unmapped, "named_at"),
        "Create the product in EasyEcom, or correct the SKU at its source.",
        listed(UnmappedSku),
        "integration.view_unmappedsku",
    )


def booon_needs(user: Any) -> Iterator[Need]:
    failing = scope.within(Receiver.objects.filter(opened_at__isnull=False), user, None)
    yield Need(
        "receiver",
        "Booon's receiver",
        "It fails: one change at a time is tried, until one is taken.",
        *waiting(failing, "opened_at"),
        "Ask Booon's platform what its receiver says.",
        listed(Receiver),
        "integration.view_receiver",
    )
    given_up = Announcement.objects.filter(given_up_at__isnull=False).order_by("given_up_at")
    yield Need(
        "given_up",
        "Changes given up",
        "Booon's receiver did not take them for three days.",
        *waiting(scope.within(given_up, user, "change__seller"), "given_up_at"),
        "Send them again, or have Booon's platform read the feed.",
        listed(Announcement, state="given_up"),
        "integration.view_announcement",
    )


def error_needs(user: Any) -> Iterator[Need]:
    unnamed = ErrorMessage.objects.filter(known__isnull=True).order_by("pk")
    yield Need(
        "error_messages",
        "Error messages",
        "EasyEcom said these, and the dictionary does not know what they mean.",
        *waiting(scope.within(unnamed, user, None), "first_at"),
        "Say in plain words what each means, and what to do about it.",
        listed(ErrorMessage, named="no"),
        "integration.add_knownerror",
    )
