"""EasyEcom's products as pulled and how far each pull is, stock levels with the ledger that
them; Booon's listings, and the SKUs without a product.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from integration.models.deliveries import Delivery
from integration.models.orders import Order
from sellers.models import Location, Seller

# A location that has not been pulled whole for so long speaks for no product any more.
MEMORY = timedelta(days=28)


class Product(models.Model):
    """One SKU of a seller's EasyEcom product master. Says nothing about stock."""

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="products")
    # Where it was last read.
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="products")
    sku = models.CharField(max_length=255, db_index=True)
    # In EasyEcom's own letters, where `sku` is written otherwise: what it is called there.
    spelled = models.CharField(max_length=255, blank=True, default="", db_default="")
    name = models.CharField(max_length=300, blank=True, default="")
    company_product_id = models.CharField(max_length=32, blank=True, default="")
    product_id = models.CharField(max_length=32, blank=True, default="")
    kind = models.CharField(max_length=32, blank=True, default="")
    # Of a variant, where EasyEcom gives it.
    parent_sku = models.CharField(max_length=255, blank=True, default="")
    is_active = models.BooleanField(default=True)
    mrp = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    # A fraction: 0.18 is 18 %.
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    weight_g = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    length_cm = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    width_cm = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    height_cm = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    ean = models.CharField(max_length=64, blank=True, default="")
    hsn_code = models.CharField(max_length=32, blank=True, default="")
    brand = models.CharField(max_length=200, blank=True, default="")
    category = models.CharField(max_length=200, blank=True, default="")
    image_url = models.URLField(max_length=1000, blank=True, default="")
    # A combo's parts: [{"sku", "quantity"}].
    components = models.JSONField(default=list, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()
    # When full pulls had stopped showing it; it comes back by being seen again.
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sku"], name="one_product_per_sku"),
            models.CheckConstraint(
                name="gone_product_is_inactive",
                condition=Q(gone_at__isnull=True) | Q(is_active=False),
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "id"], name="product_seller"),
            models.Index(fields=["-id"], name="product_gone", condition=Q(gone_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.sku


class StockLevel(models.Model):
    """How many of a SKU a location has to sell, and which delivery said so.

    (`arrival`, `line`) is that delivery's id and line: only a higher pair replaces the level.
    `said` is EasyEcom's number where it is none to sell by, such as -3; "" else.
    """

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stock_levels")
    sku = models.CharField(max_length=255, db_index=True)
    quantity = models.PositiveIntegerField()
    previous = models.PositiveIntegerField(null=True, blank=True)
    said = models.CharField(max_length=48, blank=True, default="", db_default="")
    arrival = models.PositiveBigIntegerField()
    line = models.PositiveIntegerField()
    # When the quantity last changed.
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "sku"], name="one_level_per_sku")
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="stock_updated"),
            models.Index(fields=["seller", "updated_at", "id"], name="stock_seller_updated"),
            models.Index(fields=["location", "updated_at", "id"], name="stock_location_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {self.quantity}"


class StockEntry(models.Model):
    """The ledger: one row for every change of a level, with the line that caused it.

    A row too for another number `said` of a level that stays, such as -3 of one at 0.
    """

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    previous = models.PositiveIntegerField(null=True, blank=True)
    said = models.CharField(max_length=48, blank=True, default="", db_default="")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="stock_entries")
    line = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stock entries"
        indexes = [models.Index(fields=["location", "sku", "-id"], name="entry_sku")]

    def __str__(self) -> str:
        return f"{self.sku}: {self.previous} → {self.quantity}"


class ProductPull(models.Model):
    """One row per location. The place itself, EasyEcom's next page, stands on the sync job.

    `began_at` is empty while no pull is under way. The counts are those of the pull under way,
    or of the last one.
    """

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, primary_key=True, related_name="product_pull"
    )
    # When the last pull that ended began: what changed before then is known.
    watermark = models.DateTimeField(null=True, blank=True)
    # When the last full pull that ended began.
    full_began_at = models.DateTimeField(null=True, blank=True)
    full_wanted = models.BooleanField(default=False)
    began_at = models.DateTimeField(null=True, blank=True)
    is_full = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    products = models.PositiveIntegerField(default=0)
    # Rows that could not be read.
    skipped = models.PositiveIntegerField(default=0)
    # Products that the last full pull found gone.
    gone = models.PositiveIntegerField(default=0)
    # A page once seen, to meet again where the pages go round (integration/sync/paging.py).
    milestone = models.TextField(blank=True, default="", editable=False)

    def __str__(self) -> str:
        return f"Product pull of {self.location_id}"


def pulled_since(seller_id: int, now: datetime) -> datetime:
    """From when on every live location has been pulled whole (docs/decisions/0011-the-catalog.md).

    One that never was speaks for what was seen since it is live. None holds the others up for
    longer than MEMORY.
    """
    live = Location.objects.filter(seller=seller_id, live_at__isnull=False)
    since = Coalesce("product_pull__full_began_at", "live_at")
    long_ago = now - MEMORY
    pulled = live.annotate(pulled=since).values_list("pulled", flat=True)
    return min((max(began, long_ago) for began in pulled), default=long_ago)


def gone_levels(location: Location, now: datetime) -> QuerySet[StockLevel]:
    """Levels above 0 whose SKU a whole product pull no longer shows; none before there was one.

    A level that changed since that pull began may be of a product that is newer than it.
    """
    if not ProductPull.objects.filter(location=location, full_began_at__isnull=False).exists():
        return StockLevel.objects.none()
    there = Product.objects.filter(
        seller=OuterRef("seller"), sku=OuterRef("sku"), gone_at__isnull=True
    )
    known = StockLevel.objects.filter(location=location, quantity__gt=0)
    pulled_at = pulled_since(location.seller_id, now)
    return known.filter(~Exists(there), updated_at__lt=pulled_at)


class Listing(models.Model):
    """One SKU of a seller as Booon sells it.

    `product` is EasyEcom's product of that SKU; empty where it has none, or none any more.
    """

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="listings")
    sku = models.CharField(max_length=255, db_index=True)
    title = models.CharField(max_length=300)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    mrp = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    image_url = models.URLField(max_length=1000, blank=True, default="")
    product = models.ForeignKey(
        Product, on_delete=models.SET_NULL, null=True, blank=True, related_name="listings"
    )
    created_at = models.DateTimeField()
    # When Booon last changed it; being matched is no change.
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sku"], name="one_listing_per_sku"),
            models.CheckConstraint(
                name="listing_within_mrp",
                condition=Q(mrp__isnull=True) | Q(mrp__gte=models.F("price")),
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="listing_updated"),
            models.Index(fields=["seller", "updated_at", "id"], name="listing_seller_updated"),
            models.Index(fields=["seller", "id"], name="listing_seller"),
            models.Index(
                fields=["-id"], name="listing_unmatched", condition=Q(product__isnull=True)
            ),
            models.Index(
                fields=["seller", "sku"],
                name="listing_unmatched_sku",
                condition=Q(product__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class UnmappedSku(models.Model):
    """A SKU that an order or a delivery named and that the seller's products lack.

    Kept once per source, with the first that named it; deleted when a product pull brings it.
    """

    class Source(models.TextChoices):
        ORDER = "order", "Order"
        DELIVERY = "delivery", "Delivery"

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    sku = models.CharField(max_length=255, db_index=True)
    source = models.CharField(max_length=16, choices=Source)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey(
        Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    named_at = models.DateTimeField()

    class Meta:
        verbose_name = "unmapped SKU"
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "sku", "source"], name="one_unmapped_sku_per_source"
            )
        ]
        indexes = [models.Index(fields=["seller", "-id"], name="unmapped_seller")]

    def __str__(self) -> str:
        return self.sku
