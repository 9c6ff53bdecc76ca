"""An order's way through EasyEcom: what to say next about it, and what the answer means.

Nothing here talks or waits. What a look-up proves is in `lookups`.
"""

from datetime import datetime

from django.conf import settings

from integration import easyecom
from integration.doubt import lookups
from integration.easyecom import Call, Kind, Outcome
from integration.models import (
    Doubt,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    Stage,
    SyncJob,
    record_event,
)
from integration.trouble import diagnosis, precedence
from sellers.models import CarrierRegistration

NOTHING_TO_DO = Rest(SyncJob.Status.SUCCEEDED)


def load(job: SyncJob) -> Order:
    """The order, locked until the transaction ends."""
    orders = Order.objects.select_for_update(of=("self",), no_key=True).select_related(
        "location__seller"
    )
    return orders.get(sync_job=job)


def next_call(order: Order, now: datetime) -> Call | Rest:
    """What to say to EasyEcom next about this order, if anything."""
    if order.stage == Stage.WITHDRAWN:
        return Rest(SyncJob.Status.CANCELLED)
    if not order.location.is_live:
        order.mark_blocked(precedence.while_not_live(order.location))
        return NOTHING_TO_DO
    if order.queue_id:
        return easyecom.get_queue_status(order.queue_id)
    if order.is_in_doubt:
        return easyecom.find_order(order.order_number)
    shipment = shipment_of(order) if order.stage == Stage.AWAITING_CARRIER else None
    if order.stage != Stage.RECEIVED and (shipment is None or shipment.assigned_at):
        return NOTHING_TO_DO
    carrier = company_carrier_id(order)
    if not carrier:
        order.mark_blocked(OrderReason.CARRIER_NOT_REGISTERED)
        return NOTHING_TO_DO
    return assign_awb(order, shipment, carrier) if shipment else create_order(order, carrier)


def create_order(order: Order, carrier: str) -> Call:
    """Always the same bytes for the same order: it may be sent again after doubt."""
    package = order.package or {}
    shipping = easyecom.Address(**order.shipping_address)
    billing = easyecom.Address(**order.billing_address) if order.billing_address else shipping
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
                    sku=line.sku,
                    name=line.name,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    discount=line.discount,
                )
                for line in order.lines.all()
            ),
            shipping=shipping,
            billing=billing,
            weight_g=package.get("weight_g"),
            length_cm=package.get("length_cm"),
            width_cm=package.get("width_cm"),
            height_cm=package.get("height_cm"),
        )
    )


def assign_awb(order: Order, shipment: ShipmentDetails, carrier: str) -> Call:
    return easyecom.assign_awb(
        order.easyecom_invoice_id,
        shipment.courier,
        shipment.awb_number,
        carrier,
        label_url=shipment.label_url,
        invoice_url=shipment.invoice_url,
    )


def company_carrier_id(order: Order) -> str:
    """Of its location; "" where Booon's carrier is not registered, as once it is another."""
    registered = CarrierRegistration.objects.filter(
        location_key=order.location.location_key,
        carrier_id=settings.EASYECOM_CARRIER_ID,
        state=CarrierRegistration.State.REGISTERED,
    )
    return registered.values_list("company_carrier_id", flat=True).first() or ""


def shipment_of(order: Order) -> ShipmentDetails | None:
    return ShipmentDetails.objects.filter(order=order).first()


def begin(order: Order, call: Call, now: datetime) -> None:
    """Runs with the opening of the call's row: from here on the facts it carries are fixed."""
    if call.kind is Kind.CREATE_ORDER and order.push_begun_at is None:
        order.change(push_begun_at=now)
    elif call.kind is Kind.ASSIGN_AWB:
        ShipmentDetails.objects.filter(order=order).update(assign_begun_at=now)


def settle(order: Order, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    """Write what EasyEcom's answer means. None: ask next_call again."""
    match kind:
        case Kind.CREATE_ORDER if order.stage == Stage.RECEIVED:
            return settle_push(order, outcome, now)
        case Kind.ASSIGN_AWB if order.stage == Stage.AWAITING_CARRIER:
            return settle_assignment(order, outcome, now)
        case Kind.FIND_ORDER if order.is_in_doubt and isinstance(outcome, easyecom.Done):
            return lookups.settle(order, outcome.reply, now)
        case Kind.GET_QUEUE_STATUS if order.queue_id and not is_put_off(outcome):
            return lookups.settle_queue(order, outcome, now)
    # A manifest may have overtaken the call; then there is nothing left to be blocked.
    moves = order.stage in (Stage.RECEIVED, Stage.AWAITING_CARRIER)
    if moves and not isinstance(outcome, easyecom.Done):
        reason = diagnosis.order_reason(outcome, order.location)
        # Other troubles of a look-up pass, and the doubt is what is told.
        if not order.is_in_doubt or reason == OrderReason.CREDENTIALS_REFUSED:
            order.mark_blocked(reason, diagnosis.detail(outcome))
    return None


def settle_push(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.OrderCreated() as created) if created.invoice_id:
            lookups.mark_pushed(order, created.order_id, created.invoice_id, now)
        case easyecom.Done(easyecom.OrderCreated() as created):
            order.change(easyecom_order_id=created.order_id)
            return doubt(order, Doubt.ACCEPTED, outcome, now)
        case easyecom.Done(easyecom.OrderQueued() as queued):
            order.change(queue_id=queued.queue_id)
            return doubt(order, Doubt.ACCEPTED, outcome, now)
        case easyecom.Rejected(message):
            order.mark_in_doubt(Doubt.REJECTED, now, message)
        case easyecom.AlreadyExists(message):
            order.mark_in_doubt(Doubt.EXISTS, now, message)
        case easyecom.OutcomeUnknown():
            return doubt(order, Doubt.UNKNOWN, outcome, now)
        case _:
            order.mark_blocked(
                diagnosis.order_reason(outcome, order.location), diagnosis.detail(outcome)
            )
    return None


def settle_assignment(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done():
            lookups.mark_assigned(order, now)
        case easyecom.Rejected(message) | easyecom.AlreadyExists(message):
            order.mark_in_doubt(Doubt.AWB_REJECTED, now, message)
        case easyecom.OutcomeUnknown():
            return doubt(order, Doubt.AWB_UNKNOWN, outcome, now)
        case _:
            # Nothing reached EasyEcom, so Booon may still change the details.
            ShipmentDetails.objects.filter(order=order).update(assign_begun_at=None)
            order.mark_blocked(
                diagnosis.order_reason(outcome, order.location), diagnosis.detail(outcome)
            )
    return None


def doubt(order: Order, cause: Doubt, outcome: Outcome, now: datetime) -> Rest:
    """EasyEcom may have done it: wait a quiet while, then look."""
    message = diagnosis.detail(outcome)
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
