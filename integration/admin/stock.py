"""Products and stock levels, read-only; a level's page shows the ledger that explains it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import link, moment, yes_or_no
from integration.models import Product, StockEntry, StockLevel
from sellers.filters import SellerFilter

LATEST_ENTRIES = 100
GONE = yes_or_no("gone", "gone from EasyEcom", "gone_at__isnull", is_yes=False)


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    change_form_template = "console/stock_level.html"
    list_display = [
        "sku",
        link("seller", "seller", "name"),
        link("location", "location"),
        "quantity",
        "previous",
        moment("updated_at", "changed"),
    ]
    list_filter = [SellerFilter]
    related = ("seller", "location")
    ordering = ["-updated_at", "-id"]
    search_sources = ((StockLevel, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        "sku",
        link("seller", "Seller"),
        link("location", "Location"),
        "quantity",
        "previous",
        moment("updated_at", "Changed"),
    ]

    def facts(self, request: HttpRequest, row: StockLevel) -> dict[str, Any]:
        entries = StockEntry.objects.filter(location=row.location_id, sku=row.sku)
        return {"entries": entries.order_by("-id")[:LATEST_ENTRIES], "most": LATEST_ENTRIES}


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = [
        "sku",
        "name",
        link("seller", "seller", "name"),
        "kind",
        "is_active",
        "mrp",
        moment("seen_at", "read"),
    ]
    list_filter = [SellerFilter, yes_or_no("active", "active", "is_active"), GONE]
    related = ("seller", "location")
    ordering = ["-id"]
    search_sources = ((Product, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        "sku",
        "name",
        link("seller", "Seller"),
        link("location", "Location"),
        ("kind", "parent_sku", "is_active"),
        ("company_product_id", "product_id"),
        ("brand", "category"),
        ("mrp", "cost", "tax_rate"),
        ("ean", "hsn_code"),
        ("weight_g", "length_cm", "width_cm", "height_cm"),
        "parts",
        moment("changed_at", "Changed at EasyEcom"),
        moment("seen_at", "Read"),
        moment("gone_at", "Gone since"),
    ]

    @admin.display(description="Components")
    def parts(self, product: Product) -> str:
        named = [part for part in product.components if isinstance(part, dict)]
        return ", ".join(f"{part.get('quantity')} × {part.get('sku')}" for part in named)
