"""An order's courier and AWB, and those that gave way to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from integration.easyecom.plain_text import plain_number
from integration.models.orders import Order

PARCEL_LIMIT = 255


class ShipmentDetails(models.Model):
    """Courier and AWB as Booon gave them; fixed from the moment they are on their way out, until
    EasyEcom has taken them and somebody has them replaced.

    docs/decisions/0046-replaced-awbs.md
    """

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="shipment")
    courier = models.CharField(max_length=100)
    awb_number = models.CharField(max_length=100, db_index=True)
    # Both as they are compared. See `parcel_of`.
    parcel = models.CharField(max_length=PARCEL_LIMIT, default="", db_default="", editable=False)
    # Another order has this AWB now: couriers use numbers again, and this one's order is over.
    is_passed_on = models.BooleanField(default=False, db_default=False, editable=False)
    label_url = models.URLField(max_length=1000, blank=True, default="")
    invoice_url = models.URLField(max_length=1000, blank=True, default="")
    # The assign call that carries these very details; emptied when EasyEcom refused them.
    assign_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Links that came after EasyEcom took the AWB: it is sent once more, with them.
    has_new_links = models.BooleanField(default=False, db_default=False, editable=False)
    # What a look-up showed in its place, [{"courier", "awb_number"}]: nothing is sent until
    # somebody says which of them holds, or EasyEcom shows ours.
    at_easyecom = models.JSONField(null=True, blank=True, editable=False)
    # The AWB at EasyEcom that somebody said is to give way to this one.
    replaces = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "shipment details"
        constraints = [
            models.UniqueConstraint(
                fields=["parcel"],
                name="one_order_per_parcel",
                # A release from before `parcel` may still be at work while this one starts.
                condition=Q(is_passed_on=False) & ~Q(parcel=""),
            )
        ]
        indexes = [
            models.Index(
                fields=["assigned_at"],
                name="shipment_assigned_when",
                condition=Q(assigned_at__isnull=False),
            ),
            models.Index(
                fields=["order"],
                name="shipment_two_awbs",
                condition=Q(at_easyecom__isnull=False),
            ),
            models.Index(
                fields=["order"],
                name="shipment_to_send",
                condition=Q(assigned_at__isnull=True) | Q(has_new_links=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.courier} {self.awb_number}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Whoever saves courier or AWB saves `parcel` with it."""
        self.parcel = parcel_of(self.courier, self.awb_number)
        if update_fields is not None and not {"courier", "awb_number"}.isdisjoint(update_fields):
            update_fields = {*update_fields, "parcel"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def is_to_send(self) -> bool:
        """Whether EasyEcom has still to be told of it, or of its links."""
        return self.assigned_at is None or self.has_new_links

    @property
    def awbs_at_easyecom(self) -> list[str]:
        """The AWB numbers that EasyEcom shows in the place of this one."""
        return [other["awb_number"] for other in self.at_easyecom or ()]


class ReplacedAwb(models.Model):
    """An AWB that EasyEcom had for an order, and that somebody had replaced by another."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="replaced_awbs")
    courier = models.CharField(max_length=100, blank=True)
    awb_number = models.CharField(max_length=100, db_index=True)
    parcel = models.CharField(max_length=PARCEL_LIMIT, db_index=True)
    label_url = models.URLField(max_length=1000, blank=True, default="")
    invoice_url = models.URLField(max_length=1000, blank=True, default="")
    # Null where the seller gave it in EasyEcom, so that it was never ours.
    assigned_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField()
    # A user name, or "booon" (the API).
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.courier} {self.awb_number}"


def same_awb(one: str, other: str) -> bool:
    """Nobody means another parcel by other letters or blanks in between."""
    return compared(one) == compared(other)


def parcel_of(courier: str, awb_number: str) -> str:
    """What tells one parcel from another. AWB numbers are a courier's own."""
    return f"{compared(courier)}|{compared(awb_number)}"[:PARCEL_LIMIT]


def compared(code: str) -> str:
    """Without case and blanks, and without marks that nobody sees."""
    return "".join(plain_number(code).casefold().split())
