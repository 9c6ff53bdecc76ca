"""What a retry or replay is likely to come to, as columns that the database works out for each row.

An order's facts are fixed once it was sent, so what EasyEcom refused it refuses again, unless a
product or the shipment details changed since, or the dictionary says that trying again helps.
"""

from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models import When as If

from integration.models import (
    ApiCall,
    ErrorMessage,
    Order,
    OrderLine,
    OrderReason,
    ParkedLine,
    Product,
    Stage,
)
from integration.models.reasons import with_nothing_to_send
from integration.models.sync import is_held
from sellers.models import LoginTrouble

# Why a row would end as it did before. What passes by itself is none of these.
SENTENCES = {
    "held": "It is held.",
    "location_not_live": "Its location is still not live.",
    "credentials_refused": "EasyEcom still refuses the seller's log-in.",
    "rejected": "EasyEcom refused it, and nothing that it is told has changed since.",
    "nothing_to_send": "Nothing is left to be sent: it waits for Booon's AWB, or for its manifest.",
    "awb_conflict": "EasyEcom holds another AWB: somebody has to say which of the two it is.",
    "cancelled_at_easyecom": "EasyEcom has it, cancelled: another look would show the same.",
    "order_unknown": "Its order is still not here.",
    "same_body": "What could not be read in its body can't be read now.",
}
REFUSED = (OrderReason.REJECTED, OrderReason.AWB_REJECTED)
# Verdicts on the body itself, which no other row can change.
OF_THE_BODY = (
    *("not_an_object", "bad_text", "no_sku", "bad_level", "no_reference", "not_shipped"),
    *("too_many_lines", "wrong_shape", "not_utf8", "empty", "html", "too_deep", "not_json"),
    *("bad_number", "duplicate_key", "unstorable_text", "withdrawn_order"),
    *("batch_manifest", "tracking", "inventory_body", "order_body"),
)
NO_CALL, ONE_CALL, TWO_CALLS = (Value(count, output_field=IntegerField()) for count in range(3))


def of_job() -> dict[str, Any]:
    """Of a sync job: why it stands still, EasyEcom's words, why it would again, calls at least."""
    is_blocked = Q(order__isnull=False) & ~Q(order__blocked_reason="")
    refused = ApiCall.objects.filter(job=OuterRef("pk"), error__isnull=False).order_by("-pk")
    latest = Subquery(refused.values("error_id")[:1])
    return {
        "reason": Case(If(is_blocked, then=F("order__blocked_reason")), default=F("error_code")),
        "error_id": Case(If(order__blocked_reason__in=REFUSED, then=latest)),
        "outlook": job_outlook(),
        "calls": job_calls(),
    }


def job_outlook() -> Case:
    """The first that fits."""
    told_anew = product_changed() | Q(order__shipment__updated_at__gt=F("updated_at"))
    helps = ErrorMessage.objects.filter(pk=OuterRef("item_error_id"), known__is_retryable=True)
    is_refused = Q(order__blocked_reason__in=REFUSED)
    return Case(
        If(waits_for_others(), then=Value("nothing_to_send")),
        If(is_held(), then=Value("held")),
        If(order__isnull=False, location__live_at__isnull=True, then=Value("location_not_live")),
        If(location__login_trouble=LoginTrouble.REFUSED, then=Value("credentials_refused")),
        If(order__blocked_reason=OrderReason.AWB_CONFLICT, then=Value("awb_conflict")),
        If(
            order__blocked_reason=OrderReason.CANCELLED_AT_EASYECOM,
            then=Value("cancelled_at_easyecom"),
        ),
        If(is_refused & ~told_anew & ~Q(Exists(helps)), then=Value("rejected")),
        default=Value(""),
    )


def waits_for_others() -> Exists:
    return Exists(with_nothing_to_send().filter(pk=OuterRef("order")))


def product_changed() -> Q:
    """EasyEcom made or changed a product of the order's since the refusal."""
    skus = OrderLine.objects.filter(order=OuterRef(OuterRef("order_id"))).values("sku")
    of_seller = Product.objects.filter(seller=OuterRef("seller_id"), sku__in=skus)
    return Q(Exists(of_seller.filter(changed_at__gt=OuterRef("updated_at"))))


def job_calls() -> Case:
    """A look-up or a call; an order that is sent with its AWB waiting takes both calls at once."""
    is_new = Q(order__stage=Stage.RECEIVED, order__doubt="")
    return Case(
        If(waits_for_others(), then=NO_CALL),
        If(order__isnull=False, location__live_at__isnull=True, then=NO_CALL),
        If(is_new & Q(order__shipment__isnull=False), then=TWO_CALLS),
        default=ONE_CALL,
    )


def of_delivery() -> dict[str, Any]:
    """Of a delivery: why it was parked, and why it would be again. It takes no call."""
    unknown = ParkedLine.objects.filter(delivery=OuterRef("pk"), reason="unknown_order")
    its_seller = OuterRef("delivery__location__seller_id")
    found = Order.objects.filter(order_number=OuterRef("order_number"), seller_id=its_seller)
    is_unknown = Q(reason="unknown_order") & ~Q(Exists(unknown.filter(Exists(found))))
    return {
        "reason": F("reason"),
        "outlook": Case(
            If(is_unknown, then=Value("order_unknown")),
            If(reason__in=OF_THE_BODY, then=Value("same_body")),
            default=Value(""),
        ),
        "calls": NO_CALL,
    }
