"""Booon's listings, as EasyEcom may fetch them: shaped and paged like its own product master.

The guide reads as if EasyEcom called Booon here (docs/easyecom-contract.md#who-calls-whom). UNSURE
what it would look for beyond its own keys; `price` is ours, because its master has none.
"""

import base64
import binascii
import re
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from rest_framework.request import Request

from booon_console.lib import faults
from integration.easyecom import plain_number
from integration.easyecom.payloads import ist_text
from integration.easyecom.triggers import NOT_TOLD
from integration.models import Listing, Topic
from integration.webhooks import auth
from integration.webhooks.auth import RefusedRequest
from integration.webhooks.views import RETRY_AFTER, Door, answer, refuse

log = structlog.get_logger(__name__)

LIMIT = 100
MOST = 200
DIGITS = re.compile(r"[0-9]{1,18}")


class ShelfView(Door):
    """405, then 401, then a page. Opened by the token of the location's inventory endpoint."""

    http_method_names = ["get"]

    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        try:
            location_id = auth.authenticate(request.META, endpoint_id, Topic.INVENTORY)
            after = place_of(request.GET.get("cursor", ""), endpoint_id)
            return JsonResponse(page(request, location_id, after, limit_of(request)))
        except RefusedRequest as why:
            return refuse(why, NOT_TOLD)
        except (OperationalError, InterfaceError) as problem:
            frames = faults.frames(problem)
            log.error("listings_not_read", problem=type(problem).__name__, frames=frames)
            return answer(503, "The database is away. Try again.", {"Retry-After": RETRY_AFTER})


def page(request: HttpRequest, location_id: int, after: int, limit: int) -> dict[str, Any]:
    """The listings of the location's seller in the order of their making."""
    rows = Listing.objects.filter(seller__locations=location_id, pk__gt=after).order_by("pk")
    found = list(rows[: limit + 1])
    next_url = None
    if len(found) > limit:
        found.pop()
        next_url = f"{request.path}?cursor={cursor_of(found[-1].pk)}&limit={limit}"
    return {"data": [row_of(listing) for listing in found] or "No Data Found", "nextUrl": next_url}


def row_of(listing: Listing) -> dict[str, Any]:
    """Nothing about stock: that is EasyEcom's to say."""
    return {
        "cp_id": listing.pk,
        "product_id": listing.pk,
        "sku": listing.sku,
        "product_name": listing.title,
        "active": int(listing.is_active),
        "product_type": "normal_product",
        "mrp": None if listing.mrp is None else plain_number(listing.mrp),
        "price": plain_number(listing.price),
        "product_image_url": listing.image_url,
        "created_at": ist_text(listing.created_at),
        "updated_at": ist_text(listing.updated_at),
    }


def limit_of(request: HttpRequest) -> int:
    """How many are asked for, within bounds; what is no number asks for nothing special."""
    asked = request.GET.get("limit", "")
    return max(1, min(int(asked), MOST)) if DIGITS.fullmatch(asked) else LIMIT


def cursor_of(pk: int) -> str:
    return base64.urlsafe_b64encode(str(pk).encode()).decode().rstrip("=")


def place_of(cursor: str, endpoint_id: str) -> int:
    """Raises Refused unless it is none or one of ours."""
    if not cursor:
        return 0
    try:
        digits = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        digits = ""
    if not DIGITS.fullmatch(digits):
        raise RefusedRequest(400, "bad_cursor", "Follow nextUrl as it came.", endpoint_id)
    return int(digits)


urlpatterns = [
    re_path(r"\Aeasyecom/(?P<endpoint_id>[^/]+)/products/?\Z", ShelfView.as_view()),
]
