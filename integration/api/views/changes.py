"""The feed: every change once, in one order, without gaps."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integration import feed
from integration.api.answers import ChangeAnswer, ChangePage
from integration.api.queries import ChangeQuery, asked
from integration.api.schema import failures
from integration.api.views.base import ApiView


class ChangesView(ApiView):
    @extend_schema(
        operation_id="list_changes",
        parameters=[ChangeQuery],
        responses={200: ChangePage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """What changed after a cursor. An empty page gives the same cursor back."""
        query = asked(ChangeQuery, request)
        after = query.get("after")
        changes = feed.read(int(after or 0), query["limit"])
        cursor = str(changes[-1].cursor) if changes else after
        return Response({"results": ChangeAnswer(changes, many=True).data, "cursor": cursor})
