"""The form in which somebody takes a line of the work list on, or sets it aside."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from booon_console.lib import clock
from integration.models import SetAside
from integration.monitoring.front_page import attention, words
from integration.monitoring.front_page.needs import AtSeller, Need
from sellers import scope
from sellers.models import Seller, StaffScope

LONGEST = timedelta(days=30)
MORNING = 9
STAYS, OWN = "", "date"


class WordForm(forms.Form):
    owner = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Nobody", label="Who sees to it"
    )
    waits_for_seller = forms.BooleanField(required=False, label="Waits for the seller")
    rest = forms.ChoiceField(
        choices=[
            (STAYS, "It stays in the list"),
            ("hour", "For an hour"),
            ("tomorrow", "Until tomorrow, 9:00"),
            ("monday", "Until Monday, 9:00"),
            (OWN, "Until this day, 9:00:"),
        ],
        required=False,
        label="Set aside",
        help_text="It comes back then, or before if more than twice as many wait.",
    )
    day = forms.DateField(
        required=False, label="Day", widget=forms.DateInput(attrs={"type": "date"})
    )
    reason = forms.CharField(
        min_length=5,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For the others. It stays on record with your name; write no buyer into it.",
    )

    def __init__(
        self, *args: Any, now: datetime, seller: Seller | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = timezone.localtime(now)
        chosen = self.fields["owner"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = who_sees(seller).order_by("username")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        rest, day = said.get("rest", STAYS), said.get("day")
        if rest == OWN and not day and "day" not in self.errors:
            self.add_error("day", "Which day?")
        elif rest == OWN and day:
            until = self.morning().replace(year=day.year, month=day.month, day=day.day)
            if not self.now < until <= self.now + LONGEST:
                self.add_error("day", "It lies within the next 30 days.")
            said["until"] = until
        else:
            said["until"] = self.until(rest)
        return said

    def morning(self) -> datetime:
        return self.now.replace(hour=MORNING, minute=0, second=0, microsecond=0)

    def until(self, rest: str) -> datetime | None:
        morning = self.morning()
        match rest:
            case "hour":
                return self.now + timedelta(hours=1)
            case "tomorrow":
                return morning + timedelta(days=1)
            case "monday":
                return morning + timedelta(days=7 - morning.weekday())
        return None


def page(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """The form, and what it says; `frame` is the admin's own context."""
    if not request.GET:
        return HttpResponseRedirect(reverse("admin:index"))
    need, line, seller = asked(request)
    now = clock.now()
    before = SetAside.objects.filter(cause=need.key, seller=seller).first()
    first = {"owner": request.user} if before is None else initial(before)
    form = WordForm(request.POST or None, now=now, seller=seller, initial=first)
    if request.method == "POST" and form.is_valid():
        by = request.user.get_username()
        words.say(need, line, seller, form.cleaned_data, by=by, now=now)
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        "title": need.sentence,
        "form": form,
        "need": need,
        "line": line,
        "back": reverse("admin:index"),
        "opts": SetAside._meta,
    }
    answer = render(request, "console/set_aside.html", frame | context)
    add_never_cache_headers(answer)
    return answer


def who_sees(seller: Seller | None) -> QuerySet[User]:
    """Staff who see this seller, or all of them."""
    limited = StaffScope.objects.exclude(sellers=seller) if seller else StaffScope.objects.all()
    staff = User.objects.filter(is_active=True, is_staff=True)
    return staff.exclude(pk__in=limited.values("user"))


def initial(row: SetAside) -> dict[str, Any]:
    return {
        "owner": row.owner,
        "waits_for_seller": row.waits_for_seller,
        "reason": row.reason,
    }


def asked(request: HttpRequest) -> tuple[Need, AtSeller | None, Seller | None]:
    """The line that the address names, if this person sees it. Raises Http404, PermissionDenied."""
    if not request.user.has_perm(words.PERMISSION):
        raise PermissionDenied
    key, code = request.GET.get("cause", ""), request.GET.get("seller", "")
    needs = [need for need in attention.needs(request.user) if need.key == key]
    if not needs:
        raise Http404
    if not code:
        # A word on a cause at all sellers is not for those who see some of them.
        if needs[0].sellers or scope.is_limited(request.user):
            raise Http404
        return needs[0], None, None
    line = next((each for each in needs[0].sellers if each.code == code), None)
    if line is None:
        raise Http404
    return needs[0], line, Seller.objects.get(code=code)


def take_back(request: HttpRequest) -> HttpResponse:
    need, _, seller = asked(request)
    row = SetAside.objects.filter(cause=need.key, seller=seller).first()
    if row is not None:
        words.take_back(row, need, by=request.user.get_username(), now=clock.now())
    return HttpResponseRedirect(reverse("admin:index"))
