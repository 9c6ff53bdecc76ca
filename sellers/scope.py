"""Which sellers a member of staff sees. Whoever was given no scope sees all of them."""

from typing import Any

from django.db.models import QuerySet

from sellers.models import StaffScope

KEPT = "_sellers_in_scope"


def seller_ids(user: Any) -> list[int] | None:
    """Their primary keys; None for everybody's. Asked of the database once for each request."""
    if not hasattr(user, KEPT):
        setattr(user, KEPT, asked_for(user))
    ids: list[int] | None = getattr(user, KEPT)
    return ids


def asked_for(user: Any) -> list[int] | None:
    scope = StaffScope.objects.filter(user=user.pk).first() if user.pk else None
    return None if scope is None else list(scope.sellers.values_list("pk", flat=True))


def is_limited(user: Any) -> bool:
    return seller_ids(user) is not None


def within(rows: QuerySet[Any], user: Any, path: str | None) -> QuerySet[Any]:
    """Those of the user's sellers. `path` leads from a row to its seller; None: no seller's."""
    ids = seller_ids(user)
    if ids is None:
        return rows
    return rows.none() if path is None else rows.filter(**{f"{path}__in": ids})
