"""What needs a person, for the front page: a fixed number of short queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from booon_console import clock
from booon_console.admin_parts import listed
from booon_console.search import CAP, shown_count
from integration import declarations, lifelines
from integration.models import (
    Announcement,
    Delivery,
    ErrorMessage,
    Hold,
    Listing,
    Order,
    OrderReason,
    Receiver,
    UnmappedSku,
    WebhookEndpoint,
)
from integration.standing import out_of_quota
from integration.steps import NOTHING, STEPS
from sellers import scope
from sellers.models import CarrierRegistration, Location, LocationReason, LoginTrouble

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
ONBOARD = "Open the location and continue its onboarding."
LOCATION_STEPS = {
    LocationReason.CREDENTIALS_REFUSED: "Save the right user name and password on the seller.",
    LocationReason.LOCATION_NOT_FOUND: "Compare the location key with EasyEcom's.",
    LocationReason.CARRIER_NOT_CONFIGURED: "Set EASYECOM_CARRIER_ID and its log-in, then continue.",
    LocationReason.REFUSED: "Mend what EasyEcom says, then continue the onboarding.",
    LocationReason.TOKENS_NOT_ISSUED: "Issue its tokens and paste them into EasyEcom.",
}


@dataclass(frozen=True)
class Need:
    """So many of these wait, the oldest since then; `url` lists them, `step` is what to do."""

    what: str
    sentence: str
    count: int
    since: datetime | None
    step: str
    url: str
    permission: str

    @property
    def shown_count(self) -> str:
        return shown_count(self.count)


def needs(user: Any) -> list[Need]:
    """What this person may see of what waits for a person."""
    now = clock.now()
    found = [
        *hold_needs(user),
        *carrier_needs(user),
        *order_needs(user, ORDER_REASONS),
        *location_needs(user),
        *open_step_needs(user),
        *lifeline_needs(user, now),
        *parked_needs(user),
        *quota_needs(user, now),
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


def hold_needs(user: Any) -> Iterator[Need]:
    held = scope.within(Hold.objects.open().order_by("set_at"), user, "seller")
    yield Need(
        "Holds",
        "Nothing goes out to EasyEcom for what they hold.",
        *waiting(held, "set_at"),
        "Release it once its reason is gone.",
        listed(Hold, open="yes"),
        "integration.view_hold",
    )


def carrier_needs(user: Any) -> Iterator[Need]:
    state = CarrierRegistration.State.IN_DOUBT
    rows = CarrierRegistration.objects.filter(state=state).order_by("doubt_since")
    mine = scope.within(Location.objects.all(), user, "seller").values("location_key")
    if scope.is_limited(user):
        rows = rows.filter(location_key__in=mine)
    yield Need(
        "Carrier registrations",
        "In doubt: EasyEcom may have them, and they are never sent again by themselves.",
        *waiting(rows, "doubt_since"),
        "Look in EasyEcom's Carrier Master and say what is there.",
        listed(CarrierRegistration, state=state),
        "sellers.view_carrierregistration",
    )


def location_needs(user: Any) -> Iterator[Need]:
    locations = scope.within(Location.objects.order_by("created_at"), user, "seller")
    for reason, step in LOCATION_STEPS.items():
        rows = locations.filter(blocked_reason=reason)
        url = listed(Location, blocked_reason=reason)
        yield of_locations(reason.label, rows, step, url)
    refused = locations.filter(login_trouble=LoginTrouble.REFUSED, blocked_reason="")
    yield of_locations(
        "EasyEcom refuses the log-in of locations that are live.",
        refused,
        LOCATION_STEPS[LocationReason.CREDENTIALS_REFUSED],
        listed(Location, login_trouble=LoginTrouble.REFUSED),
    )


def of_locations(sentence: str, rows: QuerySet[Location], step: str, url: str) -> Need:
    count, _ = waiting(rows, "created_at")
    return Need("Locations", sentence, count, None, step, url, "sellers.view_location")


def open_step_needs(user: Any) -> Iterator[Need]:
    """Live or not: what is only declared, or still to be seen, waits until it is done."""
    locations = scope.within(Location.objects.order_by("created_at"), user, "seller")
    yield Need(
        "Onboarding",
        "Something is still to be ticked, or a first webhook to be seen.",
        *waiting(declarations.with_open_steps(locations), "created_at"),
        "Open the location's path: what is open stands there.",
        listed(Location, steps="open"),
        "sellers.view_location",
    )


def lifeline_needs(user: Any, now: datetime) -> Iterator[Need]:
    rows = scope.within(WebhookEndpoint.objects.all(), user, "location__seller")
    # Untouched endpoints are the location's own business.
    lines = lifelines.of(list(rows.exclude(token_digest="")[:CAP]), now)
    danger = [line for line in lines if line.is_in_danger]
    silent = [line for line in lines if line.silence and not line.is_in_danger]
    sides = {"url": listed(WebhookEndpoint), "permission": "integration.view_webhookendpoint"}
    yield Need(
        "Lifelines",
        "In danger: EasyEcom switches a webhook off after too many refusals.",
        len(danger),
        min((line.refused_since for line in danger if line.refused_since), default=None),
        "Open it: the likely cause of the refusals stands there.",
        **sides,
    )
    yield Need(
        "Lifelines",
        "Silent although orders move.",
        len(silent),
        min((line.heard_at for line in silent if line.heard_at), default=None),
        "Compare its address and token in EasyEcom's Webhook Settings.",
        **sides,
    )


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


def quota_needs(user: Any, now: datetime) -> Iterator[Need]:
    rows = scope.within(out_of_quota(now), user, "seller").order_by("pk")
    count, _ = waiting(rows, "full_at")
    yield Need(
        "Accounts",
        "Out of calls: EasyEcom takes no more of theirs today.",
        count,
        None,
        "Nothing, or ask EasyEcom for a larger plan: their orders go out after midnight.",
        listed(out_of_quota(now).model, out="yes"),
        "integration.view_quota",
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


def waiting(rows: QuerySet[Any], column: str) -> tuple[int, datetime | None]:
    """How many, to one beyond the cap; and the earliest time among those that come first."""
    found = rows[: CAP + 1].aggregate(count=Count("pk"), since=Min(column))
    return found["count"], found["since"]
