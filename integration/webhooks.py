"""Where EasyEcom's webhooks come in: check who calls, keep the bytes, answer. No judging here.

Every 4xx and 5xx counts at EasyEcom towards switching the webhook off (EasyEcom contract, sections
7 and 8), so what a genuine delivery holds is never a reason to refuse it.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import Error, connection
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from booon_console import clock
from integration import admission, jobs
from integration.admission import Refused
from integration.joining import self_tests
from integration.models import Delivery, Drain

log = structlog.get_logger(__name__)

MAX_BODY = 2 * 1024 * 1024
RETRY_AFTER = "30"
CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,64}\Z")

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

    def perform_content_negotiation(
        self, request: Request, force: bool = False
    ) -> tuple[JSONRenderer, str]:
        """Whatever Accept and ?format say: EasyEcom looks at the status only."""
        return JSONRenderer(), "application/json"

    def http_method_not_allowed(  # type: ignore[override]  # the stubs know DRF's answers only
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        (method,) = (name.upper() for name in self.http_method_names)
        message = f"Only {method} is taken here."
        response = refuse(Refused(405, "method", message, kwargs["endpoint_id"]), is_checked=False)
        response["Allow"] = method
        return response


class DeliveryView(Door):
    """Keeps what EasyEcom sent. 405, then 401, then 413; once it is stored, 200."""

    http_method_names = ["post"]

    def post(self, request: Request, endpoint_id: str, topic: str) -> HttpResponse:
        try:
            location_id = admission.admit(request.META, endpoint_id, topic)
            try:
                body = read_body(request.META)
            except Refused as why:
                why.endpoint_id = endpoint_id
                raise
            store(endpoint_id, location_id, topic, body)
        except Refused as why:
            is_test = self_tests.MARK in request.headers
            tested = answer_to_test(request.META, endpoint_id, topic) if is_test else None
            return tested or refuse(why)
        except Error as problem:
            # The class only: the database's own words may repeat the body.
            log.error("webhook_not_stored", problem=type(problem).__name__)
            return answer(
                503, "It could not be stored. Send it again.", {"Retry-After": RETRY_AFTER}
            )
        wake()
        return JsonResponse({"received": True})


def answer_to_test(environ: Mapping[str, Any], endpoint_id: str, topic: str) -> HttpResponse | None:
    """To the console's own self-test, which is neither stored nor counted; None where none is
    under way here."""
    try:
        test = self_tests.under_way(endpoint_id, topic, clock.now())
        if test is None:
            return None
        if self_tests.opens(test, admission.presented(environ)):
            body = read_body(environ)
            with in_line():
                if self_tests.arrive(test, body, clock.now()):
                    return JsonResponse({"received": True})
    except (Refused, Error):
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
        raise Refused(400, "cut_short", "The body is shorter than its Content-Length.")
    return b"".join(pieces)


def declared_length(environ: Mapping[str, Any]) -> int | None:
    """None where only the stream itself knows. Raises Refused."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        if not environ.get("wsgi.input_terminated"):
            raise Refused(411, "no_length", "This server needs a Content-Length.")
        return None
    digits = environ.get("CONTENT_LENGTH") or ""
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise Refused(400, "bad_length", "The Content-Length is no number.")
    return int(digits) if len(digits) < 19 else MAX_BODY + 1


def read_piece(stream: Any, size: int) -> bytes:
    try:
        piece: bytes = stream.read(size)
    except OSError:
        raise Refused(400, "cut_short", "The body did not arrive.") from None
    return piece


def too_large() -> Refused:
    return Refused(413, "too_large", f"The body is larger than {MAX_BODY} bytes.")


def store(endpoint_id: str, location_id: int, topic: str, body: bytes) -> None:
    """One INSERT, committed when this returns. Its time is the database's."""
    with in_line():
        Delivery.objects.create(
            endpoint_id=endpoint_id,
            location_id=location_id,
            topic=topic,
            body=body,
            size=len(body),
            correlation_id=correlation_id(),
            received_at=Now(),
        )


def correlation_id() -> str:
    """The request's id in the logs; a caller may have chosen it."""
    found = structlog.contextvars.get_contextvars().get("request_id", "")
    return found if CORRELATION_ID.match(found) else ""


def wake() -> None:
    """The pulse comes anyway, so that a wake-up which fails is no reason to fail the answer."""
    try:
        with in_line():
            jobs.wake(Drain.Kind.INBOX)
    except Exception as fault:
        log.warning("inbox_not_woken", fault=type(fault).__name__)


def refuse(why: Refused, *, is_checked: bool = True) -> HttpResponse:
    """Counted, and answered all the same when the count fails."""
    try:
        endpoint_id = why.endpoint_id
        if not is_checked:
            endpoint_id = admission.named(admission.find(endpoint_id))
        with in_line():
            admission.count(endpoint_id, why.cause)
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
