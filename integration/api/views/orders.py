"""One order: give it, read it, withdraw it; and its shipment details."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integration import jobs
from integration.api.answers import OrderAnswer
from integration.api.bodies import OrderBody, ShipmentBody
from integration.api.schema import failures, in_path
from integration.api.scope import WHOLE_CODE, find_seller
from integration.api.views.base import ApiView, read
from integration.entry import intake
from integration.entry.intake import Given, Receipt, Refused
from integration.models import Drain, Order
from integration.webhooks import correlation_id
from sellers.models import Seller

# Made once: it costs as much to make as to use, and keeps nothing of what it reads.
ORDER_BODY = OrderBody()
ORDER_PATH = [in_path("seller", "The seller's code."), in_path("order_number", "Booon's number.")]


def orders_to_show() -> QuerySet[Order]:
    """Orders with all that an answer holds."""
    orders = Order.objects.select_related("seller", "location", "shipment")
    return orders.prefetch_related("lines")


def shown(order: Order, status: int = 200) -> Response:
    return Response(OrderAnswer(orders_to_show().get(pk=order.pk)).data, status)


def find_order(request: Request, seller_code: str, order_number: str) -> Order:
    seller = find_seller(request, seller_code)
    if not WHOLE_CODE.fullmatch(order_number):
        raise NotFound("There is no such order.")
    order = orders_to_show().filter(seller=seller, order_number=order_number).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def read_order(seller: Seller, order_number: str, body: Any) -> Given:
    """The order that is given, checked. Raises ValidationError."""
    if not WHOLE_CODE.fullmatch(order_number):
        raise ValidationError(
            {"order_number": "It has letters, digits, dots, - and _, at most 64."}
        )
    return Given(seller, order_number, ORDER_BODY.run_validation(body))


def take(given: list[Given], actor: str = intake.BOOON) -> list[Receipt | Refused]:
    """Take orders in, and have the engines woken for them."""
    taken = intake.accept(given, actor=actor, correlation_id=correlation_id())
    receipts = [each for each in taken.outcomes if isinstance(each, Receipt)]
    if any(receipt.result != "same" for receipt in receipts):
        jobs.wake(Drain.Kind.OUTBOX)
    if taken.awaited:
        jobs.wake(Drain.Kind.INBOX)
    return taken.outcomes


def status_of(receipt: Receipt) -> int:
    return 201 if receipt.result == "created" else 200


class OrderView(ApiView):
    @extend_schema(
        operation_id="put_order",
        parameters=ORDER_PATH,
        request=OrderBody,
        responses={
            201: OpenApiResponse(OrderAnswer, "It is new."),
            200: OpenApiResponse(OrderAnswer, "It is the same as before, or changed while unsent."),
            **failures(400, 404, 409, 413),
        },
    )
    def put(self, request: Request, seller: str, order_number: str) -> Response:
        """Give an order, or change it while nothing of it was sent. Safe to repeat."""
        [outcome] = take([read_order(find_seller(request, seller), order_number, request.data)])
        if isinstance(outcome, Refused):
            raise outcome
        return shown(outcome.order, status_of(outcome))

    @extend_schema(
        operation_id="get_order",
        parameters=ORDER_PATH,
        responses={200: OrderAnswer, **failures(404)},
    )
    def get(self, request: Request, seller: str, order_number: str) -> Response:
        """Read an order."""
        return Response(OrderAnswer(find_order(request, seller, order_number)).data)

    @extend_schema(
        operation_id="withdraw_order",
        parameters=ORDER_PATH,
        responses={
            200: OpenApiResponse(OrderAnswer, "It is withdrawn, by this request or before."),
            **failures(404, 409),
        },
    )
    def delete(self, request: Request, seller: str, order_number: str) -> Response:
        """Withdraw an order of which nothing was sent. Safe to repeat."""
        order = find_order(request, seller, order_number)
        intake.withdraw(order, correlation_id=correlation_id())
        return shown(order)


class ShipmentView(ApiView):
    @extend_schema(
        operation_id="put_shipment",
        parameters=ORDER_PATH,
        request=ShipmentBody,
        responses={
            200: OpenApiResponse(OrderAnswer, "Kept, and sent in its turn."),
            **failures(400, 404, 409, 413),
        },
    )
    def put(self, request: Request, seller: str, order_number: str) -> Response:
        """Give an order its courier and AWB number. Safe to repeat."""
        order = find_order(request, seller, order_number)
        facts = read(ShipmentBody, request)
        if intake.give_shipment(order, facts, correlation_id=correlation_id()):
            jobs.wake(Drain.Kind.OUTBOX)
        return shown(order)

    @extend_schema(
        operation_id="get_shipment",
        parameters=ORDER_PATH,
        responses={
            200: OrderAnswer,
            **failures(404),
        },
    )
    def get(self, request: Request, seller: str, order_number: str) -> Response:
        """Read an order that has shipment details; 404 while it has none."""
        order = find_order(request, seller, order_number)
        if not hasattr(order, "shipment"):
            raise NotFound("This order has no shipment details yet.")
        return Response(OrderAnswer(order).data)
