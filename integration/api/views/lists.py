"""Lists: orders, stock levels, products."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from integration.api.answers import (
    OrderAnswer,
    OrderPage,
    ProductAnswer,
    ProductPage,
    StockAnswer,
    StockPage,
)
from integration.api.authentication import visible
from integration.api.paging import page_of
from integration.api.queries import OrderQuery, SellerQuery, StockQuery, parse_query
from integration.api.schema import failures
from integration.api.views.base import ApiView
from integration.api.views.orders import orders_to_show
from integration.models import Area, Product, StockLevel


def page(
    request: Request,
    rows: QuerySet[Any],
    query: dict[str, Any],
    answer: type[Serializer[Any]],
    by: str = "updated_at",
) -> Response:
    found, following = page_of(rows, request, query, by=by)
    return Response(
        {"next": following, "results": answer(found, many=True, context={"request": request}).data}
    )


def filtered(rows: QuerySet[Any], query: dict[str, Any], *names: str) -> QuerySet[Any]:
    """The rows whose columns are as asked; what was not asked does not matter."""
    rows = rows.filter(**{name: query[name] for name in names if name in query})
    if "updated_after" in query:
        rows = rows.filter(updated_at__gt=query["updated_after"])
    return rows


class OrdersView(ApiView):
    area = Area.ORDERS

    @extend_schema(
        operation_id="list_orders",
        parameters=[OrderQuery],
        responses={200: OrderPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """Orders, those that were updated longest ago first."""
        query = parse_query(OrderQuery, request)
        orders = visible(request, orders_to_show())
        orders = filtered(orders, query, "seller", "stage", "blocked_reason")
        return page(request, orders, query, OrderAnswer)


class StockView(ApiView):
    area = Area.STOCK

    @extend_schema(
        operation_id="list_stock",
        parameters=[StockQuery],
        responses={200: StockPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """Stock levels, those that changed longest ago first."""
        query = parse_query(StockQuery, request)
        levels = visible(request, StockLevel.objects.select_related("seller", "location"))
        levels = filtered(levels, query, "seller", "location", "sku")
        return page(request, levels, query, StockAnswer)


class ProductsView(ApiView):
    area = Area.STOCK

    @extend_schema(
        operation_id="list_products",
        parameters=[SellerQuery],
        responses={200: ProductPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """EasyEcom's products as last pulled. They say nothing about stock."""
        query = parse_query(SellerQuery, request)
        products = visible(request, Product.objects.select_related("seller", "location"))
        return page(request, filtered(products, query, "seller"), query, ProductAnswer, by="pk")
