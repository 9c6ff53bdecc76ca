"""What needs a person, for the front page: a fixed number of short queries."""

from collections.abc import Iterator
from typing import Any

from booon_console import clock
from booon_console.admin_parts import listed
from integration.front import stoppages
from integration.front.needs import Need, waiting
from integration.models import (
    Announcement,
    Delivery,
    ErrorMessage,
    Listing,
    Order,
    OrderReason,
    Receiver,
    UnmappedSku,
)
from integration.trouble.steps import NOTHING, STEPS
from sellers import scope

# The others pass by themselves.
ORDER_REASONS = (
    OrderReason.NOT_FOUND,
    OrderReason.NUMBER_TAKEN,
    OrderReason.CONFLICT,
    OrderReason.AWB_CONFLICT,
    OrderReason.REJECTED,
    OrderReason.AWB_REJECTED,
    OrderReason.CARRIER_NOT_REGISTERED,
    OrderReason.CREDENTIALS_REFUSED,
    OrderReason.HELD,
    OrderReason.AWB_LATE,
    OrderReason.NOT_MANIFESTED,
)


def needs(user: Any) -> list[Need]:
    """What this person may see of what waits for a person."""
    now = clock.now()
    found = [
        *stoppages.hold_needs(user),
        *stoppages.queue_needs(user),
        *stoppages.carrier_needs(user),
        *order_needs(user, ORDER_REASONS),
        *stoppages.location_needs(user),
        *stoppages.open_step_needs(user),
        *stoppages.lifeline_needs(user, now),
        *parked_needs(user),
        *stoppages.quota_needs(user, now),
        *catalog_needs(user),
        *booon_needs(user),
        *error_needs(user),
    ]
    return allowed(found, user)


def passing(user: Any) -> list[Need]:
    """Orders that wait, and go on by themselves."""
    return allowed(
        order_needs(user, [each for each in OrderReason if each not in ORDER_REASONS]), user
    )


def allowed(found: Any, user: Any) -> list[Need]:
    return [need for need in found if need.count and user.has_perm(need.permission)]


def order_needs(user: Any, reasons: Any) -> Iterator[Need]:
    for reason in reasons:
        orders = Order.objects.filter(blocked_reason=reason).order_by("blocked_since")
        count, since = waiting(scope.within(orders, user, "seller"), "blocked_since")
        url = listed(Order, blocked_reason=reason)
        step = "" if STEPS[reason] == NOTHING else STEPS[reason]
        yield Need("Orders", reason.label, count, since, step, url, "integration.view_order")


def parked_needs(user: Any) -> Iterator[Need]:
    for status in (Delivery.Status.PARKED, Delivery.Status.PARTLY):
        rows = scope.within(Delivery.objects.filter(status=status), user, "location__seller")
        yield Need(
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
        "Booon's receiver",
        "It fails: one change at a time is tried, until one is taken.",
        *waiting(failing, "opened_at"),
        "Ask Booon's platform what its receiver says.",
        listed(Receiver),
        "integration.view_receiver",
    )
    given_up = Announcement.objects.filter(given_up_at__isnull=False).order_by("given_up_at")
    yield Need(
        "Changes given up",
        "Booon's receiver did not take them for three days.",
        *waiting(scope.within(given_up, user, "change__seller"), "given_up_at"),
        "Tell it again, or have Booon's platform read the feed.",
        listed(Announcement, state="given_up"),
        "integration.view_announcement",
    )


def error_needs(user: Any) -> Iterator[Need]:
    unnamed = ErrorMessage.objects.filter(known__isnull=True).order_by("pk")
    yield Need(
        "Error messages",
        "EasyEcom said these, and the dictionary does not know what they mean.",
        *waiting(scope.within(unnamed, user, None), "first_at"),
        "Say in plain words what each means, and what to do about it.",
        listed(ErrorMessage, named="no"),
        "integration.add_knownerror",
    )
