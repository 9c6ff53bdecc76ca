"""What an API key may see and touch: everything, or what belongs to its sellers.

A seller of others is to it as one that does not exist. Every view finds its seller, and narrows
its list, here.
"""

import re
from typing import TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from integration.models import ApiKey
from sellers.models import CODE, Seller

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
    return named(code, visible(request, Seller.objects.all(), "pk"))


def named(code: str, sellers: QuerySet[Seller]) -> Seller:
    """The one of these sellers that has this code. Raises NotFound."""
    seller = sellers.filter(code=code).first() if WHOLE_CODE.fullmatch(code) else None
    if seller is None:
        raise NotFound("There is no such seller.")
    return seller
