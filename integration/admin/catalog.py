"""Booon's listings, the SKUs that no product has, and the pulls that bring the products."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from booon_console.lib.admin_parts import (
    badge,
    link,
    link_to,
    moment,
    money,
    one_of,
    outward,
    plain,
    yes_or_no,
)
from booon_console.lib.search import CAP
from integration.admin import actions as admin_actions
from integration.admin.actions import said_of_catalogs
from integration.admin.base import ReadOnlyAdmin, SellerFilter
from integration.admin.exports import Exports
from integration.models import (
    Listing,
    ProductPull,
    UnmappedSku,
)
from sellers.models import Location


@admin.register(Listing)
class ListingAdmin(Exports, ReadOnlyAdmin):
    list_display = [
        plain("sku", "SKU"),
        "title",
        link("seller", "seller", "name"),
        money("price", "price"),
        money("mrp", "MRP"),
        "active",
        "matched",
        moment("updated_at", "changed"),
    ]
    list_filter = [
        yes_or_no(
            "unmatched",
            "EasyEcom's product",
            "product__isnull",
            yes="None: unmatched",
            no="Matched",
        ),
        SellerFilter,
    ]
    related = ("seller", "product")
    ordering = ["-id"]
    search_sources = ((Listing, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        plain("sku", "SKU"),
        "title",
        link("seller", "Seller"),
        "matched",
        money("price", "Price"),
        money("mrp", "MRP"),
        "active",
        "image",
        moment("created_at", "Since"),
        moment("updated_at", "Changed"),
    ]

    @admin.display(description="active", boolean=True)
    def active(self, listing: Listing) -> bool:
        return listing.is_active

    @admin.display(description="EasyEcom's product")
    def matched(self, listing: Listing) -> str:
        return link_to(listing.product) if listing.product else badge("bad", "unmatched")

    @admin.display(description="Image")
    def image(self, listing: Listing) -> str:
        return outward(listing.image_url)


@admin.register(UnmappedSku)
class UnmappedSkuAdmin(Exports, ReadOnlyAdmin):
    list_display = [
        plain("sku", "SKU"),
        link("seller", "seller", "name"),
        link("location", "location"),
        "named_by",
        moment("named_at", "first named"),
    ]
    list_filter = [one_of("source", UnmappedSku.Source.choices, "named by"), SellerFilter]
    related = ("seller", "location", "order", "delivery")
    ordering = ["-id"]
    search_sources = ((UnmappedSku, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        plain("sku", "SKU"),
        link("seller", "Seller"),
        link("location", "Location"),
        "named_by",
        moment("named_at", "First named"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnmappedSku]:
        # A page of bodies, of which none is shown.
        return super().get_queryset(request).defer("delivery__body")

    @admin.display(description="named by")
    def named_by(self, unmapped: UnmappedSku) -> str:
        return link_to(unmapped.order or unmapped.delivery)


@admin.register(ProductPull)
class ProductPullAdmin(ReadOnlyAdmin):
    list_display = [
        link("location", "location"),
        "standing",
        moment("watermark", "read up to"),
        moment("full_began_at", "read whole"),
        "pages",
        "products",
        "skipped",
        "gone",
    ]
    list_display_links = ["standing"]
    list_filter = [yes_or_no("under_way", "under way", "began_at__isnull", is_yes=False)]
    seller_path = "location__seller"
    related = ("location",)
    ordering = ["-location_id"]
    search_sources = ((Location, "location_key", "pk"),)
    search_help_text = "The beginning of a location key."
    actions = ["read_whole"]
    fields = [
        link("location", "Location"),
        "standing",
        moment("began_at", "Under way since"),
        moment("ended_at", "Last ended"),
        moment("watermark", "Read up to"),
        moment("full_began_at", "Read whole"),
        "pages",
        "products",
        "skipped",
        "gone",
    ]

    @admin.display(description="pull")
    def standing(self, pull: ProductPull) -> str:
        kind = "full" if pull.is_full else "incremental"
        if pull.began_at:
            return badge("wait", f"{kind}, under way")
        return badge("wait", "full, asked for") if pull.full_wanted else badge("good", "at rest")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return admin_actions.may(request, admin_actions.RETRY)

    @admin.action(description="Read the whole catalog", permissions=["retry"])
    def read_whole(self, request: HttpRequest, queryset: QuerySet[ProductPull]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[:CAP])
        actor = request.user.get_username()
        count = admin_actions.read_catalogs(Location.objects.filter(pk__in=chosen), actor=actor)
        self.message_user(request, said_of_catalogs(count))
