"""An order's way through EasyEcom: what to say next about it, and what the answer means.

Nothing here talks or waits: it decides on what `loading` brought. What a look-up proves is in
`lookups`.
"""

from dataclasses import asdict
from datetime import datetime

from django.conf import settings

from integration import easyecom
from integration.easyecom import Call, Kind, Outcome
from integration.models import (
    TAKES_AWB,
    Doubt,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    Stage,
    SyncJob,
    reasons,
    record_event,
)
from integration.orders import loading, lookups, rows
from integration.orders.addresses import sent_addresses
from integration.orders.loading import carrier_of, shipment_of, spelled_lines
from integration.sync import outcome_reasons

BUYER_ERASED = "The buyer's data was erased, so the order has no address to be sent to."
load, lock, load_beside = loading.load, loading.lock, loading.load_beside
NOTHING_TO_DO = Rest(SyncJob.Status.SUCCEEDED)
# Told even of an order that is only looked up: no look comes through.
OF_THE_API_USER = (OrderReason.CREDENTIALS_REFUSED, OrderReason.ACCESS_FORBIDDEN)


def next_call(order: Order, now: datetime) -> Call | Rest:
    """What to say to EasyEcom next about this order, if anything."""
    if order.stage == Stage.WITHDRAWN:
        return Rest(SyncJob.Status.CANCELLED)
    if not order.location.is_live:
        order.mark_blocked(reasons.while_not_live(order.location))
        return NOTHING_TO_DO
    if order.queue_id:
        return easyecom.get_queue_status(order.queue_id)
    if order.is_in_doubt or order.cancelled_at_easyecom:
        return easyecom.find_order(order.order_number)
    shipment = shipment_of(order) if order.stage in TAKES_AWB else None
    if not order.has_call_to_make(shipment):
        return NOTHING_TO_DO
    carrier = carrier_of(order.location)
    if not carrier:
        order.mark_blocked(OrderReason.CARRIER_NOT_REGISTERED)
        return NOTHING_TO_DO
    if order.buyer_erased_at and not shipment:
        # It was cancelled there, and somebody said since that it is not there.
        return Rest(SyncJob.Status.FAILED, None, "buyer_erased", BUYER_ERASED)
    if shipment and order.may_have_awb:
        lookups.doubt_awb(order, now)
        return easyecom.find_order(order.order_number)
    return assign_awb(order, shipment, carrier) if shipment else create_order(order, carrier)


def create_order(order: Order, carrier: str) -> Call:
    """Always the same bytes for the same revision: it may be sent again after doubt."""
    package = order.package or {}
    shipping, billing = (easyecom.Address(**each) for each in both_addresses(order))
    return easyecom.create_order(
        easyecom.NewOrder(
            order_number=order.order_number,
            marketplace_id=settings.EASYECOM_MARKETPLACE_ID,
            ordered_at=order.ordered_at,
            expected_delivery_at=order.expected_delivery_at,
            payment_mode="cod" if order.payment_mode == Order.Payment.COD else "prepaid",
            collectable_amount=order.collectable_amount,
            payment_gateway=order.payment_gateway,
            payment_transaction_id=order.payment_transaction_id,
            shipping_charge=order.shipping_charge,
            discount=order.discount,
            market_shipped=settings.EASYECOM_MARKET_SHIPPED,
            company_carrier_id=carrier,
            lines=tuple(
                easyecom.NewOrderLine(
                    line_id=line.line_id,
                    sku=sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    discount=line.discount,
                )
                for line, sku in spelled_lines(order)
            ),
            shipping=shipping,
            billing=billing,
            gst_number=order.buyer_gstin,
            weight_g=package.get("weight_g"),
            length_cm=package.get("length_cm"),
            width_cm=package.get("width_cm"),
            height_cm=package.get("height_cm"),
        )
    )


def both_addresses(order: Order) -> tuple[dict[str, str], dict[str, str]]:
    """Where the parcel goes, and who pays: the same where nobody else is named."""
    shipping, billing = sent_addresses(order)
    return shipping, billing or shipping


def assign_awb(order: Order, shipment: ShipmentDetails, carrier: str) -> Call:
    return easyecom.assign_awb(
        order.easyecom_invoice_id,
        shipment.courier,
        shipment.awb_number,
        carrier,
        label_url=shipment.label_url,
        invoice_url=shipment.invoice_url,
    )


def has_awb_to_give(order: Order) -> bool:
    return order.stage in TAKES_AWB and order.has_call_to_make(shipment_of(order))


def begin(order: Order, call: Call, now: datetime) -> None:
    """Runs with the opening of the call's row: from here on the facts it carries stay."""
    if call.kind is Kind.CREATE_ORDER and order.push_begun_at is None:
        order.change(push_begun_at=now)
    elif call.kind is Kind.ASSIGN_AWB:
        lookups.begin_details(order, now)


def settle(order: Order, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    """Write what EasyEcom's answer means. None: ask next_call again."""
    match kind:
        case Kind.CREATE_ORDER if order.stage == Stage.RECEIVED:
            return settle_push(order, outcome, now)
        case Kind.ASSIGN_AWB if has_awb_to_give(order):
            return settle_assignment(order, outcome, now)
        case Kind.FIND_ORDER if isinstance(outcome, easyecom.Done):
            return lookups.settle(order, outcome.reply, now)
        case Kind.GET_QUEUE_STATUS if order.queue_id and not is_put_off(outcome):
            return lookups.settle_queue(order, outcome, now)
        case Kind.FIND_ORDER | Kind.GET_QUEUE_STATUS:
            rest = lookups.settle_unclear(order, outcome, now)
            if rest is not None:
                return rest
    # A manifest may have overtaken the call; then there is nothing left to be blocked.
    moves = order.stage in (Stage.RECEIVED, Stage.AWAITING_CARRIER) or has_awb_to_give(order)
    if moves and not isinstance(outcome, easyecom.Done):
        reason = outcome_reasons.order_reason(outcome, order.location)
        # Other troubles of a look-up pass, and the doubt is what is told.
        is_only_looked_up = order.is_in_doubt or order.cancelled_at_easyecom is not None
        if not is_only_looked_up or reason in OF_THE_API_USER:
            order.mark_blocked(reason, outcome_reasons.detail(outcome))
    return None


def settle_push(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.OrderCreated() as created) if created.invoice_id:
            rows.mark_pushed(order, created.order_id, created.invoice_id, now)
        case easyecom.Done(easyecom.OrderCreated() as created):
            order.change(easyecom_order_id=created.order_id)
            return doubt(order, Doubt.ACCEPTED, outcome, now)
        case easyecom.Done(easyecom.OrderQueued() as queued):
            order.change(queue_id=queued.queue_id)
            return doubt(order, Doubt.ACCEPTED, outcome, now)
        case easyecom.Rejected() | easyecom.OutcomeUnknown() if order.doubt in lookups.PROVEN:
            # A late answer knew more.
            return lookups.look_again(order)
        case easyecom.Rejected(message, lines):
            order.change(refused_lines=[asdict(line) for line in lines], refusal_file="")
            order.mark_in_doubt(Doubt.REJECTED, now, message)
        case easyecom.AlreadyExists(message):
            order.mark_in_doubt(Doubt.EXISTS, now, message)
        case easyecom.OutcomeUnknown():
            return doubt(order, Doubt.UNKNOWN, outcome, now)
        case _:
            order.mark_blocked(
                outcome_reasons.order_reason(outcome, order.location),
                outcome_reasons.detail(outcome),
            )
    return None


def settle_assignment(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done():
            rows.mark_assigned(order, now)
        case easyecom.Rejected(message) | easyecom.AlreadyExists(message):
            order.mark_in_doubt(Doubt.AWB_REJECTED, now, message)
        case easyecom.OutcomeUnknown():
            return doubt(order, Doubt.AWB_UNKNOWN, outcome, now)
        case _:
            # Nothing reached EasyEcom, so Booon may still change the details.
            lookups.open_details(order)
            order.mark_blocked(
                outcome_reasons.order_reason(outcome, order.location),
                outcome_reasons.detail(outcome),
            )
    return None


def doubt(order: Order, cause: Doubt, outcome: Outcome, now: datetime) -> Rest:
    """EasyEcom may have done it: wait a quiet while, then look."""
    message = outcome_reasons.detail(outcome)
    order.mark_in_doubt(cause, now, message)
    order.mark_blocked(OrderReason.IN_DOUBT, message)
    record_event("in_doubt", f"{cause.label}. {message}", at=now, order=order)
    return lookups.look_again(order)


def is_put_off(outcome: Outcome) -> bool:
    """Whether nothing was learnt, so that the same call is due later."""
    return isinstance(
        outcome,
        easyecom.NotSent | easyecom.RateLimited | easyecom.AuthRefused | easyecom.OutcomeUnknown,
    )
