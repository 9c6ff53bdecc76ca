"""Each webhook endpoint as it stands: when it was heard, what it refused, how near its end is.

EasyEcom counts every 4xx and 5xx of ours: 20 over 2 h and it warns, 80 over 8 h and it warns again,
400 over 24 h and the trigger is off (docs/easyecom-contract.md#the-deactivation-rule).
Whether a success sets its count back is not known, so here all refusals of the last day count.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery, Sum, Value

from integration.easyecom.triggers import wrong_trigger
from integration.models import Delivery, MissedDelivery, Refusal, Topic
from integration.models import WebhookEndpoint as Endpoint
from integration.models.deliveries import (
    CALM,
    EARLY,
    REFUSALS_COUNT,
    WRONG_SETTINGS,
    WebhookEndpoints,
    last_heard,
)

DAY = REFUSALS_COUNT
# Failures, over at least so long, and what EasyEcom does then.
RULE = (
    (20, timedelta(hours=2), "warns and waits 2 min between tries"),
    (80, timedelta(hours=8), "warns again and waits 5 min"),
    (400, DAY, "switches the webhook off"),
)
SWITCHED_OFF_AT = RULE[-1][0]
GAPS = 50
NO_LEVEL = "EasyEcom took orders since, and no level came."
NO_MANIFEST = "Orders were manifested since, and no webhook told of it."

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


# What is to be done about it; a token can't be looked up, here or there.
RENEW = (
    "Renew the token and paste the new one into EasyEcom. The one that was issued was shown once, "
    "and can't be shown again."
)
ADVICE = {
    "wrong_token": RENEW,
    "no_token": RENEW,
    "two_tokens": RENEW,
    "no_token_issued": "Issue its token and paste it into EasyEcom.",
    "wrong_topic": "Compare address and trigger in EasyEcom's Webhook Settings with those here.",
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
class WebhookHealth:
    """One endpoint as it stands."""

    endpoint: Endpoint
    heard_at: datetime | None
    # Why it should have been heard since; "" where nothing was due.
    silence: str
    refused: int
    # Counted by the hour: the refusals of the last day began in the hour that begins then.
    refused_since: datetime | None
    refused_at: datetime | None
    # The last one that was EasyEcom's own, most likely.
    lost_at: datetime | None
    causes: dict[str, int]
    # What is to be done about them.
    advice: list[str]
    now: datetime

    @property
    def switched_off_at(self) -> int:
        return SWITCHED_OFF_AT

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
    def is_taken_again(self) -> bool:
        """Whether a good one came after the last refusal."""
        return bool(self.heard_at and self.refused_at and self.heard_at > self.refused_at)

    @property
    def is_mended(self) -> bool:
        is_calm = self.refused_at is not None and self.now - self.refused_at >= CALM
        return self.is_taken_again and is_calm

    @property
    def is_in_danger(self) -> bool:
        return self.refused >= RULE[0][0] and not self.is_mended

    @property
    def is_failing(self) -> bool:
        """Whether all that EasyEcom sent since the last good one was refused."""
        return self.lost_at is not None and (self.heard_at is None or self.lost_at > self.heard_at)

    @property
    def is_well(self) -> bool:
        return not (self.is_in_danger or self.silence or self.refused)


def health_of(endpoints: Collection[Endpoint], now: datetime) -> list[WebhookHealth]:
    """Each with its location loaded. A fixed number of queries, however many endpoints."""
    rows = Endpoint.objects.filter(pk__in=[each.pk for each in endpoints])
    heard = dict(rows.annotate(heard_at=last_heard()).values_list("pk", "heard_at"))
    silences = why_silent(rows, now)
    counts = refusals(endpoints, now)
    return [
        WebhookHealth(
            endpoint,
            heard.get(endpoint.pk),
            silences.get(endpoint.pk, ""),
            sum(row.count for row in counts[endpoint.pk]),
            min((row.hour for row in counts[endpoint.pk]), default=None),
            max((row.last_at for row in counts[endpoint.pk]), default=None),
            max(
                (row.last_at for row in counts[endpoint.pk] if row.cause in WRONG_SETTINGS),
                default=None,
            ),
            by_cause(counts[endpoint.pk], endpoint.topic),
            advice_on(counts[endpoint.pk]),
            now,
        )
        for endpoint in endpoints
    ]


def refusals(endpoints: Collection[Endpoint], now: datetime) -> dict[str, list[Refusal]]:
    """Of the last day, by endpoint."""
    found: defaultdict[str, list[Refusal]] = defaultdict(list)
    ids = [each.pk for each in endpoints]
    for row in Refusal.objects.of_the_last_day(now).filter(endpoint_id__in=ids):
        found[row.endpoint_id].append(row)
    return found


def refused(rows: WebhookEndpoints, now: datetime, least: int = 1) -> WebhookEndpoints:
    """Those that refused so many in the last day."""
    last_day = Refusal.objects.of_the_last_day(now)
    counts = last_day.values("endpoint_id").annotate(refused=Sum("count"))
    return rows.filter(pk__in=counts.filter(refused__gte=least).values("endpoint_id"))


def in_danger(rows: WebhookEndpoints, now: datetime) -> WebhookEndpoints:
    """Those of which `is_in_danger` is true: EasyEcom's rule begins with the fewest refusals."""
    any_cause = rows.refusing(now, causes=())
    mended = any_cause.filter(Q(heard_at__gt=F("refused_at"), refused_at__lte=now - CALM))
    return refused(rows, now, least=RULE[0][0]).exclude(pk__in=mended.values("pk"))


def failing(rows: WebhookEndpoints, now: datetime) -> WebhookEndpoints:
    """Those of which `is_failing` is true."""
    lost = rows.refusing(now)
    return lost.filter(Q(heard_at=None) | Q(heard_at__lt=F("refused_at")))


def silent(rows: WebhookEndpoints, now: datetime) -> WebhookEndpoints:
    """Those that should have been heard, and have a token: without one nothing could come."""
    stock, manifests = rows.silent(now), silent_manifests(rows, now)
    is_silent = Q(pk__in=stock.values("pk")) | Q(pk__in=manifests.values("pk"))
    return rows.filter(is_silent).exclude(token_digest="")


def advice_on(rows: Sequence[Refusal]) -> list[str]:
    """Each once, that on the most frequent cause first."""
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row.cause in ADVICE:
            counts[ADVICE[row.cause]] += row.count
    return sorted(counts, key=lambda advice: -counts[advice])


def by_cause(rows: Sequence[Refusal], topic: str) -> dict[str, int]:
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        counts[likely_cause(row, topic)] += row.count
    return dict(sorted(counts.items(), key=lambda cause: -cause[1]))


def likely_cause(row: Refusal, topic: str) -> str:
    """In words; what EasyEcom's headers called it stands behind them where it is telling."""
    words = CAUSES.get(row.cause, row.cause)
    return f"{words} {wrong_trigger(row.action, topic)}".strip()


def why_silent(rows: WebhookEndpoints, now: datetime) -> dict[str, str]:
    """Why an endpoint should have been heard, by its id; those that are well are left out."""
    stock = rows.silent(now).annotate(why=Value(NO_LEVEL)).values_list("pk", "why")
    manifests = silent_manifests(rows, now).annotate(why=Value(NO_MANIFEST))
    return dict(stock.union(manifests.values_list("pk", "why")))


def silent_manifests(rows: WebhookEndpoints, now: datetime) -> WebhookEndpoints:
    """Those of which a webhook is known to be missing."""
    missed = MissedDelivery.objects.filter(
        location=OuterRef("location"), arrived_at=None, found_at__gt=now - DAY
    ).order_by("-found_at")
    return (
        rows.filter(topic=Topic.MANIFESTED)
        .annotate(heard_at=last_heard(), missed_at=Subquery(missed.values("found_at")[:1]))
        .filter(Q(heard_at=None) | Q(heard_at__lt=F("missed_at") - EARLY))
        .exclude(missed_at=None)
    )


def usual_gap(endpoint: Endpoint) -> timedelta | None:
    """The middle one of the latest gaps between deliveries; None where there are few."""
    latest_ones = Delivery.objects.filter(endpoint=endpoint).order_by("-pk")
    times = list(latest_ones.values_list("received_at", flat=True)[:GAPS])
    gaps = sorted(later - earlier for later, earlier in zip(times, times[1:], strict=False))
    return gaps[len(gaps) // 2] if len(gaps) >= 3 else None
