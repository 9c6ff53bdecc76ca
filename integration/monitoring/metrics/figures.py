"""The console's rows as figures for Prometheus.

The number of queries is fixed, and each stops in time: counts at `counts.MOST`, what is told of
single sellers at `MOST_SELLERS`. Labels have few values, which docs/operations.md lists; none is
a person's, an order's or a SKU's.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, FloatField, Max, Q, Sum
from django.db.models.functions import Cast
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from booon_console.lib import clock
from integration.feed import long_poll
from integration.models import (
    Alert,
    ApiCall,
    CallCount,
    ChangeCounter,
    Drain,
    Hold,
    Quota,
    Receiver,
    Refusal,
    Tally,
    WebhookEndpoint,
    Worker,
)
from integration.models.deliveries import last_heard
from integration.models.worker import BEAT_PATIENCE
from integration.monitoring import statistics
from integration.monitoring.metrics import counts
from integration.monitoring.webhook_health import DAY

# Those whose accounts have the smallest part of their day left.
MOST_SELLERS = 50
LATELY = timedelta(minutes=5)


def gauge(name: str, says: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"booon_{name}", says, labels=[label])


def filled(family: Any, values: Iterable[tuple[str, float]]) -> Any:
    for label, value in values:
        family.add_metric([label], value)
    return family


def single(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"booon_{name}", says, value=value)


def all_figures() -> Iterator[Metric]:
    """Raises Error while the database is away."""
    now = clock.now()
    yield from queues(now)
    yield from counted(now)
    yield from calls(now)
    yield from lifelines(now)
    yield from workers(now)
    yield from passed(now)
    yield from standing()


def queues(now: datetime) -> Iterator[Metric]:
    oldest = gauge("queue_oldest_seconds", "How long the oldest of a queue has waited.", "queue")
    for name, (rows, since) in counts.waiting(now).items():
        first = rows.values_list(since, flat=True).first()
        age = (now - first).total_seconds() if first else 0.0
        oldest.add_metric([name], max(age, 0.0))
    yield oldest


def counted(now: datetime) -> Iterator[Metric]:
    """All that is counted to its cap, in one query."""
    kinds = list(counts.all_kinds(now))
    sets = {(kind.name, value): rows for kind in kinds for value, rows in kind.sets.items()}
    found = counts.capped(sets)
    for kind in kinds:
        values = [(value, found[kind.name, value]) for value in kind.sets]
        yield filled(gauge(kind.name, kind.says, kind.label), values)


def calls(now: datetime) -> Iterator[Metric]:
    """Of EasyEcom's API: outcomes lately, the day's calls by use, what is left of it."""
    lately = ApiCall.objects.filter(started_at__gte=now - LATELY, is_open=False).order_by()
    outcomes = lately.values_list("outcome").annotate(Count("pk"))
    says = "Calls to EasyEcom that ended in the last five minutes, by outcome."
    yield filled(gauge("calls_lately", says, "outcome"), outcomes)

    today = timezone.localdate(now)
    counts_of_day = CallCount.objects.filter(day=today).order_by()
    sums = dict(counts_of_day.values_list("is_polling").annotate(Sum("count")))
    uses = [("orders", sums.get(False, 0)), ("polling", sums.get(True, 0))]
    yield filled(gauge("calls_today", "Calls to EasyEcom today, by use.", "use"), uses)
    yield from quotas(today)


def quotas(today: Any) -> Iterator[Metric]:
    limited = Quota.objects.filter(day=today, seller__daily_quota__isnull=False)
    share = Cast(F("seller__daily_quota") - F("used_today"), FloatField()) / F(
        "seller__daily_quota"
    )
    nearest = limited.annotate(share=share).order_by("share", "seller")[:MOST_SELLERS]
    found = nearest.values_list("seller__code", "seller__daily_quota", "used_today")
    rows = [(code, limit, used) for code, limit, used in found if limit is not None]
    says = f"Calls left of the day's quota, of the {MOST_SELLERS} sellers nearest to its end."
    left = [(code, max(limit - used, 0)) for code, limit, used in rows]
    yield filled(gauge("quota_left", says, "seller"), left)
    says = f"Calls that EasyEcom allows a day, of the {MOST_SELLERS} sellers nearest to the end."
    yield filled(gauge("quota_limit", says, "seller"), [(code, limit) for code, limit, _ in rows])


def lifelines(now: datetime) -> Iterator[Metric]:
    heard = WebhookEndpoint.objects.annotate(heard_at=last_heard()).order_by()
    latest = heard.values_list("topic").annotate(Max("heard_at"))
    says = "When EasyEcom's last webhook of a topic came, 0 where none did."
    times = [(topic, at.timestamp() if at else 0.0) for topic, at in latest]
    yield filled(gauge("webhook_last_arrival_timestamp_seconds", says, "topic"), times)
    hour = statistics.hour_of(now - DAY)
    refused = Refusal.objects.filter(hour__gte=hour).order_by()
    causes = refused.values_list("cause").annotate(Sum("count"))
    says = "Requests that our webhook endpoints refused in the last day, by cause."
    yield filled(gauge("webhook_refusals", says, "cause"), causes)


def workers(now: datetime) -> Iterator[Metric]:
    at_work = Count("pk", filter=Q(beat_at__gte=now - BEAT_PATIENCE))
    found = Worker.objects.aggregate(at_work=at_work, last=Max("beat_at"))
    yield single("workers_at_work", "Worker hosts that sent a heartbeat.", found["at_work"])
    yield single("workers_expected", "WORKERS_EXPECTED.", settings.WORKERS_EXPECTED)
    last = found["last"].timestamp() if found["last"] else 0.0
    yield single("worker_last_beat_timestamp_seconds", "The last heartbeat of any.", last)
    running = Count("pk", filter=Q(running_until__gt=now))
    drains = Drain.objects.order_by().values_list("kind").annotate(running=running)
    yield filled(gauge("drains_running", "Drains that a worker runs now.", "kind"), drains)


def passed(now: datetime) -> Iterator[Metric]:
    """What went through. It begins anew with each hour, which is what a counter may do."""
    hour = Tally.objects.filter(hour=statistics.hour_of(now)).order_by()
    sums = {kind: 0 for kind in Tally.Kind.values}
    sums |= dict(hour.values_list("kind").annotate(Sum("count")))
    family = CounterMetricFamily(
        "booon_passed", "What went through in this hour, counted each minute.", labels=["what"]
    )
    yield filled(family, sums.items())
    last = ChangeCounter.objects.current().last
    yield CounterMetricFamily("booon_feed_cursor", "The last cursor of the feed.", value=last)


def standing() -> Iterator[Metric]:
    holds = Hold.objects.open().order_by()
    over_all = Count("pk", filter=Q(seller=None))
    doubts = Count("pk", filter=Q(doubts_database=True))
    found = holds.aggregate(all=over_all, doubts=doubts, every=Count("pk"))
    says = "Open holds: over everything, over a seller, and those that doubt the database."
    rows = [("everything", found["all"]), ("seller", found["every"] - found["all"])]
    yield filled(gauge("holds", says, "over"), [*rows, ("database", found["doubts"])])

    open_alerts = dict(Alert.objects.open().order_by().values_list("kind").annotate(Count("pk")))
    kinds = [(kind, open_alerts.get(kind, 0)) for kind in Alert.Kind.values]
    yield filled(gauge("alerts_open", "Alerts that are open, by kind.", "kind"), kinds)

    is_failing = Receiver.objects.filter(opened_at__isnull=False).exists()
    yield single("receiver_failing", "1 while Booon's receiver is only probed.", is_failing)
    says = "Readers of the feed that wait in this process."
    yield single("feed_readers_waiting", says, long_poll.watch.waiting)
