"""A buyer who asks: what is held about them, exported or erased. By phone, mail or order number."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers

from booon_console.lib import clock
from booon_console.lib.admin_parts import Button
from integration.admin.base import ReadOnlyAdmin
from integration.models import Order, OrderFile
from integration.orders import buyers
from integration.orders.buyers import Held, NobodyMeant, Wanted
from sellers import scope

ERASE = "integration.erase_buyer"
PAGE = "integration_order_buyers"
# More than one person's, most likely; and more than a page should wait for.
MOST_ORDERS = 500
MOST_SHOWN = 50
TOO_MANY = (
    f"More than {MOST_ORDERS} orders: is it one person's? The command `manage.py erase` takes them."
)
WARNING = "It can't be brought back."


class BuyerForm(forms.Form):
    """Whom it is about, by one of the three."""

    phone = forms.CharField(
        label="Phone number", max_length=60, required=False, help_text="In any spelling."
    )
    email = forms.CharField(label="E-mail", max_length=254, required=False)
    order_number = forms.CharField(max_length=64, required=False)

    def wanted(self) -> Wanted | None:
        """None where the form says what is wrong."""
        try:
            return Wanted(**self.cleaned_data)
        except NobodyMeant as problem:
            self.add_error(None, str(problem))
            return None


class OrderBuyers(ReadOnlyAdmin):
    """What the order's admin stands on."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_erase": request.user.has_perm(ERASE)}
        return super().changelist_view(request, may | (extra_context or {}))

    def buyer_pages(self) -> list[URLPattern]:
        return [path("buyers/", self.admin_site.admin_view(self.buyers), name=PAGE)]

    def buyers(self, request: HttpRequest) -> HttpResponse:
        """Whom it is about comes by POST only: an address stands in logs and histories."""
        if not (self.has_view_permission(request) and request.user.has_perm(ERASE)):
            raise PermissionDenied
        form = BuyerForm(request.POST or None)
        wanted = form.wanted() if form.is_valid() else None
        if wanted is None:
            return self.buyers_page(request, form)
        held = self.held_about(request, wanted)
        if len(held.order_ids) > MOST_ORDERS:
            form.add_error(None, TOO_MANY)
            return self.buyers_page(request, form)
        match request.POST.get("step"):
            case "export":
                return self.export(request, held)
            case "erase":
                return self.erase(request, held)
        return self.buyers_page(request, form, **self.found(held, form))

    def held_about(self, request: HttpRequest, wanted: Wanted) -> Held:
        """Staff of some sellers find what those have, and their own files."""
        orders = scope.within(Order.objects.all(), request.user, "seller")
        files = OrderFile.objects.all()
        if scope.is_limited(request.user):
            files = files.filter(user=request.user.pk)
        return buyers.held_about(wanted, orders, files)

    def found(self, held: Held, form: BuyerForm) -> dict[str, Any]:
        url = reverse(f"admin:{PAGE}")
        wanted = tuple(form.cleaned_data.items())
        erased = [row for row in buyers.rehearse(held, now=clock.now()).rows() if row[1] != "0"]
        is_there = bool(held.order_ids or held.delivery_ids or held.file_ids)
        export = Button("Export as JSON", url, hidden=(*wanted, ("step", "export")))
        erase = Button("Erase it", url, WARNING, hidden=(*wanted, ("step", "erase")))
        return {
            "is_found": True,
            "orders": held.orders()[:MOST_SHOWN],
            "order_count": len(held.order_ids),
            "under_way": held.under_way(),
            "erased": erased,
            "buttons": [*([export] if is_there else []), *([erase] if erased else [])],
        }

    def erase(self, request: HttpRequest, held: Held) -> HttpResponse:
        under_way = held.under_way()
        erased = buyers.erase(held, now=clock.now(), actor=request.user.get_username())
        self.message_user(request, f"Erased: {erased.in_words()}.")
        for sentence in under_way:
            self.message_user(request, sentence, messages.WARNING)
        return HttpResponseRedirect(reverse(f"admin:{PAGE}"))

    def export(self, request: HttpRequest, held: Held) -> HttpResponse:
        found = buyers.export(held, now=clock.now(), actor=request.user.get_username())
        words = json.dumps(found, indent=2, ensure_ascii=False)
        answer = HttpResponse(words, content_type="application/json; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="buyer.json"'
        add_never_cache_headers(answer)
        return answer

    def buyers_page(self, request: HttpRequest, form: BuyerForm, **found: Any) -> HttpResponse:
        title = "A buyer's data"
        return self.page(request, "console/buyers.html", title=title, form=form, **found)
