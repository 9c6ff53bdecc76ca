"""The feed: every change once, in one order, without gaps."""

import time
from collections.abc import Collection

from django.db import connection
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api.answers import ChangePage, TooLateAnswer
from integration.api.authentication import seller_ids
from integration.api.errors import failure
from integration.api.queries import ChangeQuery, parse_query
from integration.api.schema import failures
from integration.api.views.base import ApiView
from integration.feed import feed, scoped
from integration.feed.long_poll import watch
from integration.feed.scoped import Page
from integration.models import Area, Change, ChangeCounter

LOST = (
    "Nobody can go on after this cursor: what follows it is not all kept any more, or it was never "
    "given, as after the console's database was restored. Take the answer's cursor, then read the "
    "lists anew, then go on after that cursor."
)
TOO_LATE = "What follows this cursor is not all kept any more."
NEVER_GIVEN = (
    "No change here ever had this cursor. Was the console's database restored? Read the lists anew."
)


class ChangesView(ApiView):
    area = Area.CHANGES

    @extend_schema(
        operation_id="list_changes",
        parameters=[ChangeQuery],
        responses={
            200: ChangePage,
            410: OpenApiResponse(TooLateAnswer, LOST),
            **failures(400),
        },
    )
    def get(self, request: Request) -> Response:
        """What changed after a cursor. An empty page gives the same cursor back, or one that
        lies behind what the key may not see."""
        query = parse_query(ChangeQuery, request)
        after = query.get("after")
        place = None if after is None else int(after)
        sellers = seller_ids(request)
        try:
            if sellers is not None:
                return page_response(
                    scoped_page_after(sellers, place, query["limit"], query["wait"]), after
                )
            changes = page_after(place, query["limit"], query["wait"])
        except feed.LostPlace as problem:
            return lost_response(problem)
        cursor = str(changes[-1].cursor) if changes else after
        return Response({"results": [feed.as_json(each) for each in changes], "cursor": cursor})


def page_after(after: int | None, limit: int, wait: int) -> list[Change]:
    """A page, waited for where it is empty. Raises feed.LostPlace."""
    seen = ChangeCounter.objects.current().last if after is None else after
    changes = feed.read(after, limit)
    if changes or not wait:
        return changes
    let_connection_go()
    return feed.read(after, limit) if watch.wait(seen, wait) else []


def scoped_page_after(sellers: Collection[int], after: int | None, limit: int, wait: int) -> Page:
    """A page of some sellers' changes; those of others end nobody's wait. Raises feed.LostPlace."""
    ends_at = time.monotonic() + wait
    page = scoped.read(after, limit, sellers)
    while not page.changes and page.is_last and (left := ends_at - time.monotonic()) > 0:
        let_connection_go()
        if not watch.wait(page.cursor, left):
            break
        page = scoped.read(page.cursor, limit, sellers)
    return page


def let_connection_go() -> None:
    """Whoever waits keeps no connection from the others."""
    if not connection.in_atomic_block:
        connection.close()


def page_response(page: Page, after: str | None) -> Response:
    cursor = str(page.cursor) if page.cursor else after
    return Response({"results": [feed.as_json(each) for each in page.changes], "cursor": cursor})


def lost_response(problem: feed.LostPlace) -> Response:
    is_late = isinstance(problem, feed.TooLate)
    said = f"{TOO_LATE} The oldest is {problem.oldest}." if is_late else NEVER_GIVEN
    answer = failure(410, said, "after")
    answer.data |= {"oldest": str(problem.oldest), "cursor": str(problem.cursor)}
    return answer
