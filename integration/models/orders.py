"""Booon's orders and their lines: facts as given, and how far they got."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from booon_console.lib import clock
from integration.models import unit_of_work
from integration.models.order_states import TAKES_AWB, Doubt, OrderReason, Stage
from sellers.models import Location, Seller

if TYPE_CHECKING:
    from integration.models.shipments import ShipmentDetails


class Orders(models.QuerySet["Order"]):
    def with_call_to_make(self) -> Orders:
        """Those that something has still to be said about to EasyEcom, as `has_call_to_make`."""
        to_send = Q(shipment__assigned_at__isnull=True) | Q(shipment__has_new_links=True)
        has_awb = Q(stage__in=TAKES_AWB, shipment__isnull=False)
        return self.filter(Q(stage=Stage.RECEIVED) | (has_awb & to_send))


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
    # What EasyEcom gets of the addresses otherwise than given, {"shipping": {}, "billing": {}} by
    # field; null in rows that are older than this column.
    sent_as = models.JSONField(null=True, blank=True, editable=False)
    buyer_gstin = models.CharField(max_length=15, blank=True, default="", db_default="")
    # Since when what names the buyer is blank here; new facts bring it anew. See
    # docs/decisions/0051-peoples-data.md.
    buyer_erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of the last ten digits of the buyer's number, and of the ends of their name, keyed:
    # orders.buyer_digests.
    phone_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    name_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    package = models.JSONField(null=True, blank=True)
    # Of the parsed body: tells "the same again" from "changed".
    fingerprint = models.CharField(max_length=64, editable=False)
    # Of the body that Booon gave last, where staff mended the order since: to give it again is no
    # change.
    given_fingerprint = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    # Counts the changes of its facts. Every call to EasyEcom names the one that it was made for.
    revision = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    stage = models.CharField(max_length=20, choices=Stage, default=Stage.RECEIVED, db_index=True)
    stage_since = models.DateTimeField(default=timezone.now, editable=False)
    blocked_reason = models.CharField(
        max_length=32, choices=OrderReason, blank=True, default="", db_index=True
    )
    blocked_detail = models.CharField(max_length=500, blank=True, default="")
    # Of the reason that stands; what it holds without one means nothing.
    blocked_since = models.DateTimeField(null=True, blank=True, editable=False)
    # What EasyEcom said of single lines as it refused the order, [{"line_id", "sku", "message"}],
    # and the file that says why; both mean nothing while another reason stands.
    refused_lines = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    refusal_file = models.URLField(max_length=1000, blank=True, default="", db_default="")
    # EasyEcom holds another order under the number of this one, which is withdrawn.
    is_number_spent = models.BooleanField(default=False, db_default=False, editable=False)
    # Set in the transaction that opens the first Create Order of this revision.
    push_begun_at = models.DateTimeField(null=True, blank=True, editable=False)
    pushed_at = models.DateTimeField(null=True, blank=True, editable=False)
    doubt = models.CharField(max_length=16, choices=Doubt, blank=True, default="")
    doubt_since = models.DateTimeField(null=True, blank=True, editable=False)
    doubt_message = models.CharField(max_length=500, blank=True, default="", editable=False)
    look_ups = models.PositiveIntegerField(default=0, editable=False)
    queue_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    easyecom_order_id = models.CharField(max_length=32, blank=True, default="", db_index=True)
    easyecom_invoice_id = models.CharField(max_length=32, blank=True, default="", db_index=True)
    # EasyEcom may have an AWB of it that this database does not know of: what Booon gives next is
    # looked up before it is sent.
    may_have_awb = models.BooleanField(default=False, db_default=False, editable=False)
    # When it was cancelled at EasyEcom, as far as that is known; empty while it is open there.
    cancelled_at_easyecom = models.DateTimeField(null=True, blank=True, editable=False)
    # Of which lines pieces are cancelled there, [{"sku", "quantity", "cancelled", "shipped"}].
    cancelled_lines = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), editable=False
    )
    # Where else it is at EasyEcom, or that it is on hold there, as the last look showed it.
    easyecom_note = models.CharField(
        max_length=300, blank=True, default="", db_default="", editable=False
    )
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

    objects = Orders.as_manager()

    class Meta:
        permissions = [
            ("resolve_order_doubt", "Can say what EasyEcom has of an order in doubt"),
            ("import_order", "Can import orders from a file"),
            ("read_buyer", "Can read buyers' names and addresses"),
            ("erase_buyer", "Can erase and export what is held about a buyer"),
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
            models.Index(fields=["created_at"], name="order_created"),
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
            models.Index(
                fields=["stage_since"],
                name="order_buyer_kept",
                condition=Q(buyer_erased_at__isnull=True, stage__in=["manifested", "withdrawn"]),
            ),
            models.Index(
                fields=["cancelled_at_easyecom"],
                name="order_cancelled_buyer_kept",
                condition=Q(buyer_erased_at__isnull=True, cancelled_at_easyecom__isnull=False),
            ),
            models.Index(
                fields=["phone_digest"], name="order_phone", condition=~Q(phone_digest="")
            ),
            models.Index(fields=["name_digest"], name="order_name", condition=~Q(name_digest="")),
        ]

    def __str__(self) -> str:
        return self.order_number

    @property
    def is_in_doubt(self) -> bool:
        return self.doubt != Doubt.NONE

    def has_call_to_make(self, shipment: ShipmentDetails | None) -> bool:
        """Whether it has to be created at EasyEcom, or given the AWB of its `shipment` there."""
        if self.stage in TAKES_AWB:
            return shipment is not None and shipment.is_to_send
        return self.stage == Stage.RECEIVED

    @property
    def blocked_message(self) -> str:
        """The sentence for people, EasyEcom's own words at its end; "" when nothing is wrong."""
        if not self.blocked_reason:
            return ""
        return " ".join(filter(None, [OrderReason(self.blocked_reason).label, self.blocked_detail]))

    @property
    def blocked_lines(self) -> list[dict[str, str]]:
        """What EasyEcom says of single lines, while it is refused for them."""
        return self.refused_lines if self.blocked_reason == OrderReason.REJECTED else []

    @property
    def blocked_file(self) -> str:
        """EasyEcom's file that says why, while it is refused; "" where there is none."""
        return self.refusal_file if self.blocked_reason == OrderReason.REJECTED else ""

    @property
    def refusal_words(self) -> list[str]:
        """EasyEcom's own words, as the error dictionary knows them: of each line, else its one."""
        said = [line["message"] for line in self.blocked_lines] or [self.blocked_detail]
        return list(dict.fromkeys(filter(None, said)))

    def change(self, **fields: object) -> None:
        """Set and save just these columns, and `updated_at`."""
        for name, value in fields.items():
            setattr(self, name, value)
        unit_of_work.save(self, *fields, "updated_at")

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
