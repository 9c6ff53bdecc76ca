"""Three questions that a load balancer or a monitor may ask. Yes or no, and nothing else.

Whoever hears here that the worker is silent has the alerts looked at too: where the supervisor is
gone as well, nobody else would.
"""

import threading
import time

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from booon_console import clock
from integration import jobs
from integration.alerting import causes, channels

ALARM_SECONDS = 60.0
next_alarm: dict[str, float] = {}


def answer(ok: bool) -> JsonResponse:
    return JsonResponse({"ok": ok}, status=200 if ok else 503)


@csrf_exempt
@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Whether this process answers at all; a database that is away does not make it restart."""
    return answer(True)


@csrf_exempt
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return answer(False)
    return answer(True)


@csrf_exempt
@never_cache
@require_safe
def workers(request: HttpRequest) -> JsonResponse:
    """Whether any worker gave a sign of life within a minute."""
    try:
        is_silent = causes.is_silent(clock.now())
    except Error:
        return answer(False)
    if is_silent and channels.is_any_set():
        alarm()
    return answer(not is_silent)


def alarm() -> None:
    """On a thread of its own, at most once a minute: the answer does not wait for a mail."""
    now = time.monotonic()
    if now < next_alarm.get("at", 0):
        return
    next_alarm["at"] = now + ALARM_SECONDS
    threading.Thread(target=look, name="alarm", daemon=True).start()


def look() -> None:
    try:
        jobs.look_for_alerts()
    finally:
        connection.close()


urlpatterns = [
    re_path(r"\Ahealthz/?\Z", alive),
    re_path(r"\Areadyz/?\Z", ready),
    re_path(r"\Ahealthz/workers/?\Z", workers),
]
