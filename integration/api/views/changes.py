"""The feed: every change once, in one order, without gaps."""

import time
from collections.abc import Collection

from django.db import connection
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api.answers import ChangePage, TooLateAnswer
from integration.api.errors import failure
from integration.api.queries import ChangeQuery, asked
from integration.api.schema import failures
from integration.api.scope import seller_ids
from integration.api.views.base import ApiView
from integration.models import Change
from integration.telling import feed, partial_feed
from integration.telling.partial_feed import Page
from integration.telling.watch import watch

TOO_LATE = "What follows this cursor is not all kept any more."


class ChangesView(ApiView):
    @extend_schema(
        operation_id="list_changes",
        parameters=[ChangeQuery],
        responses={
            200: ChangePage,
            410: OpenApiResponse(TooLateAnswer, TOO_LATE),
            **failures(400),
        },
    )
    def get(self, request: Request) -> Response:
        """What changed after a cursor. An empty page gives the same cursor back, or one that
        lies behind what the key may not see."""
        query = asked(ChangeQuery, request)
        after = query.get("after")
        place = None if after is None else int(after)
        sellers = seller_ids(request)
        try:
            if sellers is not None:
                return shown(found_of(sellers, place, query["limit"], query["wait"]), after)
            changes = found(place, query["limit"], query["wait"])
        except feed.TooLate as problem:
            return too_late(problem.oldest)
        cursor = str(changes[-1].cursor) if changes else after
        return Response({"results": [feed.shown(each) for each in changes], "cursor": cursor})


def found(after: int | None, limit: int, wait: int) -> list[Change]:
    """A page, waited for where it is empty. Raises feed.TooLate."""
    seen = feed.counter().last if after is None else after
    changes = feed.read(after, limit)
    if changes or not wait:
        return changes
    let_connection_go()
    return feed.read(after, limit) if watch.wait(seen, wait) else []


def found_of(sellers: Collection[int], after: int | None, limit: int, wait: int) -> Page:
    """A page of some sellers' changes; those of others end nobody's wait. Raises feed.TooLate."""
    ends_at = time.monotonic() + wait
    page = partial_feed.read(after, limit, sellers)
    while not page.changes and page.is_last and (left := ends_at - time.monotonic()) > 0:
        let_connection_go()
        if not watch.wait(page.cursor, left):
            break
        page = partial_feed.read(page.cursor, limit, sellers)
    return page


def let_connection_go() -> None:
    """Whoever waits keeps no connection from the others."""
    if not connection.in_atomic_block:
        connection.close()


def shown(page: Page, after: str | None) -> Response:
    cursor = str(page.cursor) if page.cursor else after
    return Response({"results": [feed.shown(each) for each in page.changes], "cursor": cursor})


def too_late(oldest: int) -> Response:
    answer = failure(410, f"{TOO_LATE} The oldest is {oldest}.", "after")
    answer.data |= {"oldest": str(oldest), "cursor": str(oldest - 1)}
    return answer
