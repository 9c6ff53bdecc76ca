"""What staff may do with an order: each a POST of its own, with its own permission."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.text import capfirst

from booon_console.lib import clock
from booon_console.lib.admin_parts import outward
from integration.admin import actions, documents, evidence
from integration.admin.base import posted
from integration.admin.masking import as_typed, whole
from integration.admin.mending import MendForm, chosen_skus, missing_skus, revisions_of
from integration.admin.order_forms import OrderWordForm
from integration.admin.order_shipment import BUYER, ShipmentDoors
from integration.bulk.forecast import SENTENCES
from integration.models import TAKES_AWB, Drain, Hold, Order, Stage, SyncJob
from integration.models.reasons import has_nothing_to_send
from integration.orders import corrections, refusals, resolution
from integration.orders.addresses import sent_addresses
from integration.orders.resolution import Answer
from integration.sync import error_dictionary, wakeup

WITHDRAW = "integration.change_order"
MEND = "integration.change_order"
RESOLVE = "integration.resolve_order_doubt"
VIEW = "integration.view_order"
NOT_THERE = "EasyEcom's catalog, as it was last read, has no product"
DONE = {
    Answer.THERE: "Noted. The console goes on with that order.",
    Answer.NOT_THERE: "Noted. The same order number goes out again.",
    Answer.WITHDRAW: "Noted. The order is withdrawn.",
    Answer.WITHDRAW_CANCELLED: "Noted. The order is withdrawn.",
    Answer.AWB_THERE: "Noted. The order has its carrier.",
    Answer.AWB_NOT_THERE: "Noted. The shipment details go out again.",
}


class OrderDoors(ShipmentDoors):
    """What the order's admin stands on."""

    def doors(self) -> list[URLPattern]:
        return [
            *self.shipment_doors(),
            self.door("withdraw", self.withdraw),
            self.door("mend", self.mend),
            self.door("retry", self.retry),
            self.door("resolve", self.resolve),
            self.door("reconcile", self.reconcile),
            self.door("buyer", self.show_buyer),
            self.door("document", self.open_document),
            self.door("evidence", self.give_evidence),
        ]

    @posted
    def mend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What EasyEcom refused is changed. Opening it is a POST too, because it shows the buyer,
        and that is written down."""
        order = self.demand(request, object_id, MEND)
        if not (request.user.has_perm(BUYER) and corrections.may_mend(order)):
            return self.settled_already(request, order)
        is_given = "seen" in request.POST
        chosen = chosen_skus(request.POST) if is_given else {}
        form = MendForm(request.POST if is_given else None, order=order, chosen=chosen)
        if not is_given:
            actions.record_buyer_read(order, actor=request.user.get_username())
        elif not chosen and form.is_valid() and self.save_mended(request, order, form):
            return HttpResponseRedirect(self.url_of(order))
        known = error_dictionary.explained(order.refusal_words)
        return self.page(
            request,
            "console/mend_order.html",
            order,
            title=f"Mend {order} and send it again",
            form=form,
            groups=form.sorted_groups(),
            likely=form.likely,
            known=next(iter(known.values()), None),
        )

    def save_mended(self, request: HttpRequest, order: Order, form: MendForm) -> bool:
        given = form.given()
        if given is None:
            return False
        try:
            is_new = corrections.mend(
                order,
                order.location,
                given.facts,
                seen=form.cleaned_data["seen"],
                actor=request.user.get_username(),
                reason=form.cleaned_data["reason"],
            )
        except refusals.Conflict as conflict:
            form.add_error(None, conflict.sentence)
            return False
        wakeup.after_commit(Drain.Kind.OUTBOX)
        goes = f"Saved. It goes out again {when_it_goes(order, 'now')}."
        self.message_user(request, goes if is_new else "Nothing was different.")
        if form.has_other_skus():
            self.message_user(request, "A line keeps the name that Booon gave it.")
        if missing := missing_skus(order, given):
            warning = f"{NOT_THERE} {', '.join(missing)}. EasyEcom is likely to refuse it again."
            self.message_user(request, warning, messages.WARNING)
        return True

    @posted
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, WITHDRAW)
        try:
            corrections.withdraw(order, actor=request.user.get_username())
        except refusals.Conflict as conflict:
            self.message_user(request, conflict.sentence, messages.ERROR)
        else:
            self.message_user(request, f"{order} is withdrawn.")
        return HttpResponseRedirect(self.url_of(order))

    @posted
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, actions.RETRY)
        if order.stage == Stage.WITHDRAWN:
            self.message_user(request, "There is nothing to try: it is withdrawn.")
        elif has_nothing_to_send(order, getattr(order, "shipment", None)):
            self.message_user(request, SENTENCES["nothing_to_send"])
        else:
            asked = SyncJob.objects.filter(order=order)
            actions.retry(asked, actor=request.user.get_username())
            self.message_user(request, f"It will be tried {when_it_goes(order, 'again')}.")
        return HttpResponseRedirect(self.url_of(order))

    @posted
    def reconcile(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, actions.RECONCILE)
        is_asked = actions.reconcile_order(order, actor=request.user.get_username())
        said = "Asked for. Look again in a moment." if is_asked else "It has its own look-ups now."
        self.message_user(request, said)
        return HttpResponseRedirect(self.url_of(order))

    @posted
    def show_buyer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asking is a POST of its own because it is written down."""
        order = self.demand(request, object_id, BUYER)
        actions.record_buyer_read(order, actor=request.user.get_username())
        shipping, billing = sent_addresses(order)
        addresses = [("Shipping", whole(shipping), as_typed(order.shipping_address, shipping))]
        if billing:
            typed = as_typed(order.billing_address, billing)
            addresses.append(("Billing", whole(billing), typed))
        title = f"Buyer of {order}"
        return self.page(
            request,
            "console/buyer.html",
            order,
            title=title,
            addresses=addresses,
            gstin=order.buyer_gstin,
            revisions=revisions_of(order, whole=True),
        )

    @posted
    def open_document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page with the link, and no redirect: a form of ours leads nowhere else, by policy."""
        order = self.demand(request, object_id, BUYER)
        name = request.POST.get("document", "")
        address = documents.addresses(order).get(name, "")
        if not address:
            return self.settled_already(request, order)
        what = documents.WORDS[name]
        actions.record_document_opened(order, what, actor=request.user.get_username())
        return self.page(
            request,
            "console/document.html",
            order,
            title=f"{capfirst(what)} for {order}",
            what=what,
            address=outward(address),
        )

    @posted
    def give_evidence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.demand(request, object_id, VIEW)
        actor = request.user.get_username()
        answer = HttpResponse(evidence.bundle(order, clock.now()), content_type="application/zip")
        name = f"evidence-{order.seller.code}-{order.order_number}.zip"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        actions.record_evidence_download(order, actor=actor)
        return answer

    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A person looked in EasyEcom, and says what is there."""
        order = self.demand(request, object_id, RESOLVE)
        words = resolution.possible_answers(order)
        if not words:
            return self.settled_already(request, order)
        form = OrderWordForm(request.POST or None, order=order, words=words)
        if request.method == "POST" and form.is_valid():
            try:
                resolution.resolve_order(order, **form.word(), actor=request.user.get_username())
            except resolution.AlreadySettled:
                return self.settled_already(request, order)
            except resolution.InvoiceTaken:
                form.add_error("invoice_id", "Another order of this seller has it.")
            else:
                wakeup.after_commit(Drain.Kind.OUTBOX)
                self.message_user(request, DONE[form.cleaned_data["answer"]])
                return HttpResponseRedirect(self.url_of(order))
        return self.page(
            request,
            "console/resolve_order.html",
            order,
            title=f"What does EasyEcom have of {order}?",
            form=form,
            words=words,
            is_pushed=order.stage in TAKES_AWB,
            is_number_spent=order.blocked_reason in resolution.NUMBER_SPENT,
        )

    def resolve_url(self, request: HttpRequest, order: Order) -> str:
        """Where a permitted person says what EasyEcom has; "" when that is no question."""
        if not (actions.may(request, RESOLVE) and resolution.possible_answers(order)):
            return ""
        return self.url_of(order, "resolve")


def when_it_goes(order: Order, unheld: str) -> str:
    """In a sentence: `unheld`, or that a hold keeps it until then."""
    return "once the hold is released" if Hold.objects.over(order.seller_id) else unheld
