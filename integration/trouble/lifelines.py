"""Each webhook endpoint as it stands: when it was heard, what it refused, how near its end is.

EasyEcom counts every 4xx and 5xx of ours: 20 over 2 h and it warns, 80 over 8 h and it warns again,
400 over 24 h and the trigger is off (contract, section 7). Whether a success sets its count back is
not known, so here all refusals of the last day count.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery

from integration.models import Delivery, MissedDelivery, Order, Refusal, Topic
from integration.models import WebhookEndpoint as Endpoint
from sellers.models import Location

DAY = timedelta(hours=24)
# Failures, over at least so long, and what EasyEcom does then.
RULE = (
    (20, timedelta(hours=2), "warns and waits 2 min between tries"),
    (80, timedelta(hours=8), "warns again and waits 5 min"),
    (400, DAY, "switches the webhook off"),
)
SWITCHED_OFF_AT = RULE[-1][0]
# No inventory webhook this long after EasyEcom took an order, which takes stock, is a silence.
SILENCE = timedelta(hours=1)
# A webhook may come before EasyEcom's answer to the order that caused it.
EARLY = timedelta(minutes=10)
GAPS = 50

CAUSES = {
    "wrong_token": "A wrong token: the one in EasyEcom is not the one issued here.",
    "no_token": "No token: the header is missing in EasyEcom's settings.",
    "no_token_issued": "No token was issued here yet.",
    "two_tokens": "Two tokens that differ: one header in EasyEcom is left over.",
    "wrong_topic": "Another trigger was pointed at this address.",
    "method": "Not a POST: a browser, or a monitor.",
    "too_large": "A body over 2 MB.",
    "cut_short": "A body that broke off: the network, or a proxy.",
    "no_length": "A body without its length.",
    "bad_length": "A body whose length is no number.",
    "bad_cursor": "A page of listings that nobody was sent to.",
}


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of EasyEcom's rule. `at`: when it is reached; in the past, it has been."""

    limit: int
    over: timedelta
    does: str
    used: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One endpoint as it stands."""

    endpoint: Endpoint
    heard_at: datetime | None
    # Why it should have been heard since; "" where nothing was due.
    silence: str
    refused: int
    refused_since: datetime | None
    causes: dict[str, int]
    now: datetime

    @property
    def used(self) -> float:
        """Of the failures after which EasyEcom switches it off: 0 to 1."""
        return min(self.refused / SWITCHED_OFF_AT, 1.0)

    @property
    def verdict(self) -> str:
        """What EasyEcom does by now; "" while nothing."""
        if self.refused_since is None:
            return ""
        span = self.now - self.refused_since
        reached = [does for limit, over, does in RULE if self.refused >= limit and span >= over]
        return reached[-1] if reached else ""

    @property
    def off_at(self) -> datetime | None:
        """When it is switched off if all goes on like this; None where that is beyond a week."""
        return self.reaches(*RULE[-1][:2])

    def reaches(self, limit: int, over: timedelta) -> datetime | None:
        """When so many failures over at least so long are there, at the pace so far."""
        if self.refused_since is None or not self.refused:
            return None
        span = max(self.now - self.refused_since, timedelta(minutes=1))
        at = self.refused_since + max(span * limit / self.refused, over)
        return at if at - self.now < timedelta(days=7) else None

    @property
    def rungs(self) -> list[Rung]:
        """EasyEcom's rule, step by step: how much of each is used, and when it is reached."""
        return [
            Rung(limit, over, does, min(self.refused, limit), self.reaches(limit, over))
            for limit, over, does in RULE
        ]

    @property
    def is_in_danger(self) -> bool:
        return bool(self.verdict) or self.refused >= RULE[0][0]

    @property
    def is_well(self) -> bool:
        return not (self.is_in_danger or self.silence or self.refused)


def of(endpoints: Collection[Endpoint], now: datetime) -> list[Lifeline]:
    """Each with its location loaded. A fixed number of queries, however many endpoints."""
    rows = Endpoint.objects.filter(pk__in=[each.pk for each in endpoints])
    heard = dict(rows.annotate(heard_at=last_received()).values_list("pk", "heard_at"))
    silences = silent(endpoints, heard, now)
    counts = refusals(endpoints, now)
    return [
        Lifeline(
            endpoint,
            heard.get(endpoint.pk),
            silences.get(endpoint.pk, ""),
            sum(row.count for row in counts[endpoint.pk]),
            min((row.hour for row in counts[endpoint.pk]), default=None),
            by_cause(counts[endpoint.pk]),
            now,
        )
        for endpoint in endpoints
    ]


def last_received() -> Subquery:
    last = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
    return Subquery(last.values("received_at")[:1])


def refusals(endpoints: Collection[Endpoint], now: datetime) -> dict[str, list[Refusal]]:
    """Of the last day, by endpoint."""
    hour = (now - DAY).replace(minute=0, second=0, microsecond=0)
    found: defaultdict[str, list[Refusal]] = defaultdict(list)
    ids = [each.pk for each in endpoints]
    for row in Refusal.objects.filter(endpoint_id__in=ids, hour__gte=hour):
        found[row.endpoint_id].append(row)
    return found


def by_cause(rows: Sequence[Refusal]) -> dict[str, int]:
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        counts[CAUSES.get(row.cause, row.cause)] += row.count
    return dict(sorted(counts.items(), key=lambda cause: -cause[1]))


def silent(
    endpoints: Collection[Endpoint], heard: dict[str, datetime | None], now: datetime
) -> dict[str, str]:
    """Why an endpoint should have been heard, by its id; those that are well are left out."""
    took = Order.objects.filter(pushed_at__lte=now - SILENCE)
    missed = MissedDelivery.objects.filter(arrived_at=None, found_at__gt=now - DAY)
    places = Location.objects.filter(pk__in=[each.location_id for each in endpoints]).annotate(
        took_at=newest(took, "pushed_at"), missed_at=newest(missed, "found_at")
    )
    moves = {pk: times for pk, *times in places.values_list("pk", "took_at", "missed_at")}
    silences = {}
    for endpoint in endpoints:
        last = heard.get(endpoint.pk)
        is_stock = endpoint.topic == Topic.INVENTORY
        took_at, missed_at = moves[endpoint.location_id]
        moved = took_at if is_stock else missed_at
        if moved is None or (last is not None and last >= moved - EARLY):
            continue
        silences[endpoint.pk] = (
            "EasyEcom took orders since, and no level came."
            if is_stock
            else "Orders were manifested since, and no webhook told of it."
        )
    return silences


def newest(rows: QuerySet[Any], column: str) -> Subquery:
    """Of a location: one step down an index, where an aggregate would count through."""
    own = rows.filter(location=OuterRef("pk")).order_by(f"-{column}")
    return Subquery(own.values(column)[:1], output_field=DateTimeField())


def usual_gap(endpoint: Endpoint) -> timedelta | None:
    """The middle one of the latest gaps between deliveries; None where there are few."""
    latest_ones = Delivery.objects.filter(endpoint=endpoint).order_by("-pk")
    times = list(latest_ones.values_list("received_at", flat=True)[:GAPS])
    gaps = sorted(later - earlier for later, earlier in zip(times, times[1:], strict=False))
    return gaps[len(gaps) // 2] if len(gaps) >= 3 else None
