"""One order: give it, read it, withdraw it; and its shipment details."""

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from booon_console.lib.request_id import correlation_id
from integration.api import examples
from integration.api.answers import ForeseenAnswer, OrderAnswer
from integration.api.authentication import WHOLE_CODE, actor_of, find_seller
from integration.api.bodies import GivenShipmentBody, OrderBody
from integration.api.errors import NOTHING_HERE
from integration.api.schema import failures, in_path
from integration.api.views.base import ApiView, parse_body
from integration.catalog import sku_mapping
from integration.models import Area, Drain, Order
from integration.orders import corrections, intake, shipments
from integration.orders.intake import Given, Receipt
from integration.orders.refusals import Refused, UnknownLocation
from integration.orders.shipments import Replacement
from integration.sync import wakeup
from sellers.models import Location, Seller

# Made once: it costs as much to make as to use, and keeps nothing of what it reads.
ORDER_BODY = OrderBody()
ORDER_PATH = [
    in_path("seller", "The seller's code.", examples.SELLER),
    in_path("order_number", "Booon's number.", examples.ORDER_NUMBER),
]
NO_ORDER = "There is no such order."
NUMBER_RULE = (
    "An order number has letters, digits, dots, - and _, at most 64, the first a letter or digit."
)
LONGEST_NUMBER = 64
NON_FIELD_ERRORS_KEY = api_settings.NON_FIELD_ERRORS_KEY
FITTING = re.compile("[A-Za-z0-9._-]")
NAMED = {"/": "a slash", " ": "a space", "\\": "a backslash", "%": "a percent sign"}


def orders_to_show() -> QuerySet[Order]:
    """Orders with all that an answer holds."""
    orders = Order.objects.select_related("seller", "location", "shipment")
    return orders.prefetch_related("lines", "replaced_awbs")


def order_response(request: Request, order: Order, status: int = 200) -> Response:
    shown = orders_to_show().get(pk=order.pk)
    return Response(OrderAnswer(shown, context={"request": request}).data, status)


def find_order(request: Request, seller_code: str, order_number: str) -> Order:
    seller = find_seller(request, seller_code)
    if unfit := number_problem(order_number):
        raise NotFound(f"{NO_ORDER} {unfit}")
    order = orders_to_show().filter(seller=seller, order_number=order_number).first()
    if order is None:
        raise NotFound(NO_ORDER)
    return order


def parse_order(seller: Seller, order_number: str, body: Any) -> Given:
    """The order that is given, checked. Raises ValidationError with all that is wrong."""
    unfit = number_problem(order_number)
    wrong: Any = {"order_number": [unfit]} if unfit else {}
    try:
        facts = ORDER_BODY.run_validation(body)
    except ValidationError as problem:
        detail: Any = problem.detail
        wrong |= detail if isinstance(detail, dict) else {NON_FIELD_ERRORS_KEY: detail}
        if "location_key" not in wrong and not has_location(seller, body):
            wrong["location_key"] = [UnknownLocation.sentence]
    if wrong:
        raise ValidationError(wrong)
    return Given(seller, order_number, facts)


def has_location(seller: Seller, body: Any) -> bool:
    """Also where there is no reading which one is meant."""
    if not isinstance(body, dict):
        return True
    key = ORDER_BODY.fields["location_key"].run_validation(body.get("location_key"))
    return Location.objects.filter(seller=seller, location_key=key).exists()


def number_problem(order_number: str) -> str:
    """Why no order can have this number; "" where one can."""
    if WHOLE_CODE.fullmatch(order_number):
        return ""
    return f"{NUMBER_RULE} {unfit_part(order_number)}"


def unfit_part(number: str) -> str:
    if len(number) > LONGEST_NUMBER:
        return f"This one has {len(number)} characters."
    unfit = next((each for each in number if not FITTING.fullmatch(each)), None)
    if unfit is None:
        return f'This one begins with "{number[0]}".' if number else "This one is empty."
    return f"This one has {NAMED.get(unfit) or shown(unfit)}."


def shown(character: str) -> str:
    """A character that may be none to print."""
    if character.isascii() and character.isprintable():
        return f'a "{character}"'
    return f"a character U+{ord(character):04X}"


def take(given: list[Given], actor: str) -> list[Receipt | Refused]:
    """Take orders in, and have the engines woken for them."""
    taken = intake.accept(given, actor=actor, correlation_id=correlation_id())
    receipts = [each for each in taken.outcomes if isinstance(each, Receipt)]
    if any(receipt.result != "same" for receipt in receipts):
        wakeup.wake(Drain.Kind.OUTBOX)
    if taken.awaited:
        wakeup.wake(Drain.Kind.INBOX)
    return taken.outcomes


def status_of(receipt: Receipt) -> int:
    return 201 if receipt.result == "created" else 200


class OrderView(ApiView):
    area = Area.ORDERS

    @extend_schema(
        operation_id="put_order",
        parameters=ORDER_PATH,
        request=OrderBody,
        responses={
            201: OpenApiResponse(OrderAnswer, "It is new."),
            200: OpenApiResponse(OrderAnswer, "It is the same as before, or changed."),
            **failures(400, 404, 409, 413),
        },
    )
    def put(self, request: Request, seller: str, order_number: str) -> Response:
        """Give an order, or change it while nothing of it can be at EasyEcom: unsent, or refused
        and not there. Safe to repeat. A withdrawn one can be given again."""
        given = parse_order(find_seller(request, seller), order_number, request.data)
        [outcome] = take([given], actor_of(request))
        if isinstance(outcome, Refused):
            raise outcome
        return order_response(request, outcome.order, status_of(outcome))

    @extend_schema(
        operation_id="get_order",
        parameters=ORDER_PATH,
        responses={200: OrderAnswer, **failures(404)},
    )
    def get(self, request: Request, seller: str, order_number: str) -> Response:
        """Read an order."""
        order = find_order(request, seller, order_number)
        return Response(OrderAnswer(order, context={"request": request}).data)

    @extend_schema(
        operation_id="withdraw_order",
        parameters=ORDER_PATH,
        responses={
            200: OpenApiResponse(OrderAnswer, "It is withdrawn, by this request or before."),
            **failures(404, 409),
        },
    )
    def delete(self, request: Request, seller: str, order_number: str) -> Response:
        """Withdraw an order of which nothing can be at EasyEcom. Safe to repeat."""
        order = find_order(request, seller, order_number)
        corrections.withdraw(order, actor=actor_of(request), correlation_id=correlation_id())
        return order_response(request, order)


class UnfitNumberView(ApiView):
    """What a path with a slash in the order number leads to: whoever gave it is told why."""

    area = Area.ORDERS
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        find_seller(request, kwargs["seller"])
        unfit = number_problem(kwargs["order_number"])
        if request.method == "PUT":
            raise ValidationError({"order_number": unfit})
        raise NotFound(f"{NOTHING_HERE} {unfit}")


class ValidateOrderView(ApiView):
    area = Area.ORDERS

    @extend_schema(
        operation_id="validate_order",
        parameters=ORDER_PATH,
        request=OrderBody,
        responses={
            200: OpenApiResponse(ForeseenAnswer, "Its PUT would be taken."),
            **failures(400, 404, 409, 413),
        },
    )
    def post(self, request: Request, seller: str, order_number: str) -> Response:
        """Say what giving this order would come to. Nothing is kept, and EasyEcom is not asked."""
        given = parse_order(find_seller(request, seller), order_number, request.data)
        [foreseen] = intake.preview([given])
        if isinstance(foreseen, Refused):
            raise foreseen
        place = intake.place_of(given, intake.places_of([given]))
        skus = [line["sku"] for line in given.facts["lines"]]
        missing = sku_mapping.without_product(given.seller.pk, skus)
        return Response(
            {
                "result": foreseen,
                "missing_skus": [sku for sku in dict.fromkeys(skus) if sku in missing],
                "location_is_live": place.is_live,
            }
        )


class ShipmentView(ApiView):
    area = Area.SHIPMENTS

    @extend_schema(
        operation_id="put_shipment",
        parameters=ORDER_PATH,
        request=GivenShipmentBody,
        responses={
            200: OpenApiResponse(OrderAnswer, "Kept, and sent in its turn."),
            **failures(400, 404, 409, 413),
        },
    )
    def put(self, request: Request, seller: str, order_number: str) -> Response:
        """Give an order its courier and AWB number, or say which of two holds. Safe to repeat."""
        order = find_order(request, seller, order_number)
        facts = parse_body(GivenShipmentBody, request)
        replaces, reason = facts.pop("replaces"), facts.pop("reason")
        given = shipments.give_shipment(
            order,
            facts,
            replacement=Replacement(replaces, reason) if replaces else None,
            actor=actor_of(request),
            correlation_id=correlation_id(),
        )
        if given:
            wakeup.wake(Drain.Kind.OUTBOX)
        return order_response(request, order)

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
        return Response(OrderAnswer(order, context={"request": request}).data)
