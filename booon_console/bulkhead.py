"""Webhooks, the API, staff and sellers' links each have database connections of their own, and the
last two no more than their share of the threads: whoever floods one of them turns nobody away from
the others.

The pattern: https://learn.microsoft.com/en-us/azure/architecture/patterns/bulkhead
"""

import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template import loader

WEBHOOKS, API, STAFF, LINKS = "webhooks", "api", "staff", "links"
COMPARTMENTS = (WEBHOOKS, API, STAFF, LINKS)
# granian has 512 threads; a log-in whose body stalls holds one of these.
STAFF_AT_ONCE = 64
# Each may wait for EasyEcom for some seconds.
LINKS_AT_ONCE = 16
BUSY = "Too many requests at once. Try again in a few seconds.\n"

local = threading.local()


def compartment() -> str:
    """That of the request which this thread serves."""
    return getattr(local, "compartment", API)


def enter(name: str) -> None:
    """What this thread does from now on, until the next request, is of that compartment."""
    local.compartment = name


def compartment_of(path: str) -> str:
    if path.startswith("/webhooks/"):
        return WEBHOOKS
    if path.startswith("/link/"):
        return LINKS
    return STAFF if path.startswith("/admin/") else API


def is_busy() -> HttpResponse:
    headers = {"Retry-After": "5"}
    if compartment() == LINKS:
        page = loader.get_template("link/away.html").render()
        return HttpResponse(page, status=503, headers=headers)
    return HttpResponse(BUSY, "text/plain", status=503, headers=headers)


class BulkheadMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.shares = {
            STAFF: threading.BoundedSemaphore(STAFF_AT_ONCE),
            LINKS: threading.BoundedSemaphore(LINKS_AT_ONCE),
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        enter(compartment_of(request.path))
        share = self.shares.get(compartment())
        if share is None:
            return self.get_response(request)
        if not share.acquire(blocking=False):
            return is_busy()
        try:
            return self.get_response(request)
        finally:
            share.release()
