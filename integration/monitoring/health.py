"""Three questions that a load balancer or a monitor may ask, and why where the answer is no.

They are answered before the host's name, the session or the log-in is looked at: probes ask by
address. Whoever hears here that workers are silent has the alerts looked at too: where the
supervisor is gone as well, nobody else would.
"""

import threading
import time
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.cache import add_never_cache_headers

from booon_console import bulkhead, field_keys
from booon_console.lib import clock
from booon_console.version import VERSION
from integration.models import Hold, Worker, WriteProbe
from integration.monitoring import alert_channels, alerts, causes

ALARM_SECONDS = 60.0
# What costs more than a query is judged so often.
LOOK_SECONDS = 60.0
AWAY = "The database is away, or takes no writes."
UNMIGRATED = "The database's schema is older than this code: run manage.py migrate."
UNREADABLE = "No key in FIELD_KEYS opens what is stored: {}."
next_alarm: dict[str, float] = {}


def answer(because: str = "", **facts: object) -> JsonResponse:
    reason = {"because": because} if because else {}
    return JsonResponse({"ok": not because} | reason | facts, status=503 if because else 200)


def alive() -> JsonResponse:
    """Whether this process answers at all; a database that is away does not make it restart."""
    return answer(version=VERSION)


def ready() -> JsonResponse:
    """Whether what is asked of this server can be done: the database takes writes, its schema is
    this code's, and FIELD_KEYS open what is stored."""
    try:
        because = why_unready(int(time.monotonic() // LOOK_SECONDS))
        if not because:
            WriteProbe.objects.update_or_create(pk=1, defaults={"at": clock.now()})
    except Error:
        return answer(AWAY)
    return answer(because)


@lru_cache(maxsize=1)
def why_unready(turn: int) -> str:
    """Raises Error. An answer is kept for a turn."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return UNMIGRATED
    if columns := field_keys.unreadable_columns():
        return UNREADABLE.format(", ".join(map(str, columns)))
    return ""


def workers() -> JsonResponse:
    """Whether as many workers as WORKERS_EXPECTED sent a heartbeat within a minute, and nothing
    is held that nobody wanted held. What a person holds, and what waits too long, is told."""
    try:
        now = clock.now()
        at_work = Worker.objects.at_work(now).count()
        hold = Hold.objects.open().filter(seller=None).order_by("pk").first()
        late = causes.late_queues(now)
    except Error:
        return answer(AWAY)
    because = ""
    if at_work < settings.WORKERS_EXPECTED:
        because = f"{at_work} of {settings.WORKERS_EXPECTED} workers send a heartbeat."
        if alert_channels.is_any_set():
            alarm()
    elif hold and hold.doubts_database:
        because = "Everything is held, as the database is in doubt: see Holds."
    return answer(because, workers=at_work, held=hold is not None, late=late)


def alarm() -> None:
    """On a thread of its own, at most once a minute: the answer does not wait for a mail."""
    now = time.monotonic()
    if now < next_alarm.get("at", 0):
        return
    next_alarm["at"] = now + ALARM_SECONDS
    threading.Thread(target=run_alert_check, name="alarm", daemon=True).start()


def run_alert_check() -> None:
    try:
        alerts.look_for_alerts()
    finally:
        connection.close()


ANSWERS: dict[str, Callable[[], JsonResponse]] = {
    "/healthz": alive,
    "/readyz": ready,
    "/healthz/workers": workers,
}


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = ANSWERS.get(request.path_info.removesuffix("/"))
        if asked is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        bulkhead.enter(bulkhead.API)
        response = asked()
        add_never_cache_headers(response)
        return response
