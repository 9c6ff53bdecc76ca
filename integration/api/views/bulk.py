"""Many orders in one request, each answered as its own PUT would be."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api.answers import BulkAnswer, OrderAnswer
from integration.api.authentication import actor_of, find_seller
from integration.api.bodies import BulkBody
from integration.api.errors import exception_handler
from integration.api.fields import NO_OBJECT
from integration.api.schema import failures
from integration.api.views.base import ApiView, parse_body
from integration.api.views.orders import orders_to_show, parse_order, status_of, take
from integration.easyecom.strict_json import is_storable
from integration.models import Area
from integration.orders.intake import Given, Receipt
from integration.orders.refusals import Refused
from sellers.models import Seller


class BulkOrdersView(ApiView):
    area = Area.ORDERS

    @extend_schema(
        operation_id="put_orders",
        request=BulkBody,
        responses={
            200: OpenApiResponse(BulkAnswer, "Read; each order has an answer of its own."),
            **failures(400, 413),
        },
    )
    def post(self, request: Request) -> Response:
        """Give up to 500 orders. Each is answered as its own PUT would be, in the same sequence,
        and one that is refused is no matter to the others. Safe to repeat, after a 503 too."""
        items = parse_body(BulkBody, request)["orders"]
        sellers = cache(partial(find_seller, request))
        given = [parse_item(item, sellers) for item in items]
        outcomes = iter(
            take([each for each in given if isinstance(each, Given)], actor_of(request))
        )
        answers = [next(outcomes) if isinstance(each, Given) else each for each in given]
        taken = (each.order.pk for each in answers if isinstance(each, Receipt))
        shown = orders_as_json(request, taken)
        return Response(
            {
                "results": [
                    {
                        "seller": as_given(item, "seller"),
                        "order_number": as_given(item, "order_number"),
                    }
                    | answer_of(answer, shown)
                    for item, answer in zip(items, answers, strict=True)
                ]
            }
        )


def parse_item(item: Any, sellers: Callable[[str], Seller]) -> Given | APIException:
    """One order of the list, or what its own PUT would be refused with."""
    try:
        check_named(item)
        body = {
            name: value for name, value in item.items() if name not in ("seller", "order_number")
        }
        return parse_order(sellers(item["seller"]), item["order_number"], body)
    except APIException as refusal:
        return refusal


def check_named(item: Any) -> None:
    """Raises ValidationError."""
    if not isinstance(item, dict):
        raise ValidationError(NO_OBJECT)
    missing = {
        name: "Give it as text." for name in ("seller", "order_number") if not as_given(item, name)
    }
    if missing:
        raise ValidationError(missing)


def as_given(item: Any, name: str) -> str | None:
    """What the answer repeats, so that it can be found by more than its place."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, str) and is_storable(value) else None


def orders_as_json(request: Request, ids: Iterable[int]) -> dict[int, Any]:
    orders = orders_to_show().filter(pk__in=set(ids))
    return {
        order.pk: shown
        for order, shown in zip(
            orders, OrderAnswer(orders, many=True, context={"request": request}).data, strict=True
        )
    }


def answer_of(answer: Receipt | Refused | APIException, shown: dict[int, Any]) -> dict[str, Any]:
    if isinstance(answer, Receipt):
        return {"status": status_of(answer), "order": shown[answer.order.pk], "errors": []}
    refusal = exception_handler(answer, {})
    assert refusal is not None
    return {"status": refusal.status_code, "order": None, "errors": refusal.data["errors"]}
