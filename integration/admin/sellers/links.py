"""Sellers' own links: made, ended and reminded of. The list is the board of who has come how far.

A link is shown to whoever had it made for a quarter of an hour, and the console keeps its digest.
"""

import csv
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.admin_parts import NONE, Button, ago, badge, link_to, moment, plain
from booon_console.lib.focus import focus_first
from booon_console.lib.spreadsheets import safe
from integration.admin import held_tokens
from integration.admin.base import ReadOnlyAdmin, posted
from integration.admin.sellers.link_forms import LinkForm, LinksForm
from integration.models import Declaration, Delivery, SellerLink, WebhookEndpoint
from integration.onboarding import seller_links
from integration.onboarding.progress import paths_of
from integration.seller_link import messages
from integration.seller_link.door import LANGUAGES
from integration.seller_link.locations import left_of
from sellers import scope
from sellers.models import Location

ADD, CHANGE = "sellers.add_seller", "sellers.change_seller"
FASTER = "Somebody else made a link for this seller a moment ago."


@dataclass(frozen=True, repr=False)
class Shown:
    """A link in the hands of whoever had it made."""

    link: SellerLink
    secret: str

    @property
    def address(self) -> str:
        return messages.address_of(self.link, self.secret)

    @property
    def invitations(self) -> dict[str, str]:
        return messages.invitations(self.link, self.secret)


@admin.register(SellerLink)
class SellerLinkAdmin(ReadOnlyAdmin):
    change_form_template = "console/seller_link.html"
    change_list_template = "console/seller_links.html"
    list_display = [
        "name",
        "standing",
        "opened",
        "live",
        "said",
        "heard",
        moment("seen_at", "last there"),
        moment("expires_at", "open until"),
    ]
    fields = [
        "name",
        "owner",
        "standing",
        plain("made_by", "Made by"),
        moment("made_at", "Made"),
        moment("expires_at", "Open until"),
        moment("opened_at", "First opened"),
        moment("seen_at", "Last there"),
        plain("tries", "Log-ins asked for"),
        "may_change_log_in",
    ]
    search_sources = ((SellerLink, "code", "pk"), (SellerLink, "name", "pk"))
    is_short = True
    related = ("seller",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SellerLink]:
        """Each with how far its seller is, in one query."""
        places = Location.objects.filter(seller=OuterRef("seller")).values("seller")
        said = Declaration.objects.filter(location__seller=OuterRef("seller"))
        firsts = Delivery.objects.filter(endpoint=OuterRef("pk"))
        is_open = Q(revoked_at=None, expires_at__gt=clock.now())
        hooks = WebhookEndpoint.objects.filter(location__seller=OuterRef("seller"))
        heard = hooks.annotate(first=Subquery(firsts.values("pk")[:1])).exclude(first=None)
        return (
            super()
            .get_queryset(request)
            .defer("digest")
            .annotate(
                is_open_now=ExpressionWrapper(is_open, BooleanField()),
                places=counted(places.annotate(n=Count("pk"))),
                live_places=counted(
                    places.annotate(n=Count("pk", filter=Q(live_at__isnull=False)))
                ),
                said_count=counted(said.values("location__seller").annotate(n=Count("pk"))),
                heard_count=counted(
                    heard.order_by().values("location__seller").annotate(n=Count("pk"))
                ),
            )
        )

    @admin.display(description="state")
    def standing(self, link: Any) -> str:
        if link.revoked_at:
            return badge("", "ended")
        return badge("good", "open") if link.is_open_now else badge("wait", "too old")

    @admin.display(description="opened", ordering="opened_at")
    def opened(self, link: SellerLink) -> str:
        return ago(link.opened_at) if link.opened_at else "not yet"

    @admin.display(description="live locations")
    def live(self, link: Any) -> str:
        return f"{link.live_places} of {link.places}" if link.places else NONE

    @admin.display(description="steps said")
    def said(self, link: Any) -> str:
        most = link.places * len(Declaration.What)
        return f"{link.said_count} of {most}" if most else NONE

    @admin.display(description="webhooks seen")
    def heard(self, link: Any) -> str:
        return f"{link.heard_count} of {2 * link.places}" if link.places else NONE

    @admin.display(description="Seller")
    def owner(self, link: SellerLink) -> str:
        return link_to(link.seller, link.code) if link.seller else f"{link.code} (new)"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may_make = request.user.has_perm(CHANGE)
        urls = {
            "make_url": reverse("admin:integration_sellerlink_make") if may_make else "",
            "many_url": reverse("admin:integration_sellerlink_many")
            if self.may_add(request)
            else "",
        }
        return super().changelist_view(request, urls | (extra_context or {}))

    def facts(self, request: HttpRequest, row: SellerLink) -> dict[str, Any]:
        held = held_tokens.held_links(request).get(row.pk)
        paths = paths_of(Location.objects.filter(seller=row.seller)) if row.seller else []
        left = sum(left_of(each) for each in paths) if paths else None
        is_open = row.is_open(clock.now())
        return {
            "shown": Shown(row, held) if held and is_open else None,
            "paths": paths,
            "reminders": messages.reminders(row, left) if is_open and left != 0 else {},
            "buttons": self.buttons(request, row),
        }

    def buttons(self, request: HttpRequest, link: SellerLink) -> list[Button]:
        if not request.user.has_perm(CHANGE):
            return []
        anew = "The link of before ends with it. What was done by it stays."
        end = "Whoever is at it is out at once. What was done by it stays."
        buttons = [Button("Make it anew", self.url_of(link, "anew"), anew)]
        if link.revoked_at is None:
            buttons.append(Button("End it", self.url_of(link, "end"), end))
        return buttons

    def may_add(self, request: HttpRequest) -> bool:
        """A new seller is in nobody's scope yet."""
        return request.user.has_perm(ADD) and not scope.is_limited(request.user)

    def get_urls(self) -> list[URLPattern]:
        pages = {"make": self.make, "many": self.many, "made": self.made, "csv": self.download}
        mine = [
            path(
                f"{name}/", self.admin_site.admin_view(view), name=f"integration_sellerlink_{name}"
            )
            for name, view in pages.items()
        ]
        doors = [self.door("anew", self.anew), self.door("end", self.end)]
        return [*mine, *doors, *super().get_urls()]

    def make(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        form = LinkForm(
            request.POST or None,
            user=request.user,
            may_add=self.may_add(request),
            initial={"seller": request.GET.get("seller", "")},
        )
        if request.method == "POST" and form.is_valid():
            try:
                return HttpResponseRedirect(self.url_of(self.make_one(request, **form.asked)))
            except IntegrityError:
                form.add_error(None, FASTER)
        focus_first(form)
        title = "Make a seller's link"
        return self.page(request, "console/make_link.html", title=title, form=form)

    @transaction.atomic
    def make_one(self, request: HttpRequest, **asked: Any) -> SellerLink:
        link, secret = seller_links.make(**asked, actor=request.user.get_username())
        held_tokens.hold_link(request, link, secret)
        return link

    @posted
    def anew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Of the same seller, and with no more power than before."""
        link = self.demand(request, object_id, CHANGE)
        asked = {
            "seller": link.seller,
            "code": link.code,
            "name": link.seller.name if link.seller else link.name,
            "may_change_log_in": link.may_change_log_in,
        }
        try:
            return HttpResponseRedirect(self.url_of(self.make_one(request, **asked)))
        except IntegrityError:
            self.message_user(request, FASTER, "warning")
            return HttpResponseRedirect(self.url_of(link))

    @posted
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        link = self.demand(request, object_id, CHANGE)
        seller_links.revoke(link, actor=request.user.get_username())
        self.message_user(request, "The link has ended.")
        return HttpResponseRedirect(self.url_of(link))

    # A file of sellers ------------------------------------------------------------------------

    def many(self, request: HttpRequest) -> HttpResponse:
        """A link for each of the file's sellers, or for none."""
        if not (self.may_add(request) and request.user.has_perm(CHANGE)):
            raise PermissionDenied
        form = LinksForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    for each in form.cleaned_data["file"]:
                        self.make_one(request, seller=each.seller, code=each.code, name=each.name)
                return HttpResponseRedirect(reverse("admin:integration_sellerlink_made"))
            except IntegrityError:
                form.add_error(None, FASTER)
        focus_first(form)
        title = "Links from a file"
        return self.page(request, "console/make_links.html", title=title, form=form)

    @method_decorator(require_GET)
    def made(self, request: HttpRequest) -> HttpResponse:
        return self.page(
            request, "console/made_links.html", title="Links just made", rows=self.mine(request)
        )

    @method_decorator(require_GET)
    def download(self, request: HttpRequest) -> HttpResponse:
        """Those that are still shown, with a message for each."""
        rows = self.mine(request)
        answer = HttpResponse(
            "\ufeff",
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="links.csv"'},
        )
        answer["Cache-Control"] = "no-store"
        table = csv.writer(answer)
        names = [name for _, name in LANGUAGES]
        table.writerow(["code", "name", "link", *(f"message ({name})" for name in names)])
        for each in rows:
            said = each.invitations
            cells = [each.link.code, each.link.name, each.address, *(said[name] for name in names)]
            table.writerow(safe(cells))
        return answer

    def mine(self, request: HttpRequest) -> list[Shown]:
        """The links in this person's hands. Raises PermissionDenied."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        held, now = held_tokens.held_links(request), clock.now()
        found = self.in_scope(request, SellerLink.objects.filter(pk__in=held).order_by("code"))
        return [Shown(link, held[link.pk]) for link in found if link.is_open(now)]


def counted(rows: QuerySet[Any]) -> Coalesce:
    """The count of a subquery, 0 where it has no row."""
    return Coalesce(Subquery(rows.values("n")[:1]), 0)
