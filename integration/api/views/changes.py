"""The feed: every change once, in one order, without gaps."""

from django.db import connection
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integration import feed
from integration.api.answers import ChangePage, TooLateAnswer
from integration.api.errors import failure
from integration.api.queries import ChangeQuery, asked
from integration.api.schema import failures
from integration.api.views.base import ApiView
from integration.models import Change
from integration.watch import watch

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
        """What changed after a cursor. An empty page gives the same cursor back."""
        query = asked(ChangeQuery, request)
        after = query.get("after")
        try:
            changes = found(None if after is None else int(after), query["limit"], query["wait"])
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
    if not connection.in_atomic_block:
        # Whoever waits keeps no connection from the others.
        connection.close()
    return feed.read(after, limit) if watch.wait(seen, wait) else []


def too_late(oldest: int) -> Response:
    answer = failure(410, f"{TOO_LATE} The oldest is {oldest}.", "after")
    answer.data |= {"oldest": str(oldest), "cursor": str(oldest - 1)}
    return answer
