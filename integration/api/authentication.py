"""Who may use the API, and what a key may see and touch: everything, or what is its sellers'."""

import re
from contextlib import suppress
from typing import Any, TypeVar, cast

from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
)
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from booon_console.lib.digests import digest_of
from integration.models import ApiKey, Area
from integration.orders.revisions import BOOON, OF_KEY
from sellers.models import CODE, Seller

GIVE_KEY = "Give an API key in the header, as Authorization: Bearer <key>."


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <api key>`. Found by its digest: the key itself is kept nowhere."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed(GIVE_KEY)
        keys = ApiKey.objects.filter(revoked_at__isnull=True)
        found = keys.filter(digest=digest_of(key.strip())).first()
        if found is None:
            raise AuthenticationFailed("This API key is unknown or revoked.")
        now = timezone.now()
        if found.has_expired(now):
            raise AuthenticationFailed(
                "This API key has expired. Ask Booon's operators for another."
            )
        # Reading goes on where nothing can be written at the moment. To the minute this host's
        # clock will do, and costs no query.
        with suppress(OperationalError):
            found.note_use(now)
        return None, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def actor_of(request: Request) -> str:
    """Who acts by the API: which key that is stands in the timeline and in revisions."""
    assert isinstance(request.auth, ApiKey)
    return f"{BOOON}{OF_KEY}{request.auth.name}"


def reads_buyers(request: Request) -> bool:
    """A key for shipments alone is answered with the order, and has no business with the buyer."""
    return isinstance(request.auth, ApiKey) and request.auth.opens(Area.ORDERS)


class HasApiKey(BasePermission):
    """A key that opens this part of the API, and writes if the request does."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises NotAuthenticated, and PermissionDenied, which says what the key is for."""
        key = request.auth
        if not isinstance(key, ApiKey):
            raise NotAuthenticated(GIVE_KEY)
        if view.area is not None and not key.opens(view.area):
            opened = ", ".join(key.areas.split())
            raise PermissionDenied(
                f"This API key opens {opened}; {view.area.value} takes another key."
            )
        if key.is_read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This API key reads only; writing takes another key.")
        return True


WHOLE_CODE = re.compile(CODE)

M = TypeVar("M", bound=Model)


def seller_ids(request: Request) -> list[int] | None:
    """Whose things the request's key may see; None: everybody's."""
    return cast(ApiKey, request.auth).seller_ids


def visible(request: Request, rows: QuerySet[M], column: str = "seller") -> QuerySet[M]:
    """The rows that the key may see; `column` leads to a row's seller."""
    ids = seller_ids(request)
    return rows if ids is None else rows.filter(**{f"{column}__in": ids})


def find_seller(request: Request, code: str) -> Seller:
    """The seller, if the key may see and touch what is theirs. Raises NotFound."""
    return seller_by_code(code, visible(request, Seller.objects.all(), "pk"))


def seller_by_code(code: str, sellers: QuerySet[Seller]) -> Seller:
    """The one of these sellers that has this code. Raises NotFound."""
    seller = sellers.filter(code=code).first() if WHOLE_CODE.fullmatch(code) else None
    if seller is None:
        raise NotFound("There is no such seller.")
    return seller
