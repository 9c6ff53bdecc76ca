"""Products and stock levels, read-only; a level's page shows the ledger that explains it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from booon_console.lib import clock
from booon_console.lib.admin_parts import NONE, link, moment, money, plain, yes_or_no
from booon_console.lib.charts import sparkline
from integration.admin.base import ReadOnlyAdmin, SellerFilter
from integration.admin.exports import Exports
from integration.catalog import pull
from integration.models import Delivery, Product, StockEntry, StockLevel

LATEST_ENTRIES = 100
MOST_LOCATIONS = 100
KINDS = {
    "normal_product": "Single product",
    "combo_product": "Combo",
    "parent_product": "Parent of variants",
    "child_product": "Variant",
}
GONE = yes_or_no("gone", "gone from EasyEcom", "gone_at__isnull", is_yes=False)


@admin.register(StockLevel)
class StockLevelAdmin(Exports, ReadOnlyAdmin):
    change_form_template = "console/stock_level.html"
    list_display = [
        plain("sku", "SKU"),
        link("seller", "seller", "name"),
        link("location", "location"),
        "quantity",
        moment("updated_at", "changed"),
    ]
    list_filter = [SellerFilter]
    related = ("seller", "location")
    ordering = ["-updated_at", "-id"]
    search_sources = ((StockLevel, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        plain("sku", "SKU"),
        link("seller", "Seller"),
        link("location", "Location"),
        "quantity",
        "said_by_easyecom",
        moment("updated_at", "Changed"),
    ]

    @admin.display(description="EasyEcom said")
    def said_by_easyecom(self, level: StockLevel) -> str:
        return level.said or f"{level.quantity}"

    def facts(self, request: HttpRequest, row: StockLevel) -> dict[str, Any]:
        ledger = StockEntry.objects.filter(location=row.location_id, sku=row.sku)
        ledger = ledger.select_related("delivery").defer("delivery__body")
        entries = list(ledger.order_by("-id")[:LATEST_ENTRIES])
        steps = [(entry.at, entry.quantity) for entry in reversed(entries)]
        return {
            "entries": entries,
            "most": LATEST_ENTRIES,
            "line": sparkline(steps, clock.now()),
            "told_by": Delivery.objects.filter(pk=row.arrival).defer("body").first(),
            "product": Product.objects.filter(seller=row.seller_id, sku=row.sku).first(),
            "catalog_read_at": pull.read_at(row.seller_id),
        }


@admin.register(Product)
class ProductAdmin(Exports, ReadOnlyAdmin):
    change_form_template = "console/product.html"
    list_display = [
        plain("sku", "SKU"),
        "name",
        link("seller", "seller", "name"),
        "sort",
        "active",
        money("mrp", "MRP"),
        moment("seen_at", "read"),
    ]
    list_filter = [SellerFilter, yes_or_no("active", "active", "is_active"), GONE]
    related = ("seller", "location")
    ordering = ["-id"]
    search_sources = ((Product, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        plain("sku", "SKU"),
        plain("name", "Name"),
        link("seller", "Seller"),
        link("location", "Location"),
        "sort",
        plain("parent_sku", "Variant of SKU"),
        "active",
        plain("company_product_id", "EasyEcom's id in this company"),
        plain("product_id", "EasyEcom's product id"),
        plain("brand", "Brand"),
        plain("category", "Category"),
        money("mrp", "MRP"),
        money("cost", "Cost"),
        "tax",
        plain("ean", "EAN"),
        plain("hsn_code", "HSN code"),
        plain("weight_g", "Weight in g"),
        plain("length_cm", "Length in cm"),
        plain("width_cm", "Width in cm"),
        plain("height_cm", "Height in cm"),
        "parts",
        moment("changed_at", "Changed at EasyEcom"),
        moment("seen_at", "Read"),
        moment("gone_at", "Gone since"),
    ]

    def facts(self, request: HttpRequest, row: Product) -> dict[str, Any]:
        levels = StockLevel.objects.filter(seller=row.seller_id, sku=row.sku)
        known = levels.select_related("location").defer("location__token")
        return {"levels": known.order_by("location__location_key")[:MOST_LOCATIONS]}

    @admin.display(description="kind")
    def sort(self, product: Product) -> str:
        """In words; one that is not known here as EasyEcom says it."""
        return KINDS.get(product.kind, product.kind.replace("_", " ")) or NONE

    @admin.display(description="active", boolean=True)
    def active(self, product: Product) -> bool:
        return product.is_active

    @admin.display(description="Tax rate")
    def tax(self, product: Product) -> str:
        rate = product.tax_rate
        return NONE if rate is None else f"{(rate * 100).normalize():f} %"

    @admin.display(description="Components")
    def parts(self, product: Product) -> str:
        named = [part for part in product.components if isinstance(part, dict)]
        return ", ".join(f"{part.get('quantity')} × {part.get('sku')}" for part in named) or NONE
