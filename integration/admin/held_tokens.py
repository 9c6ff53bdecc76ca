"""Webhook tokens, API keys and sellers' links between their making and their pasting: shown again
to whoever had them made.

docs/decisions/0056-one-act.md
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from booon_console.fields import Undecipherable, reveal
from booon_console.lib import clock
from integration.models import ApiKey, HeldToken, SellerLink

# As long as it takes to paste eight of them into EasyEcom.
HELD_FOR = timedelta(minutes=15)


def hold(request: HttpRequest, tokens: Mapping[str, str]) -> None:
    """Tokens by endpoint id. What was held longer than it may be is gone with this."""
    now, user = clock.now(), cast(User, request.user)
    forget_old(now)
    # A token that another one took the place of opens nothing.
    HeldToken.objects.filter(endpoint__in=tokens).delete()
    HeldToken.objects.bulk_create(
        HeldToken(user=user, endpoint_id=endpoint, token=token, until=now + HELD_FOR)
        for endpoint, token in tokens.items()
    )


def held(request: HttpRequest, endpoint_ids: Collection[str]) -> dict[str, str]:
    """Those of this person, by endpoint id."""
    mine = HeldToken.objects.filter(user=cast(User, request.user), endpoint__in=endpoint_ids)
    found = {}
    for row in mine.filter(until__gte=clock.now()):
        try:
            found[str(row.endpoint_id)] = reveal(row.token)
        except Undecipherable:
            continue
    return found


def hold_key(request: HttpRequest, row: ApiKey, key: str) -> None:
    now = clock.now()
    forget_old(now)
    HeldToken.objects.create(
        user=cast(User, request.user), api_key=row, token=key, until=now + HELD_FOR
    )


def held_key(request: HttpRequest, row: ApiKey) -> str:
    """The key itself, for this person; "" once its time is over, or where no key opens it."""
    mine = HeldToken.objects.filter(user=cast(User, request.user), api_key=row)
    found = mine.filter(until__gte=clock.now()).first()
    try:
        return reveal(found.token) if found else ""
    except Undecipherable:
        return ""


def hold_link(request: HttpRequest, link: SellerLink, secret: str) -> None:
    now = clock.now()
    forget_old(now)
    HeldToken.objects.create(
        user=cast(User, request.user), link=link, token=secret, until=now + HELD_FOR
    )


def held_links(request: HttpRequest) -> dict[str, str]:
    """This person's, by the link's id."""
    mine = HeldToken.objects.filter(user=cast(User, request.user)).exclude(link=None)
    found = {}
    for row in mine.filter(until__gte=clock.now()):
        try:
            found[str(row.link_id)] = reveal(row.token)
        except Undecipherable:
            continue
    return found


def forget_old(now: datetime) -> None:
    HeldToken.objects.filter(until__lt=now).delete()


def forget(request: HttpRequest) -> None:
    """Whoever has pasted them needs them no more."""
    HeldToken.objects.filter(user=cast(User, request.user), link=None).delete()
