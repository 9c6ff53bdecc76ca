"""What Booon lists, and the SKUs that EasyEcom's product master has no product for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integration.models.catalog import Product
from integration.models.deliveries import Delivery
from integration.models.orders import Order
from sellers.models import Location, Seller


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
