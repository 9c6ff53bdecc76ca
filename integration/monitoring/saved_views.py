"""Saved views of lists: one's own, and those that colleagues share.

A view is a list's address and nothing else. What of it a list would not take is not saved.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import reverse

from booon_console.lib import clock
from integration.models import SavedView, record_event
from sellers import scope

SHARE = "integration.share_view"
MOST = 30
LONGEST_NAME = 60
LONGEST_QUERY = 2000
# Of a page and not of a view; the last three are of Django's pop-ups.
PASSING = ("p", "beyond", "e", "all", "_changelist_filters", "_popup", "_to_field")
# What may name somebody else's seller: not for staff of some sellers, as a colleague's view.
TELLING = ("seller", "location", "q")
NO_NAME = f"Give the view a name of at most {LONGEST_NAME} letters."
NOT_A_VIEW = "This is no address of that list."


@dataclass(frozen=True, slots=True)
class Chip:
    view: SavedView
    url: str
    is_here: bool
    is_own: bool
    may_delete: bool


@dataclass(frozen=True, slots=True)
class Views:
    """What a list shows above its rows."""

    page: str
    query: str
    chips: list[Chip]
    may_share: bool

    @property
    def here(self) -> Chip | None:
        """The one that is open, one's own first."""
        found = [chip for chip in self.chips if chip.is_here]
        return min(found, key=lambda chip: not chip.is_own, default=None)


def views_of(request: HttpRequest, model: type[Model]) -> Views:
    """In one query."""
    user: Any = request.user
    page, query = model._meta.label_lower, kept(request.GET)
    mine = Q(user=user.pk) | Q(is_shared=True)
    rows = SavedView.objects.filter(mine, page=page).select_related("user").order_by("name", "pk")
    may_share = user.has_perm(SHARE)
    chips = [
        Chip(
            row,
            address(model, row.query),
            row.query == query,
            row.user_id == user.pk,
            row.user_id == user.pk or may_share,
        )
        for row in rows
        if row.user_id == user.pk or not scope.is_limited(user) or not tells(row)
    ]
    return Views(page, query, chips, may_share)


def tells(row: SavedView) -> bool:
    return not set(TELLING).isdisjoint(QueryDict(row.query))


def kept(query: QueryDict) -> str:
    """What of an address makes the view, always written the same way."""
    whole = QueryDict(mutable=True)
    for name in sorted(query):
        if name not in PASSING and any(query.getlist(name)):
            whole.setlist(name, query.getlist(name))
    return whole.urlencode()


def address(model: type[Model], query: str) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?{query}"


def save(request: HttpRequest) -> HttpResponse:
    """Raises PermissionDenied, and Http404 for what is no list."""
    model = list_of(request, request.POST.get("page", ""))
    query = checked(request, model, request.POST.get("query", ""))
    if query is None:
        return HttpResponseBadRequest(NOT_A_VIEW, content_type="text/plain")
    name, user = name_of(request), cast(User, request.user)
    is_shared = request.POST.get("shared") == "yes"
    if is_shared and not user.has_perm(SHARE):
        raise PermissionDenied
    row = SavedView(
        user=user,
        page=model._meta.label_lower,
        name=name,
        query=query,
        is_shared=is_shared,
        saved_at=clock.now(),
    )
    trouble = NO_NAME if not name else trouble_with(row)
    if trouble:
        messages.error(request, trouble)
    else:
        messages.success(request, f"Saved as “{name}”.")
    return HttpResponseRedirect(address(model, query))


def trouble_with(row: SavedView) -> str:
    """Why it can't be kept; "" once it is."""
    if not row.query:
        return "Filter, search or sort the list first: there is nothing to save yet."
    if SavedView.objects.filter(user=row.user, page=row.page).count() >= MOST:
        return f"You have {MOST} views of this list. Delete one first."
    try:
        with transaction.atomic():
            row.save()
            tell(row, "shared") if row.is_shared else None
    except IntegrityError:
        return f"You have a view “{row.name}” of this list. Give another name."
    return ""


def rename(request: HttpRequest, pk: int) -> HttpResponse:
    row, model = own(request, pk)
    name, before = name_of(request), row.name
    taken = SavedView.objects.filter(user=row.user, page=row.page, name=name).exclude(pk=row.pk)
    if not name:
        messages.error(request, NO_NAME)
    elif taken.exists():
        messages.error(request, f"You have a view “{name}” of this list. Give another name.")
    else:
        row.name = name
        with transaction.atomic():
            row.save(update_fields=["name"])
            tell(row, f"renamed, “{before}” before") if row.is_shared else None
    return HttpResponseRedirect(address(model, row.query))


def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own; a shared one also by whoever may share."""
    row, model = own(request, pk, or_shared=True)
    with transaction.atomic():
        if row.is_shared:
            tell(row, "taken away", by=request.user.get_username())
        row.delete()
    messages.success(request, f"The view “{row.name}” is gone.")
    return HttpResponseRedirect(address(model, row.query))


def tell(row: SavedView, what: str, by: str = "") -> None:
    sentence = f"The view “{row.name}” of {row.page} is {what}."
    record_event("view", sentence, at=clock.now(), actor=by or row.user.get_username())


def own(request: HttpRequest, pk: int, *, or_shared: bool = False) -> tuple[SavedView, type[Model]]:
    """Raises Http404, also for somebody else's."""
    row = SavedView.objects.filter(pk=pk).select_related("user").first()
    user = cast(User, request.user)
    may = row is not None and (
        row.user_id == user.pk or (or_shared and row.is_shared and user.has_perm(SHARE))
    )
    if row is None or not may:
        raise Http404
    return row, list_of(request, row.page)


def name_of(request: HttpRequest) -> str:
    """ "" where it is none."""
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())
    return name if len(name) <= LONGEST_NAME else ""


def list_of(request: HttpRequest, page: str) -> type[Model]:
    """The model of a list that this person sees. Raises Http404 and PermissionDenied."""
    found = {model._meta.label_lower: model for model in lists()}.get(page)
    if found is None:
        raise Http404
    if not admin.site.get_model_admin(found).has_view_permission(request):
        raise PermissionDenied
    return found


def lists() -> Iterator[type[Model]]:
    yield from admin.site._registry


def checked(request: HttpRequest, model: type[Model], query: str) -> str | None:
    """As it is kept; None where the list would not take it."""
    if len(query) > LONGEST_QUERY:
        return None
    asked = copy(request)
    try:
        asked.GET = QueryDict(kept(QueryDict(query)))
        if any("\x00" in value for _, values in asked.GET.lists() for value in values):
            return None
        admin.site.get_model_admin(model).get_changelist_instance(asked)
    except (IncorrectLookupParameters, SuspiciousOperation, ValueError):
        return None
    found = asked.GET.urlencode()
    return found if len(found) <= LONGEST_QUERY else None


PAGES = (
    ("save/", save, "save_view"),
    ("<int:pk>/rename/", rename, "rename_view"),
    ("<int:pk>/delete/", delete, "delete_view"),
)
