"""Who may use the API: whoever shows a key of ours that is not revoked."""

import hashlib
from contextlib import suppress

from django.db import OperationalError
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from integration.models import ApiKey


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <api key>`. Found by its digest: the key itself is kept nowhere."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("The API takes a key as a Bearer token.")
        digest = hashlib.sha256(key.strip().encode(errors="replace")).hexdigest()
        found = ApiKey.objects.filter(digest=digest, revoked_at__isnull=True).first()
        if found is None:
            raise AuthenticationFailed("This API key is unknown or revoked.")
        # Reading goes on where nothing can be written at the moment. To the minute this host's
        # clock will do, and costs no query.
        with suppress(OperationalError):
            found.note_use(timezone.now())
        return None, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasApiKey(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.auth, ApiKey)
