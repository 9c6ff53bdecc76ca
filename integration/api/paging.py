"""Lists by keyset: a page costs the same wherever it is, and nothing is counted."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A cursor that was handed out before cursors were marked has no mark: it is taken by every list.
POSITION = re.compile(r"([0-9]{1,16})-([0-9]{1,18})(?:-([0-9a-f]{8}))?")

NO_CURSOR = "This is no cursor of a list. Ask for the address that came as `next`, as it stands."
OTHER_LIST = (
    "This cursor came from another list, or from this one with other filters. Ask for the address "
    "that came as `next`, as it stands; leave `cursor` out to begin anew."
)

M = TypeVar("M", bound=Model)


def page_of(
    rows: QuerySet[M], request: Request, query: dict[str, Any], *, by: str
) -> tuple[Sequence[M], str | None]:
    """The rows of one page, in the order of (`by`, id), and the address of the next one.

    A row that is updated meanwhile moves behind the reader's place: it may come twice, and is
    never missed.
    """
    mark = mark_of(rows.model, query)
    if "cursor" in query:
        rows = beyond(rows, query["cursor"], by, mark)
    limit = query["limit"]
    found = list(rows.order_by(by, "pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    cursor = position_of(found[limit - 1], by, mark)
    return found[:limit], replace_query_param(request.build_absolute_uri(), "cursor", cursor)


def mark_of(model: type[Model], query: dict[str, Any]) -> str:
    """Of a list and its filters, whose cursors are no other's: in another one they would pass over
    rows without a word. How long a page is does not matter."""
    filters = [
        f"{name}={getattr(value, 'pk', value)}"
        for name, value in sorted(query.items())
        if name not in ("cursor", "limit")
    ]
    whole = "&".join([str(model._meta.model_name), *filters])
    return hashlib.sha256(whole.encode()).hexdigest()[:8]


def beyond(rows: QuerySet[M], cursor: str, by: str, mark: str) -> QuerySet[M]:
    """Written so that both databases begin to read their index at the place itself.
    Raises ValidationError where the cursor is another list's."""
    moment, pk, found = place_of(cursor)
    if found not in (None, mark):
        raise ValidationError({"cursor": OTHER_LIST})
    if by == "pk":
        return rows.filter(pk__gt=pk)
    return rows.filter(**{f"{by}__gte": moment}).exclude(**{by: moment, "pk__lte": pk})


def position_of(row: Model, by: str, mark: str) -> str:
    moment = EPOCH if by == "pk" else getattr(row, by)
    text = f"{(moment - EPOCH) // timedelta(microseconds=1)}-{row.pk}-{mark}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[datetime, int, str | None]:
    """The last row's time and id, and the list's mark. Raises ValidationError unless the cursor is
    one of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        found = POSITION.fullmatch(text)
        if found:
            return EPOCH + timedelta(microseconds=int(found[1])), int(found[2]), found[3]
    except (binascii.Error, ValueError, OverflowError):
        pass
    raise ValidationError({"cursor": NO_CURSOR})
