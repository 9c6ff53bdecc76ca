"""Booon's orders, their lines and shipment details: facts as given, and how far they got."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from booon_console import clock
from sellers.models import Location, Seller


class Stage(models.TextChoices):
    """How far an order is. Stages only rise; withdrawn is one of which EasyEcom has nothing."""

    RECEIVED = "received", "Received"
    AWAITING_CARRIER = "awaiting_carrier", "Awaiting carrier"
    CARRIER_ASSIGNED = "carrier_assigned", "Carrier assigned"
    MANIFESTED = "manifested", "Manifested"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Doubt(models.TextChoices):
    """What a look-up has to settle before anything else is sent about an order."""

    NONE = "", "—"
    UNKNOWN = "unknown", "Create Order had no clear answer"
    ACCEPTED = "accepted", "EasyEcom took the order but gave no ids"
    REJECTED = "rejected", "EasyEcom refused the order; one look-up shows whether it is there"
    EXISTS = "exists", "EasyEcom says that the order number exists"
    AWB_UNKNOWN = "awb_unknown", "Assign Shipment Details had no clear answer"
    AWB_REJECTED = "awb_rejected", "EasyEcom refused the shipment; one look-up shows what it holds"


class OrderReason(models.TextChoices):
    """Why an order does not move on. The labels are the sentences that people read."""

    LOCATION_NOT_LIVE = (
        "location_not_live",
        "Its location is not live yet. The order goes out as soon as it is.",
    )
    CARRIER_NOT_REGISTERED = (
        "carrier_not_registered",
        "Booon's carrier is not registered at its location, or that is in doubt.",
    )
    CREDENTIALS_REFUSED = (
        "credentials_refused",
        "EasyEcom refuses the seller's log-in. The order goes out once it is corrected.",
    )
    UNREACHABLE = "unreachable", "EasyEcom could not be reached. The next try comes by itself."
    RATE_LIMITED = "rate_limited", "EasyEcom's rate limit is reached. It goes on by itself."
    QUOTA_SPENT = (
        "quota_spent",
        "EasyEcom takes no more calls for this seller today. The order goes out by itself.",
    )
    HELD = "held", "Held on purpose: it goes out once the hold is released."
    IN_DOUBT = (
        "in_doubt",
        "EasyEcom may have it. The console looks before it sends anything again.",
    )
    NOT_FOUND = (
        "not_found",
        "EasyEcom may have it, but no look-up shows it. A person must look in Failed Orders.",
    )
    REJECTED = "rejected", "EasyEcom refused the order."
    NUMBER_TAKEN = (
        "number_taken",
        "EasyEcom says that this order number exists, but shows no such order.",
    )
    CONFLICT = "conflict", "EasyEcom holds a different order under this number."
    AWB_REJECTED = "awb_rejected", "EasyEcom refused the shipment details."
    AWB_CONFLICT = "awb_conflict", "EasyEcom holds another AWB for this order."
    AWB_LATE = "awb_late", "Booon has not given its carrier and AWB in time."
    NOT_MANIFESTED = (
        "not_manifested",
        "It has its carrier, and EasyEcom has not told of its manifest in time.",
    )


SENT_STAGES = (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED, Stage.MANIFESTED)


class Order(models.Model):
    """One order of Booon's for one seller. `order_number` goes to EasyEcom as it is, always."""

    class Payment(models.TextChoices):
        COD = "cod", "Cash on delivery"
        PREPAID = "prepaid", "Prepaid"

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="orders")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="orders")
    order_number = models.CharField(max_length=64, db_index=True)
    ordered_at = models.DateTimeField()
    expected_delivery_at = models.DateTimeField(null=True, blank=True)
    payment_mode = models.CharField(max_length=8, choices=Payment)
    collectable_amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    payment_gateway = models.CharField(max_length=100, blank=True, default="")
    payment_transaction_id = models.CharField(max_length=100, blank=True, default="")
    shipping_charge = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    shipping_address = models.JSONField()
    billing_address = models.JSONField(null=True, blank=True)
    package = models.JSONField(null=True, blank=True)
    # Of the parsed body: tells "the same again" from "changed".
    fingerprint = models.CharField(max_length=64, editable=False)

    stage = models.CharField(max_length=20, choices=Stage, default=Stage.RECEIVED, db_index=True)
    stage_since = models.DateTimeField(default=timezone.now, editable=False)
    blocked_reason = models.CharField(
        max_length=32, choices=OrderReason, blank=True, default="", db_index=True
    )
    blocked_detail = models.CharField(max_length=500, blank=True, default="")
    # Of the reason that stands; what it holds without one means nothing.
    blocked_since = models.DateTimeField(null=True, blank=True, editable=False)
    # Set in the transaction that opens the first Create Order: from here on the facts are fixed.
    push_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    pushed_at = models.DateTimeField(null=True, blank=True, editable=False)
    doubt = models.CharField(max_length=16, choices=Doubt, blank=True, default="")
    doubt_since = models.DateTimeField(null=True, blank=True, editable=False)
    doubt_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    look_ups = models.PositiveIntegerField(default=0, editable=False)
    queue_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    easyecom_order_id = models.CharField(max_length=32, blank=True, default="", db_index=True)
    easyecom_invoice_id = models.CharField(max_length=32, blank=True, default="", db_index=True)
    manifested_at = models.DateTimeField(null=True, blank=True, editable=False)
    manifest_number = models.CharField(max_length=100, blank=True, default="")
    manifest_label_url = models.URLField(max_length=1000, blank=True, default="")
    manifest_invoice_url = models.URLField(max_length=1000, blank=True, default="")
    # Compared with EasyEcom: asked for, due by itself, and how often that was done. See `checks`.
    check_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    checks = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [
            ("resolve_order_doubt", "Can say what EasyEcom has of an order in doubt"),
            ("import_order", "Can import orders from a file"),
            ("read_buyer", "Can read buyers' names and addresses"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "order_number"], name="one_order_per_number_and_seller"
            ),
            models.CheckConstraint(
                name="pushed_order_has_invoice_id",
                condition=~Q(stage__in=["awaiting_carrier", "carrier_assigned", "manifested"])
                | ~Q(easyecom_invoice_id=""),
            ),
            models.CheckConstraint(
                name="manifested_order_has_its_time",
                condition=~Q(stage="manifested") | Q(manifested_at__isnull=False),
            ),
            models.CheckConstraint(
                name="withdrawn_order_is_not_at_easyecom",
                condition=~Q(stage="withdrawn") | Q(doubt="", easyecom_invoice_id=""),
            ),
            models.CheckConstraint(
                name="order_doubt_has_a_beginning",
                condition=Q(doubt="", doubt_since__isnull=True)
                | (~Q(doubt="") & Q(doubt_since__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="order_updated"),
            models.Index(fields=["seller", "updated_at", "id"], name="order_seller_updated"),
            models.Index(fields=["stage", "updated_at", "id"], name="order_stage_updated"),
            models.Index(
                fields=["location", "check_asked_at"],
                name="order_check_asked",
                condition=Q(
                    check_asked_at__isnull=False,
                    stage__in=["awaiting_carrier", "carrier_assigned"],
                ),
            ),
            models.Index(
                fields=["location", "check_due_at"],
                name="order_check_due",
                condition=Q(
                    check_due_at__isnull=False,
                    stage__in=["awaiting_carrier", "carrier_assigned"],
                ),
            ),
            models.Index(
                fields=["location", "-pushed_at"],
                name="order_pushed",
                condition=Q(pushed_at__isnull=False),
            ),
            models.Index(
                fields=["manifested_at", "location"],
                name="order_manifested",
                condition=Q(manifested_at__isnull=False),
            ),
            models.Index(
                fields=["blocked_reason", "updated_at", "id"],
                name="order_reason_updated",
                condition=~Q(blocked_reason=""),
            ),
            models.Index(
                fields=["blocked_reason", "blocked_since"],
                name="order_reason_since",
                condition=~Q(blocked_reason=""),
            ),
            models.Index(fields=["stage", "stage_since"], name="order_stage_since"),
            models.Index(
                fields=["pushed_at"],
                name="order_pushed_when",
                condition=Q(pushed_at__isnull=False),
            ),
            models.Index(fields=["location"], name="order_unsent", condition=Q(stage="received")),
        ]

    def __str__(self) -> str:
        return self.order_number

    @property
    def is_in_doubt(self) -> bool:
        return self.doubt != Doubt.NONE

    @property
    def blocked_message(self) -> str:
        """The sentence for people, EasyEcom's own words at its end; "" when nothing is wrong."""
        if not self.blocked_reason:
            return ""
        return " ".join(filter(None, [OrderReason(self.blocked_reason).label, self.blocked_detail]))

    def change(self, **fields: object) -> None:
        """Set and save just these columns, and `updated_at`."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=[*fields, "updated_at"])

    def mark_in_doubt(self, doubt: Doubt, now: datetime, message: str = "") -> None:
        """Something may have happened at EasyEcom. A doubt that stands keeps its beginning."""
        self.change(
            doubt=doubt,
            doubt_since=self.doubt_since or now,
            doubt_message=message[:500],
            look_ups=self.look_ups if self.doubt == doubt else 0,
        )

    def clear_doubt(self) -> None:
        """Evidence, or a permitted person's word, has settled it."""
        if not self.is_in_doubt:
            return
        self.change(doubt=Doubt.NONE, doubt_since=None, doubt_message="", look_ups=0, queue_id="")

    def mark_blocked(self, reason: OrderReason | str, detail: str = "") -> None:
        if (self.blocked_reason, self.blocked_detail) == (reason, detail[:500]):
            return
        if self.blocked_reason != reason:
            self.blocked_since = clock.now()
        self.change(
            blocked_reason=reason,
            blocked_detail=detail[:500],
            blocked_since=self.blocked_since,
        )


def because(reason: OrderReason, now: datetime) -> dict[str, object]:
    """The columns that give many orders a reason; where it stands it keeps its beginning."""
    since = Case(When(blocked_reason=reason, then=F("blocked_since")), default=Value(now))
    return {"blocked_reason": reason, "blocked_since": since, "updated_at": now}


class OrderLine(models.Model):
    """One line of an order; `unit_price` with tax, `discount` for the whole line."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    line_id = models.CharField(max_length=100)
    sku = models.CharField(max_length=255, db_index=True)
    name = models.CharField(max_length=300, blank=True, default="")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    discount = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "line_id"], name="one_line_per_id"),
            models.CheckConstraint(name="line_has_quantity", condition=Q(quantity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class ShipmentDetails(models.Model):
    """Courier and AWB as Booon gave them; fixed from the moment they are on their way out."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="shipment")
    courier = models.CharField(max_length=100)
    awb_number = models.CharField(max_length=100, db_index=True)
    label_url = models.URLField(max_length=1000, blank=True, default="")
    invoice_url = models.URLField(max_length=1000, blank=True, default="")
    # The assign call that carries these very details; emptied when EasyEcom refused them.
    assign_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "shipment details"
        constraints = [
            models.UniqueConstraint(
                fields=["courier", "awb_number"], name="one_order_per_courier_and_awb"
            )
        ]
        indexes = [
            models.Index(
                fields=["assigned_at"],
                name="shipment_assigned_when",
                condition=Q(assigned_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.courier} {self.awb_number}"
