"""Where EasyEcom's webhooks come in: check who calls, keep the bytes, answer. No judging here.

Every 4xx and 5xx counts at EasyEcom towards switching the webhook off
(docs/easyecom-contract.md#the-deactivation-rule), so what a genuine delivery holds is never a
reason to refuse it.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from booon_console.lib import clock, faults
from booon_console.lib.binding import binding_cursor
from booon_console.lib.request_id import correlation_id
from integration.easyecom.triggers import Trigger, trigger_of
from integration.models import Drain
from integration.onboarding import webhook_test
from integration.sync import wakeup
from integration.webhooks import auth
from integration.webhooks.auth import RefusedRequest

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
RETRY_AFTER = "30"
JSON = "application/json"
RECEIVED = b'{"received": true}'

# By hand: the ORM takes a third of a request's time for it. What is not named here has its default
# in the database, or is what a new Delivery has.
INSERT = """
    INSERT INTO integration_delivery (
        endpoint_id, location_id, topic, body, size, correlation_id, action, company_id,
        received_at, source, status, reason, reason_message, lines, lines_applied, times_applied
    ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, {now}, 'webhook', 'stored', '', '', 0, 0, 0)
"""
# The statement's time, as Django's Now() has it.
NOW = {
    "postgresql": "STATEMENT_TIMESTAMP()",
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
}
INSERTS = {vendor: INSERT.format(now=now) for vendor, now in NOW.items()}

# SQLite makes writers that meet wait in steps of up to 100 ms; in line they don't meet.
one_at_a_time = threading.Lock()


class Door(APIView):
    """What every address of EasyEcom's has in common: a token per endpoint, and one method."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    parser_classes = []
    renderer_classes = [JSONRenderer]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody's log-in, permission or rate is asked for here, and JSON is answered whatever
        Accept and ?format say: EasyEcom looks at the status only."""
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSON

    def http_method_not_allowed(  # type: ignore[override]  # the stubs know DRF's answers only
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        (method,) = (name.upper() for name in self.http_method_names)
        message = f"Only {method} is taken here."
        why = RefusedRequest(405, "method", message, kwargs["endpoint_id"])
        response = refuse(why, trigger_of(request.META), is_checked=False)
        response["Allow"] = method
        return response


class DeliveryView(Door):
    """Keeps what EasyEcom sent. 405, then 401, then 413; once it is stored, 200."""

    http_method_names = ["post"]

    def post(self, request: Request, endpoint_id: str, topic: str) -> HttpResponse:
        try:
            location_id = auth.authenticate(request.META, endpoint_id, topic)
            try:
                body = read_body(request.META)
            except RefusedRequest as why:
                why.endpoint_id = endpoint_id
                raise
            store(endpoint_id, location_id, topic, body, trigger_of(request.META))
        except RefusedRequest as why:
            is_test = webhook_test.MARK in request.headers
            tested = answer_to_test(request.META, endpoint_id, topic) if is_test else None
            return tested or refuse(why, trigger_of(request.META))
        except Error as problem:
            # Class and place only: the database's own words may repeat the body.
            name, frames = type(problem).__name__, faults.frames(problem)
            log.error("webhook_not_stored", problem=name, frames=frames)
            return answer(
                503, "It could not be stored. Send it again.", {"Retry-After": RETRY_AFTER}
            )
        wake()
        return HttpResponse(RECEIVED, JSON)


def answer_to_test(environ: Mapping[str, Any], endpoint_id: str, topic: str) -> HttpResponse | None:
    """To the console's own self-test, which is neither stored nor counted; None where none is
    under way here."""
    try:
        test = webhook_test.under_way(endpoint_id, topic, clock.now())
        if test is None:
            return None
        if webhook_test.opens(test, auth.presented_digests(environ)):
            body = read_body(environ)
            with in_line():
                if webhook_test.arrive(test, body, clock.now()):
                    return HttpResponse(RECEIVED, JSON)
    except (RefusedRequest, Error):
        return None
    return answer(401, "The token does not open this endpoint.", {"WWW-Authenticate": "Bearer"})


def read_body(environ: Mapping[str, Any]) -> bytes:
    """The body as it came, also without a Content-Length. Raises Refused.

    granian ends the stream of a chunked body by itself, and ends it early in silence when the
    sender hangs up: such a fragment is stored, and parked as no JSON.
    """
    stream = environ["wsgi.input"]
    length = declared_length(environ)
    if length is None:
        if not environ.get("wsgi.input_terminated"):
            return b""
        length = MAX_BODY + 1
    elif length > MAX_BODY:
        raise too_large()
    pieces, missing = [], length
    while missing and (piece := read_piece(stream, missing)):
        pieces.append(piece)
        missing -= len(piece)
    if length > MAX_BODY and not missing:
        raise too_large()
    if missing and length <= MAX_BODY:
        raise RefusedRequest(400, "cut_short", "The body is shorter than its Content-Length.")
    return b"".join(pieces)


def declared_length(environ: Mapping[str, Any]) -> int | None:
    """None where only the stream itself knows. Raises Refused."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        if not environ.get("wsgi.input_terminated"):
            raise RefusedRequest(411, "no_length", "This server needs a Content-Length.")
        return None
    digits = environ.get("CONTENT_LENGTH") or ""
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise RefusedRequest(400, "bad_length", "The Content-Length is no number.")
    return int(digits) if len(digits) < 19 else MAX_BODY + 1


def read_piece(stream: Any, size: int) -> bytes:
    try:
        piece: bytes = stream.read(size)
    except OSError:
        raise RefusedRequest(400, "cut_short", "The body did not arrive.") from None
    return piece


def too_large() -> RefusedRequest:
    return RefusedRequest(413, "too_large", f"The body is larger than {MAX_BODY} bytes.")


def store(endpoint_id: str, location_id: int, topic: str, body: bytes, trigger: Trigger) -> None:
    """One INSERT, committed when this returns. Its time is the database's."""
    about = (endpoint_id, location_id, topic)
    values = (*about, body, len(body), correlation_id(), trigger.action, trigger.company_id)
    with in_line(), binding_cursor() as cursor:
        cursor.execute(INSERTS[connection.vendor], values)


def wake() -> None:
    """The pulse comes anyway, so that a wake-up which fails is no reason to fail the answer."""
    try:
        with in_line():
            wakeup.wake(Drain.Kind.INBOX)
    except Exception as fault:
        log.warning("inbox_not_woken", fault=type(fault).__name__)


def refuse(why: RefusedRequest, trigger: Trigger, *, is_checked: bool = True) -> HttpResponse:
    """Counted, and answered all the same when the count fails."""
    try:
        endpoint_id = why.endpoint_id
        if not is_checked:
            endpoint_id = auth.endpoint_id_of(auth.find(endpoint_id))
        with in_line():
            auth.count_refusal(endpoint_id, why.cause, trigger)
    except Error as problem:
        log.warning("refusal_not_counted", cause=why.cause, problem=type(problem).__name__)
    headers = {"WWW-Authenticate": "Bearer"} if why.status == 401 else {}
    return answer(why.status, why.message, headers)


def answer(status: int, message: str, headers: dict[str, str]) -> HttpResponse:
    errors = {"errors": [{"field": "", "message": message}]}
    return JsonResponse(errors, status=status, headers=headers)


@contextmanager
def in_line() -> Iterator[None]:
    if connection.vendor == "sqlite":
        # Opening is slow, and needs no place in the line.
        connection.ensure_connection()
        with one_at_a_time:
            yield
    else:
        yield


urlpatterns = [
    re_path(r"\Aeasyecom/(?P<endpoint_id>[^/]+)/(?P<topic>[^/]+)/?\Z", DeliveryView.as_view()),
]
