"""EasyEcom's products as pulled, and stock levels with the ledger that explains them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integration.models.deliveries import Delivery
from sellers.models import Location, Seller


class Product(models.Model):
    """One SKU of a seller's EasyEcom product master. Says nothing about stock."""

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="products")
    # Where it was last read.
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="products")
    sku = models.CharField(max_length=255, db_index=True)
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
    """

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stock_levels")
    sku = models.CharField(max_length=255, db_index=True)
    quantity = models.PositiveIntegerField()
    previous = models.PositiveIntegerField(null=True, blank=True)
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
    """The ledger: one row for every change of a level, with the line that caused it."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    previous = models.PositiveIntegerField(null=True, blank=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="stock_entries")
    line = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stock entries"
        indexes = [models.Index(fields=["location", "sku", "-id"], name="entry_sku")]

    def __str__(self) -> str:
        return f"{self.sku}: {self.previous} → {self.quantity}"
