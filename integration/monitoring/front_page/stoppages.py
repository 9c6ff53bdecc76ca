"""What stops a seller or all of them: holds, queues, registrations, log-ins, webhooks, quotas."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from booon_console.lib.admin_parts import listed, page_of
from booon_console.lib.search import CAP
from integration.models import Alert, Hold, WebhookEndpoint
from integration.monitoring import webhook_health
from integration.monitoring.front_page.needs import Need, waiting
from integration.monitoring.webhook_health import WebhookHealth
from integration.onboarding import checklist
from integration.sync.quota_status import out_of_quota
from sellers import scope
from sellers.models import CarrierRegistration, Location, LocationReason, LoginTrouble

LOCATION_STEPS = {
    LocationReason.CREDENTIALS_REFUSED: "Save the right user name and password on the seller.",
    LocationReason.SECRET_UNREADABLE: "Type the log-in in again, or give the console its key back.",
    LocationReason.CARRIER_NOT_CONFIGURED: "Set EASYECOM_CARRIER_ID and its log-in, then continue.",
    LocationReason.REFUSED: "Mend what EasyEcom says, then continue the onboarding.",
    LocationReason.TOKENS_NOT_ISSUED: "Issue its tokens and paste them into EasyEcom.",
}


def hold_needs(user: Any) -> Iterator[Need]:
    held = scope.within(Hold.objects.open().order_by("set_at"), user, "seller")
    count, since = waiting(held, "set_at")
    one = held.select_related("seller").first() if count == 1 else None
    yield Need(
        "holds",
        "Holds",
        one.sentence if one else "Nothing goes out to EasyEcom for what they hold.",
        count,
        since,
        "Release it once its reason is gone.",
        page_of(one) if one else listed(Hold, open="yes"),
        "integration.view_hold",
    )


def queue_needs(user: Any) -> Iterator[Need]:
    """Of the alerts only these two, for the others have lines of their own."""
    yield of_alerts(
        user,
        Alert.Kind.QUEUE,
        "queues",
        "Queues",
        "What waits there is older than its limit.",
        "Open it: what waits stands there. See whether the worker keeps up, or the other side is "
        "slow or refuses it.",
    )


def account_needs(user: Any) -> Iterator[Need]:
    yield of_alerts(
        user,
        Alert.Kind.ACCOUNT,
        "accounts",
        "Accounts",
        "Nothing goes out for these sellers: what is stored of them can't be used.",
        "Open it: it names the seller, and what to type in again.",
    )


def of_alerts(user: Any, kind: str, key: str, what: str, sentence: str, step: str) -> Need:
    """Of one alert its own words and page."""
    rows = scope.within(Alert.objects.open().filter(kind=kind).order_by("pk"), user, "seller")
    count, since = waiting(rows, "opened_at")
    one = rows.first() if count == 1 else None
    return Need(
        key,
        what,
        one.sentence if one else sentence,
        count,
        since,
        step,
        page_of(one) if one else listed(Alert, open="yes", kind=kind),
        "integration.view_alert",
    )


def carrier_needs(user: Any) -> Iterator[Need]:
    state = CarrierRegistration.State.IN_DOUBT
    rows = CarrierRegistration.objects.filter(state=state).order_by("doubt_since")
    mine = scope.within(Location.objects.all(), user, "seller").values("location_key")
    if scope.is_limited(user):
        rows = rows.filter(location_key__in=mine)
    yield Need(
        "carriers",
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
        yield of_locations(f"locations:{reason}", reason.label, rows, step, url)
    refused = locations.filter(login_trouble=LoginTrouble.REFUSED, blocked_reason="")
    yield of_locations(
        "locations:log_in",
        "EasyEcom refuses the log-in of locations that are live.",
        refused,
        LOCATION_STEPS[LocationReason.CREDENTIALS_REFUSED],
        listed(Location, login_trouble=LoginTrouble.REFUSED),
    )


def of_locations(key: str, sentence: str, rows: QuerySet[Location], step: str, url: str) -> Need:
    count, _ = waiting(rows, "created_at")
    one = rows.select_related("seller").defer("token").first() if count == 1 else None
    if one:
        sentence = f"{one.seller.name}, {one}: {sentence}"
    return Need(key, "Locations", sentence, count, None, step, url, "sellers.view_location")


def open_step_needs(user: Any) -> Iterator[Need]:
    """Live or not: what is only declared, or still to be seen, waits until it is done."""
    locations = scope.within(Location.objects.order_by("created_at"), user, "seller")
    yield Need(
        "open_steps",
        "Onboarding",
        "Something is still to be ticked, or a first webhook to be seen.",
        *waiting(checklist.with_open_steps(locations), "created_at"),
        "Open the location's path: what is open stands there.",
        listed(Location, steps="open"),
        "sellers.view_location",
    )


def webhook_needs(user: Any, now: datetime) -> Iterator[Need]:
    every, owner = WebhookEndpoint.objects.select_related("location"), "location__seller"
    every = every.defer("location__token")
    danger = scope.within(webhook_health.in_danger(every, now), user, owner)
    failing = scope.within(webhook_health.failing(every, now), user, owner)
    failing = failing.exclude(pk__in=danger.values("pk"))
    silent = scope.within(webhook_health.silent(every, now), user, owner)
    silent = silent.exclude(pk__in=danger.values("pk")).exclude(pk__in=failing.values("pk"))
    near, refused, quiet = (
        webhook_health.health_of(list(rows[:CAP]), now) for rows in (danger, failing, silent)
    )
    permission = "integration.view_webhookendpoint"
    yield Need(
        "webhooks:danger",
        "Webhook endpoints",
        f"In danger{whose(near)}: EasyEcom switches a webhook off after too many refusals.",
        len(near),
        min((line.refused_since for line in near if line.refused_since), default=None),
        "Open it: the likely cause of the refusals stands there, and what to do.",
        page_or_list(near, "danger"),
        permission,
    )
    yield Need(
        "webhooks:failing",
        "Webhook endpoints",
        f"All that comes is refused{whose(refused)}: what EasyEcom tells there is lost.",
        len(refused),
        min((line.heard_at for line in refused if line.heard_at), default=None),
        "Open it: the likely cause of the refusals stands there, and what to do.",
        page_or_list(refused, "failing"),
        permission,
    )
    yield Need(
        "webhooks:silent",
        "Webhook endpoints",
        f"Silent although orders move{whose(quiet)}.",
        len(quiet),
        min((line.heard_at for line in quiet if line.heard_at), default=None),
        "Compare its address in EasyEcom's Webhook Settings. Is it right, then renew the token and "
        "paste the new one.",
        page_or_list(quiet, "silent"),
        permission,
    )


def whose(lines: list[WebhookHealth]) -> str:
    """Of one: its location."""
    return f" at {lines[0].endpoint.location}" if len(lines) == 1 else ""


def page_or_list(lines: list[WebhookHealth], health: str) -> str:
    """Of the one endpoint, else of all that are so."""
    if len(lines) == 1:
        return page_of(lines[0].endpoint)
    return listed(WebhookEndpoint, health=health)


def quota_needs(user: Any, now: datetime) -> Iterator[Need]:
    rows = scope.within(out_of_quota(now), user, "seller").order_by("pk")
    count, _ = waiting(rows, "full_at")
    yield Need(
        "quotas",
        "Accounts",
        "Out of calls: EasyEcom takes no more of theirs today.",
        count,
        None,
        "Nothing, or ask EasyEcom for a larger plan: their orders go out after midnight.",
        listed(out_of_quota(now).model, out="yes"),
        "integration.view_quota",
    )
