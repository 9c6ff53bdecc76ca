"""/metrics: who may read it, what each answer costs, and the times of this process's requests.

It is answered before the host's name and the log-in are looked at, as health is. Each web process
has figures of its own for requests; those of the rows are the same from all of them.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    Metric,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from booon_console import bulkhead
from booon_console.lib.webhook_settings import LOOPBACK
from booon_console.version import VERSION
from integration.monitoring.metrics import figures

PATH = "/metrics"
# However many ask, and however often: the rows are read so seldom.
KEPT_SECONDS = 5.0
# What a proxy adds. On its own host all who come through it come from loopback.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-Ip")
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
FEED = "/api/v1/changes"


class Rows(Collector):
    """`booon_database_up` is all that is known of the rows while the database is away."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        with suppress(Error):
            found = list(figures.all_figures())
        says = "Whether the database could be read."
        yield GaugeMetricFamily("booon_database_up", says, value=bool(found))
        yield from found


disable_created_metrics()
registry = CollectorRegistry()
Info("booon_console", "Which console this is.", registry=registry).info({"version": VERSION})
ProcessCollector(registry=registry)
registry.register(Rows())
seconds = Histogram(
    "booon_request_seconds",
    "How long requests took, by door and class of status.",
    ["door", "status"],
    buckets=BUCKETS,
    registry=registry,
)
faults = Counter("booon_request_faults", "Requests answered 500.", ["door"], registry=registry)

lock = threading.Lock()
kept: dict[str, tuple[float, bytes]] = {}


def text() -> bytes:
    """As Prometheus reads it, and at most so old."""
    with lock:
        made_at, found = kept.get(PATH, (-KEPT_SECONDS, b""))
        if time.monotonic() - made_at >= KEPT_SECONDS:
            found = generate_latest(registry)
            kept[PATH] = (time.monotonic(), found)
        return found


def door(request: HttpRequest) -> str:
    """One of seven, whatever the path."""
    path = request.path_info
    if path.startswith(("/healthz", "/readyz")):
        return "health"
    if path.startswith(settings.STATIC_URL):
        return "static"
    if path.removesuffix("/") == FEED and "wait" in request.GET:
        return "feed_waiting"
    return bulkhead.compartment_of(path)


def may_read(request: HttpRequest) -> bool:
    """By METRICS_TOKEN where there is one; else whoever asks on this host, past the proxy."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    is_forwarded = any(name in request.headers for name in FORWARDED)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not is_forwarded


class MetricsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.removesuffix("/") == PATH:
            return self.answer(request)
        began = time.perf_counter()
        response = self.get_response(request)
        where = door(request)
        status = f"{response.status_code // 100}xx"
        seconds.labels(where, status).observe(time.perf_counter() - began)
        if response.status_code == 500:
            faults.labels(where).inc()
        return response

    def answer(self, request: HttpRequest) -> HttpResponse:
        bulkhead.enter(bulkhead.API)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not may_read(request):
            return HttpResponse("METRICS_TOKEN is missing or wrong.\n", "text/plain", status=403)
        response = HttpResponse(text(), CONTENT_TYPE_PLAIN_0_0_4)
        add_never_cache_headers(response)
        return response
