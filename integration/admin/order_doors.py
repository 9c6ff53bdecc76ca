"""What staff may do with an order: each a POST of its own, with its own permission."""

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from booon_console import clock
from booon_console.admin_base import ReadOnlyAdmin
from integration import jobs
from integration.admin import asks, evidence
from integration.admin.buyer import whole
from integration.admin.order_forms import OrderWordForm, ShipmentForm
from integration.doubt import resolutions
from integration.doubt.resolutions import Word
from integration.entry import intake
from integration.models import Drain, Order, Stage, SyncJob

SHIPMENT = "integration.change_shipmentdetails"
WITHDRAW = "integration.change_order"
RESOLVE = "integration.resolve_order_doubt"
BUYER = "integration.read_buyer"
VIEW = "integration.view_order"
DONE = {
    Word.THERE: "Noted. The console goes on with that order.",
    Word.NOT_THERE: "Noted. The same order number goes out again.",
    Word.WITHDRAW: "Noted. The order is withdrawn.",
    Word.AWB_THERE: "Noted. The order has its carrier.",
    Word.AWB_NOT_THERE: "Noted. The shipment details go out again.",
}


class OrderDoors(ReadOnlyAdmin):
    """What the order's admin stands on."""

    def doors(self) -> list[URLPattern]:
        return [
            self.door("shipment", self.give_shipment),
            self.door("withdraw", self.withdraw),
            self.door("retry", self.retry),
            self.door("resolve", self.resolve),
            self.door("reconcile", self.reconcile),
            self.door("buyer", self.show_buyer),
            self.door("evidence", self.give_evidence),
        ]

    @method_decorator(require_POST)
    def give_shipment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, SHIPMENT)
        form = ShipmentForm(request.POST)
        if form.is_valid() and self.save_shipment(request, order, form):
            return HttpResponseRedirect(self.url_of(order))
        title = f"Shipment details of {order}"
        return self.page(request, "console/shipment.html", order, title=title, form=form)

    def save_shipment(self, request: HttpRequest, order: Order, form: ShipmentForm) -> bool:
        try:
            is_new = intake.give_shipment(order, form.facts(), actor=request.user.get_username())
        except intake.Conflict as conflict:
            field = conflict.field if conflict.field in form.fields else None
            form.add_error(field, conflict.sentence)
            return False
        self.wake()
        said = "Saved. EasyEcom gets them in their turn." if is_new else "Nothing was different."
        self.message_user(request, said)
        return True

    @method_decorator(require_POST)
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, WITHDRAW)
        try:
            intake.withdraw(order, actor=request.user.get_username())
        except intake.Conflict as conflict:
            self.message_user(request, conflict.sentence, messages.ERROR)
        else:
            self.message_user(request, f"{order} is withdrawn.")
        return HttpResponseRedirect(self.url_of(order))

    @method_decorator(require_POST)
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, asks.RETRY)
        asked = SyncJob.objects.filter(order=order)
        count = asks.retry(asked, actor=request.user.get_username())
        said = "It will be tried again." if count else "There is nothing to try: it is withdrawn."
        self.message_user(request, said)
        return HttpResponseRedirect(self.url_of(order))

    @method_decorator(require_POST)
    def reconcile(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, asks.RECONCILE)
        is_asked = asks.reconcile_order(order, actor=request.user.get_username())
        said = "Asked for. Look again in a moment." if is_asked else "It has its own look-ups now."
        self.message_user(request, said)
        return HttpResponseRedirect(self.url_of(order))

    @method_decorator(require_POST)
    def show_buyer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asking is a POST of its own because it is written down."""
        order = self.demand(request, object_id, BUYER)
        asks.note_buyer_read(order, actor=request.user.get_username())
        addresses = [("Shipping", whole(order.shipping_address))]
        if order.billing_address:
            addresses.append(("Billing", whole(order.billing_address)))
        title = f"Buyer of {order}"
        return self.page(request, "console/buyer.html", order, title=title, addresses=addresses)

    @method_decorator(require_POST)
    def give_evidence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, VIEW)
        actor = request.user.get_username()
        answer = HttpResponse(evidence.bundle(order, clock.now()), content_type="application/zip")
        name = f"evidence-{order.seller.code}-{order.order_number}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        asks.note_evidence(order, actor=actor)
        return answer

    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A person looked in EasyEcom, and says what is there."""
        order = self.demand(request, object_id, RESOLVE)
        words = resolutions.words_about(order)
        if not words:
            return self.settled_already(request, order)
        form = OrderWordForm(request.POST or None, order=order, words=words)
        if request.method == "POST" and form.is_valid():
            try:
                resolutions.settle_order(order, **form.word(), actor=request.user.get_username())
            except resolutions.AlreadySettled:
                return self.settled_already(request, order)
            except resolutions.InvoiceTaken:
                form.add_error("invoice_id", "Another order of this seller has it.")
            else:
                self.wake()
                self.message_user(request, DONE[form.cleaned_data["answer"]])
                return HttpResponseRedirect(self.url_of(order))
        return self.page(
            request,
            "console/resolve_order.html",
            order,
            title=f"What does EasyEcom have of {order}?",
            form=form,
            words=words,
            is_pushed=order.stage == Stage.AWAITING_CARRIER,
        )

    def settled_already(self, request: HttpRequest, order: Order) -> HttpResponse:
        said = "It does not wait for that any more; nothing was changed."
        self.message_user(request, said, messages.WARNING)
        return HttpResponseRedirect(self.url_of(order))

    def resolve_url(self, request: HttpRequest, order: Order) -> str:
        """Where a permitted person says what EasyEcom has; "" when that is no question."""
        if not (asks.may(request, RESOLVE) and resolutions.words_about(order)):
            return ""
        return self.url_of(order, "resolve")

    def wake(self) -> None:
        transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
