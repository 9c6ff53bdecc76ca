"""Three questions that a load balancer or a monitor may ask. Yes or no, and nothing else."""

from datetime import timedelta

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import re_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from booon_console import clock
from integration.models import Worker

SILENCE = timedelta(seconds=60)


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
        return answer(Worker.objects.filter(beat_at__gte=clock.now() - SILENCE).exists())
    except Error:
        return answer(False)


urlpatterns = [
    re_path(r"\Ahealthz/?\Z", alive),
    re_path(r"\Areadyz/?\Z", ready),
    re_path(r"\Ahealthz/workers/?\Z", workers),
]
