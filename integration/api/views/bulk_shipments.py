"""Shipment details of many orders in one request, each answered as its own PUT would be."""

from collections.abc import Iterable, Mapping
from functools import cache, partial
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from booon_console.lib.request_id import correlation_id
from integration.api.answers import BulkShipmentsAnswer
from integration.api.authentication import WHOLE_CODE, find_seller
from integration.api.bodies import BulkShipmentsBody, GivenShipmentBody
from integration.api.errors import exception_handler
from integration.api.schema import failures
from integration.api.views.base import ApiView, parse_body
from integration.api.views.bulk import as_given, check_named, orders_as_json
from integration.models import Area, Drain, Order
from integration.orders import many_shipments
from integration.orders.many_shipments import GivenShipment
from integration.orders.refusals import Refused
from integration.orders.shipments import Replacement
from integration.sync import wakeup
from sellers.models import Seller

# By seller and number: an order of the list.
Key = tuple[int, str]


class BulkShipmentsView(ApiView):
    area = Area.SHIPMENTS

    @extend_schema(
        operation_id="put_shipments",
        request=BulkShipmentsBody,
        responses={
            200: OpenApiResponse(
                BulkShipmentsAnswer, "Read; each order's details have an answer of their own."
            ),
            **failures(400, 413),
        },
    )
    def post(self, request: Request) -> Response:
        """Give up to 500 orders their courier and AWB number. Each is answered as its own PUT would
        be, in the same sequence, and one that is refused is no matter to the others. Safe to
        repeat, after a 503 too."""
        items = parse_body(BulkShipmentsBody, request)["shipments"]
        sellers = cache(partial(seller_or_refusal, request))
        orders = orders_named(items, {each: sellers(each) for each in codes_in(items)})
        given = [parse_item(item, sellers, orders) for item in items]
        read = [each for each in given if isinstance(each, GivenShipment)]
        outcomes = iter(many_shipments.give(read, correlation_id=correlation_id()))
        answers = [next(outcomes) if isinstance(each, GivenShipment) else each for each in given]
        if any(answer is True for answer in answers):
            wakeup.wake(Drain.Kind.OUTBOX)
        shown = orders_as_json(request, (each.order.pk for each in read))
        return Response(
            {
                "results": [
                    {
                        "seller": as_given(item, "seller"),
                        "order_number": as_given(item, "order_number"),
                    }
                    | answer_of(each, answer, shown)
                    for item, each, answer in zip(items, given, answers, strict=True)
                ]
            }
        )


def seller_or_refusal(request: Request, code: str) -> Seller | APIException:
    try:
        return find_seller(request, code)
    except APIException as refusal:
        return refusal


def codes_in(items: Iterable[Any]) -> set[str]:
    return {code for item in items if (code := as_given(item, "seller"))}


def orders_named(
    items: Iterable[Any], sellers: Mapping[str, Seller | APIException]
) -> dict[Key, Order]:
    """Of the sellers whom the key may see; a query for each of these."""
    numbers: dict[Seller, set[str]] = {}
    for item in items:
        seller = sellers.get(as_given(item, "seller") or "")
        number = as_given(item, "order_number") or ""
        if isinstance(seller, Seller) and WHOLE_CODE.fullmatch(number):
            numbers.setdefault(seller, set()).add(number)
    return {
        (seller.pk, order.order_number): order
        for seller, named in numbers.items()
        for order in Order.objects.filter(seller=seller, order_number__in=named)
    }


def parse_item(
    item: Any, sellers: Any, orders: Mapping[Key, Order]
) -> GivenShipment | APIException:
    """One order's details, or what their own PUT would be refused with."""
    try:
        check_named(item)
        seller = sellers(item["seller"])
        if isinstance(seller, APIException):
            return seller
        order = orders.get((seller.pk, item["order_number"]))
        if order is None:
            return NotFound("There is no such order.")
        body = {
            name: value for name, value in item.items() if name not in ("seller", "order_number")
        }
        facts: Any = GivenShipmentBody().run_validation(body)
    except (ValidationError, NotFound) as refusal:
        return refusal
    replaces, reason = facts.pop("replaces"), facts.pop("reason")
    return GivenShipment(order, facts, Replacement(replaces, reason) if replaces else None)


def answer_of(
    given: GivenShipment | APIException,
    answer: bool | Refused | APIException,
    shown: Mapping[int, Any],
) -> dict[str, Any]:
    if isinstance(given, GivenShipment) and isinstance(answer, bool):
        return {"status": 200, "order": shown[given.order.pk], "errors": []}
    assert isinstance(answer, Exception)
    refusal = exception_handler(answer, {})
    assert refusal is not None
    return {"status": refusal.status_code, "order": None, "errors": refusal.data["errors"]}
