"""Every address of the API, each with and without a trailing slash."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.urls import URLPattern, path, re_path
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from integration.api.views.base import NothingHere
from integration.api.views.bulk import BulkOrdersView
from integration.api.views.bulk_shipments import BulkShipmentsView
from integration.api.views.changes import ChangesView
from integration.api.views.listings import ListingBySkuView, ListingsView, ListingView
from integration.api.views.lists import OrdersView, ProductsView, StockView
from integration.api.views.orders import (
    OrderView,
    ShipmentView,
    UnfitNumberView,
    ValidateOrderView,
)
from integration.api.views.sellers import SellersView


# Swagger's style sheet draws its arrows with data: pictures, which hold no scripts.
@method_decorator(csp_update({"img-src": [SELF, "data:"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The description, to be read and tried."""


def both(route: str, view: Any, name: str = "", **options: Any) -> list[URLPattern]:
    """The schema shows the form with the slash."""
    return [
        path(f"{route}/", view.as_view(**options), name=name or None),
        path(route, view.as_view(**options, schema=None)),
    ]


urlpatterns = [
    *both("v1/sellers/<str:seller>/orders/<str:order_number>", OrderView),
    *both("v1/sellers/<str:seller>/orders/<str:order_number>/shipment", ShipmentView),
    *both("v1/sellers/<str:seller>/orders/<str:order_number>/validate", ValidateOrderView),
    path("v1/sellers/<str:seller>/orders/<path:order_number>", UnfitNumberView.as_view()),
    *both("v1/sellers/<str:seller>/listings/<path:sku>", ListingView),
    *both("v1/sellers/<str:seller>/listings", ListingBySkuView),
    *both("v1/sellers", SellersView),
    *both("v1/listings", ListingsView),
    *both("v1/orders", OrdersView),
    *both("v1/orders/bulk", BulkOrdersView),
    *both("v1/shipments/bulk", BulkShipmentsView),
    *both("v1/stock", StockView),
    *both("v1/products", ProductsView),
    *both("v1/changes", ChangesView),
    # The description itself is open to read.
    *both("schema", SpectacularJSONAPIView, "schema", authentication_classes=[]),
    *both("docs", DocsView, authentication_classes=[]),
    re_path(r"\A", NothingHere.as_view()),
]
