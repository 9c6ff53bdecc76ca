"""Every error of the API and the webhooks: {"errors": [{"field": "…", "message": "…"}]}."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.template import loader
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.settings import api_settings

from booon_console.lib import faults
from integration.orders.refusals import Conflict, UnknownLocation

log = structlog.get_logger(__name__)

OUR_PREFIXES = ("/api/", "/webhooks/")
MOST_ERRORS = 100
LONGEST_FIELD = 200
LONGEST_MESSAGE = 500
RETRY_AFTER = "30"

NOTHING_HERE = "There is nothing here."
AWAY = "The database is away. Try again."
OUR_FAULT = "That was a fault of the console's own. It is logged."


def exception_handler(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. What is none of the caller's doing becomes a 500; 503 means that the database
    is away, and that the same request may go well later."""
    match problem:
        case APIException():
            return Response(
                {"errors": listed(problem.detail)}, problem.status_code, headers=headers_of(problem)
            )
        case Conflict():
            return failure(409, problem.sentence, problem.field)
        case UnknownLocation():
            return failure(400, problem.sentence, problem.field)
        case Http404():
            return failure(404, NOTHING_HERE)
        case RequestDataTooBig():
            return failure(413, "The body is too large.")
        case SuspiciousOperation() | UnreadablePostError():
            return failure(400, "The request can't be read.")
        case Error():
            # Its class and place only: the database's own words may repeat what was sent.
            is_away = isinstance(problem, OperationalError | InterfaceError)
            name, places = type(problem).__name__, faults.frames(problem)
            log.error("api_database_error", problem=name, is_away=is_away, frames=places)
            if is_away:
                return failure(503, AWAY, retry_after=RETRY_AFTER)
            return failure(500, OUR_FAULT)
    return None


def failure(status: int, message: str, field: str = "", retry_after: str = "") -> Response:
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Response({"errors": [error(field, message)]}, status, headers=headers)


def error(field: str, message: str) -> dict[str, str]:
    return {"field": field[:LONGEST_FIELD], "message": message[:LONGEST_MESSAGE]}


def headers_of(problem: APIException) -> dict[str, str]:
    headers = {
        "WWW-Authenticate": getattr(problem, "auth_header", ""),
        "Retry-After": str(getattr(problem, "retry_after", "")),
    }
    return {name: value for name, value in headers.items() if value}


def listed(detail: Any) -> list[dict[str, str]]:
    return [error(field, message) for field, message in islice(flattened(detail), MOST_ERRORS)]


def flattened(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """DRF's nested details as pairs of a dotted path and a sentence."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            if name == api_settings.NON_FIELD_ERRORS_KEY:
                yield from flattened(inner, path)
            else:
                yield from flattened(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for inner in detail:
            yield from flattened(inner, path)
    else:
        yield path, str(detail)


def is_ours(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith(OUR_PREFIXES)


def is_a_sellers(request: HttpRequest) -> bool:
    """A page of a seller's link, who knows nothing of the console."""
    return request.path.startswith("/link/")


def page_of_a_sellers(status: int) -> HttpResponse:
    return HttpResponse(loader.get_template("link/away.html").render(), status=status)


def page_of_ours(status: int, message: str) -> HttpResponse:
    return JsonResponse({"errors": [error("", message)]}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_ours(request):
        return page_of_ours(400, "The request can't be read.")
    if is_a_sellers(request):
        return page_of_a_sellers(400)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_ours(request):
        return page_of_ours(404, NOTHING_HERE)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Runs while the exception is handled. A database that is away is no fault of the page."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return database_away(request)
    if is_ours(request):
        return page_of_ours(500, OUR_FAULT)
    if is_a_sellers(request):
        return page_of_a_sellers(500)
    return defaults.server_error(request)


def database_away(request: HttpRequest) -> HttpResponse:
    """503 for the admin's pages, and for what a middleware met before DRF's hook."""
    if is_ours(request):
        answer = page_of_ours(503, AWAY)
    elif is_a_sellers(request):
        answer = page_of_a_sellers(503)
    else:
        # Nothing in it asks the database: not even who is logged in.
        answer = HttpResponse(loader.get_template("503.html").render(), status=503)
    answer["Retry-After"] = RETRY_AFTER
    return answer
