"""One timeline of an order: what happened, what was said to EasyEcom, what came back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from booon_console.lib.spoken import grouped
from integration.admin.calls import kind_of, sentence_of, tone_of
from integration.models import (
    ApiCall,
    Delivery,
    Event,
    Order,
    ParkedLine,
    Refusal,
    Topic,
    WebhookEndpoint,
)
from integration.monitoring.webhook_health import likely_cause

MOST_OF_EACH = 100
SEARCH = "buyer_search"
OF_WEBHOOK = {"delivery__topic": Topic.MANIFESTED}
BAD = ("failed", "in_doubt", "not_found", "late_answer", "cancelled_at_easyecom")
GOOD = ("stage", "adopted", "resolved", "live", "registered")


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; `row` is where it comes from, `payload` what was sent then."""

    at: datetime
    label: str
    sentence: str
    tone: str
    actor: str
    row: ApiCall | Event | Delivery | WebhookEndpoint
    took: str = ""
    payload: ApiCall | Delivery | None = None


def of_page(order: Order) -> list[Entry]:
    """Searches by its buyer in one line, since each adds one: they hide nothing else."""
    events = Event.objects.filter(order=order)
    entries = entries_of(order, events.exclude(kind=SEARCH))
    searches = events.filter(kind=SEARCH)
    if last := searches.order_by("-id").first():
        entries.append(from_searches(last, searches.count()))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def of_order(order: Order) -> list[Entry]:
    """The latest first. Manifests are in it as the events that they caused."""
    entries = entries_of(order, Event.objects.filter(order=order))
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def entries_of(order: Order, events: QuerySet[Event]) -> list[Entry]:
    events = events.select_related("delivery").defer("delivery__body")
    calls = ApiCall.objects.filter(order=order).defer("request", "reply")
    entries = [from_event(event) for event in events.order_by("-id")[:MOST_OF_EACH]]
    entries += [from_call(call) for call in calls.order_by("-started_at")[:MOST_OF_EACH]]
    told = Q(order_number=order.order_number) | Q(reference=order.order_number)
    parked = ParkedLine.objects.filter(told, **OF_WEBHOOK)
    parked = parked.filter(delivery__location__seller=order.seller_id).select_related("delivery")
    parked = parked.defer("delivery__body")
    entries += [from_parked(line) for line in parked.order_by("-id")[:MOST_OF_EACH]]
    return [*entries, *refused_meanwhile(order)]


def last_call_at(entries: Iterable[Entry]) -> datetime | None:
    """When EasyEcom was last asked about it; `entries` come the latest first."""
    return next((entry.at for entry in entries if isinstance(entry.row, ApiCall)), None)


def from_event(event: Event) -> Entry:
    tone = "bad" if event.kind in BAD else "good" if event.kind in GOOD else ""
    label = event.kind.replace("_", " ")
    sent = event.delivery
    return Entry(event.at, label, event.sentence, tone, event.actor, event, payload=sent)


def from_searches(last: Event, count: int) -> Entry:
    """The last of them, and how many there are."""
    if count == 1:
        return from_event(last)
    sentence = f"Its buyer was looked for {grouped(count)} times, the last one here."
    return replace(from_event(last), sentence=sentence)


def from_parked(line: ParkedLine) -> Entry:
    """A webhook told of it, and that could not be applied."""
    delivery = line.delivery
    at = delivery.received_at
    sentence = line.message or line.reason
    return Entry(at, "delivery parked", sentence, "bad", "easyecom", delivery, payload=delivery)


def refused_meanwhile(order: Order) -> list[Entry]:
    """Its location's manifest webhooks that were refused while one of it could have come. Of what
    is refused nothing is kept but the count, so nobody knows which order they told of."""
    if order.pushed_at is None:
        return []
    hooks = WebhookEndpoint.objects.filter(location=order.location_id, topic=Topic.MANIFESTED)
    endpoints = {endpoint.pk: endpoint for endpoint in hooks}
    counts = Refusal.objects.filter(endpoint_id__in=endpoints, last_at__gte=order.pushed_at)
    if order.manifested_at:
        counts = counts.filter(hour__lte=order.manifested_at)
    return [
        Entry(
            count.last_at,
            "webhooks refused",
            f"{grouped(count.count)} of its location, any of which may have told of its manifest. "
            f"{likely_cause(count, Topic.MANIFESTED)}",
            "bad",
            "easyecom",
            endpoints[count.endpoint_id],
        )
        for count in counts.order_by("-last_at")[:MOST_OF_EACH]
    ]


def from_call(call: ApiCall) -> Entry:
    took = "" if call.elapsed_ms is None else f"{grouped(call.elapsed_ms)} ms"
    return Entry(
        call.started_at,
        kind_of(call),
        sentence_of(call),
        tone_of(call),
        "easyecom",
        call,
        took,
        call,
    )
