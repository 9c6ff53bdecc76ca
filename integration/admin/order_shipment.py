"""The shipment details of an order: given, replaced, or EasyEcom's taken, by staff."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern

from booon_console.lib import clock
from booon_console.lib.spoken import distance
from integration.admin.base import ReadOnlyAdmin, posted
from integration.admin.order_forms import ReplaceAwbForm, ShipmentForm
from integration.models import Drain, Event, Order, ShipmentDetails
from integration.orders import awb_doubts, couriers, refusals, shipments
from integration.orders.facts import ShipmentFacts
from integration.orders.many_shipments import GivenShipment
from integration.orders.shipments import Replacement
from integration.sync import wakeup

SHIPMENT = "integration.change_shipmentdetails"
BUYER = "integration.read_buyer"


class ShipmentDoors(ReadOnlyAdmin):
    """What the doors of an order's admin stand on."""

    def shipment_doors(self) -> list[URLPattern]:
        return [
            self.door("shipment", self.give_shipment),
            self.door("use_awb", self.use_awb),
            self.door("replace_awb", self.replace_awb),
        ]

    @posted
    def give_shipment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, SHIPMENT)
        form = ShipmentForm(request.POST)
        if form.is_valid() and self.save_shipment(request, order, form):
            return HttpResponseRedirect(self.url_of(order))
        title = f"Shipment details of {order}"
        return self.page(
            request,
            "console/shipment.html",
            order,
            title=title,
            form=form,
            couriers=couriers.used(),
            verb="Replace it" if form.is_overtaken else "Save",
        )

    @posted
    def use_awb(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """EasyEcom's AWB is the parcel's: nothing is sent."""
        order = self.demand(request, object_id, SHIPMENT)
        facts = held_facts(order, request.POST.get("awb_number", ""))
        if facts is None:
            return self.settled_already(request, order)
        try:
            shipments.give_shipment(order, facts, actor=request.user.get_username())
        except refusals.Conflict as conflict:
            self.message_user(request, conflict.sentence, messages.ERROR)
        else:
            wakeup.after_commit(Drain.Kind.OUTBOX)
            self.message_user(request, f"Noted. The order travels under {facts['awb_number']}.")
        return HttpResponseRedirect(self.url_of(order))

    def replace_awb(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Another AWB is the parcel's: ours in the place of EasyEcom's, or a new one in the place
        of the one that EasyEcom took."""
        order = self.demand(request, object_id, SHIPMENT)
        shipment = getattr(order, "shipment", None)
        is_conflict = shipments.has_conflict(shipment, order)
        if shipment is None or not (is_conflict or shipments.is_replaceable(shipment, order)):
            return self.settled_already(request, order)
        form = ReplaceAwbForm(
            request.POST or None,
            initial=(shown_details(shipment) if is_conflict else {})
            | {"seen": shipments.version_of(shipment)},
            theirs=shipment.awbs_at_easyecom if is_conflict else [shipment.awb_number],
        )
        # Told first of all, also where a field is wrong: somebody may have decided otherwise.
        if form.data.get("seen", version(order)) != version(order):
            form.overtake(given_meanwhile(order), seen=version(order))
        elif form.is_valid() and self.save_shipment(request, order, form, form.replacement()):
            return HttpResponseRedirect(self.url_of(order))
        title = (
            f"Replace EasyEcom's AWB of {order}" if is_conflict else f"Replace the AWB of {order}"
        )
        return self.page(
            request,
            "console/replace_awb.html",
            order,
            title=title,
            form=form,
            couriers=couriers.used(),
            is_conflict=is_conflict,
        )

    def save_shipment(
        self,
        request: HttpRequest,
        order: Order,
        form: ShipmentForm,
        replacement: Replacement | None = None,
    ) -> bool:
        actor, facts = request.user.get_username(), form.facts()
        given = GivenShipment(order, facts)
        doubt = awb_doubts.doubts_of([given], couriers.used()).get(order.pk)
        try:
            is_new = shipments.give_shipment(
                order,
                facts,
                replacement=replacement,
                seen=form.cleaned_data.get("seen") or None,
                actor=actor,
            )
        except refusals.GivenMeanwhile:
            form.overtake(given_meanwhile(order), seen=version(order))
            return False
        except refusals.Conflict as conflict:
            field = conflict.field if conflict.field in form.fields else None
            form.add_error(field, conflict.sentence)
            return False
        wakeup.after_commit(Drain.Kind.OUTBOX)
        said = "Saved. EasyEcom gets them in their turn." if is_new else "Nothing was different."
        self.message_user(request, said)
        if is_new and doubt:
            self.message_user(request, f"Look again: {doubt}", messages.WARNING)
        return True

    def settled_already(self, request: HttpRequest, order: Order) -> HttpResponse:
        said = "It does not wait for that any more; nothing was changed."
        self.message_user(request, said, messages.WARNING)
        return HttpResponseRedirect(self.url_of(order))


def shown_details(shipment: ShipmentDetails | None) -> dict[str, str]:
    """Shipment details as a form shows them. Links are opened by a POST that is written down
    (documents.py), so they stand in no form: one that is left empty stays as it is."""
    return {name: getattr(shipment, name, "") for name in ("courier", "awb_number")}


def version(order: Order) -> str:
    return shipments.version_of(ShipmentDetails.objects.filter(order=order).first())


def given_meanwhile(order: Order) -> str:
    """Who gave which details, how long ago."""
    there = ShipmentDetails.objects.get(order=order)
    last = Event.objects.filter(order=order, kind="shipment").order_by("-pk").first()
    who = last.actor if last else "Somebody"
    since = distance(clock.now() - there.updated_at)
    return f"{who} gave {there.courier}, AWB {there.awb_number} {since}. Replace it?"


def held_facts(order: Order, awb_number: str) -> ShipmentFacts | None:
    """An AWB that EasyEcom holds in the place of ours, as shipment details; the links were ours."""
    shipment = getattr(order, "shipment", None)
    if not shipments.has_conflict(shipment, order):
        return None
    held_by = {held["awb_number"]: held["courier"] for held in shipment.at_easyecom or ()}
    if awb_number not in held_by:
        return None
    # Some accounts have a mail address there: docs/easyecom-contract.md#8-manifested.
    named = held_by[awb_number] if "@" not in held_by[awb_number] else ""
    return {
        "courier": named or shipment.courier,
        "awb_number": awb_number,
        "label_url": "",
        "invoice_url": "",
    }
