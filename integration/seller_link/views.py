"""The pages of a seller's own link (docs/decisions/0064-the-sellers-own-link.md).

Each POST ends in a redirect. `state` is what a script asks for to renew the page; without one the
page has a link that loads it again.
"""

from typing import Any

from django.db import IntegrityError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from integration.models import Declaration, Drain, SellerLink, SyncJob, WebhookEndpoint
from integration.onboarding import checklist, connection_test, mistyped, seller_links
from integration.seller_link import door
from integration.seller_link.dates import moment_of
from integration.seller_link.door import Visit
from integration.seller_link.forms import NOT_FREE, KeyForm, LogInForm
from integration.seller_link.locations import paths_at, places_of
from integration.seller_link.words import is_refused, log_in_of
from integration.sync import engine, wakeup
from sellers.models import Location

# As staff's form does: most of it is done by then, and the page shows the rest.
FOREGROUND_SECONDS = 4


@door.page
def link(request: HttpRequest, link_id: str) -> HttpResponse:
    """The page itself; with POST the secret is exchanged for the cookie."""
    if request.method == "POST":
        return exchange(request, link_id)
    return opened(request, link_id)


def exchange(request: HttpRequest, link_id: str) -> HttpResponse:
    if not door.may_try_codes(request):
        return door.too_often(request, link_id)
    try:
        found = seller_links.open_by_secret(link_id, code_in(request.POST.get("code", "")))
    except seller_links.Ended:
        return door.has_ended(request, link_id)
    if found is None:
        return door.ask(request, link_id, is_wrong=True)
    answer = redirect("link", link_id)
    door.let_in(answer, found)
    return answer


def code_in(words: str) -> str:
    """Whoever pastes the whole address means what stands behind its #."""
    return words.strip().rsplit("#", 1)[-1]


@door.inside
def opened(request: HttpRequest, visit: Visit) -> HttpResponse:
    return show(request, visit)


def show(
    request: HttpRequest,
    visit: Visit,
    form: LogInForm | None = None,
    key_form: KeyForm | None = None,
    trouble: str = "",
) -> HttpResponse:
    is_wrong = form is not None or key_form is not None or bool(trouble)
    facts = facts_of(visit, key_form)
    context = facts | {"form": form or form_of(visit.link), "trouble": trouble}
    context["open_until"] = moment_of(visit.link.expires_at)
    context["was_wrong"] = form is not None
    return door.show(
        request, "link/link.html", visit.link.pk, status=422 if is_wrong else 200, **context
    )


def facts_of(visit: Visit, key_form: KeyForm | None = None) -> dict[str, Any]:
    """What moves of the page."""
    seller = visit.link.seller
    paths, tokens = paths_at(seller), seller_links.held(visit.link, visit.browser)
    may_give = seller_links.may_give_log_in(visit.link, seller)
    log_in = log_in_of([path.location for path in paths], may_be_given=may_give)
    found = places_of(paths, log_in, tokens, key_form)
    return {
        "link": visit.link,
        "seller": seller,
        "username": masked(seller.api_username) if seller else "",
        "version": seller_links.version(seller),
        "may_give_log_in": may_give,
        "log_in": log_in,
        # A script loads the page anew where it is another than the page was drawn over.
        "log_in_state": "refused" if log_in.is_to_be_given_again else "given" if paths else "",
        "places": found,
        "is_moving": any(place.is_moving for place in found),
        "is_done": bool(found) and not any(place.left for place in found),
        "now": clock.now(),
    }


def masked(username: str) -> str:
    """Enough to know it again by, for whoever typed it."""
    name, at, host = username.partition("@")
    return f"{name[:2]}•••{at}{host}"


def form_of(link: SellerLink, data: Any = None) -> LogInForm:
    may_give = seller_links.may_give_log_in(link, link.seller)
    return LogInForm(
        data, seller=link.seller, code=link.code, name=link.name, may_give_log_in=may_give
    )


@require_GET
@door.inside
def state(request: HttpRequest, visit: Visit) -> HttpResponse:
    return door.show(request, "link/_places.html", visit.link.pk, **facts_of(visit))


@door.posted
@door.inside
def give(request: HttpRequest, visit: Visit) -> HttpResponse:
    """API user and Location Keys. Counted before anything is tried."""
    link = visit.link
    form = form_of(link, request.POST)
    if not form.is_valid():
        return show(request, visit, form)
    keys = {each["location_key"] for each in form.checked["locations"]} | set(form.known)
    if not seller_links.count_tries(link, len(keys)):
        return show(request, visit, form, trouble=too_many_tries())
    try:
        seen = request.POST.get("seen", "")
        locations = seller_links.take_in(link, form.checked, seen=seen)
    except seller_links.Ended:
        return door.has_ended(request, link.pk)
    except seller_links.Changed:
        return show(request, visit, form_of(link), trouble=was_changed())
    except (seller_links.NotFree, IntegrityError):
        form.add_error(None, str(NOT_FREE))
        return show(request, visit, form)
    carry(locations)
    asked = Location.objects.defer("token").filter(pk__in=[each.pk for each in locations])
    return back(link, mark="log-in" if any(map(is_refused, asked)) else "progress")


@door.posted
@door.inside
def correct(request: HttpRequest, visit: Visit) -> HttpResponse:
    location = location_of(visit, request)
    form = KeyForm(request.POST, location=location)
    if not form.is_valid():
        return show(request, visit, key_form=form)
    if not seller_links.count_tries(visit.link, 1):
        return show(request, visit, key_form=form, trouble=too_many_tries())
    try:
        seller_links.correct_key(visit.link, location, form.cleaned_data["location_key"])
    except seller_links.NotFree:
        return show(request, visit, trouble=was_changed())
    except IntegrityError:
        form.add_error("location_key", str(NOT_FREE))
        return show(request, visit, key_form=form)
    carry([location])
    return back(visit.link, location)


@door.posted
@door.inside
def remove(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A location that was never meant: nothing came of it."""
    location = location_of(visit, request)
    if mistyped.is_newest(location):
        ask_about_another(visit.link, location)
    try:
        mistyped.remove(location, "as the seller says.", actor=visit.link.actor)
    except mistyped.Stays as stays:
        return show(request, visit, trouble=stays_because(stays.sentence))
    return back(visit.link)


def ask_about_another(link: SellerLink, location: Location) -> None:
    """By its newest call the console knows its database: one for another location takes its place,
    where one can be made now."""
    others = Location.objects.filter(seller=location.seller, located_at__isnull=False)
    other = others.order_by(F("next_login_at").asc(nulls_first=True)).first()
    if other is not None and seller_links.count_tries(link, 1):
        job = SyncJob.objects.of_location(other, SyncJob.Kind.PROBE)
        SyncJob.objects.filter(pk=job.pk).want()
        engine.run([job.pk], FOREGROUND_SECONDS)
        job.refresh_from_db()
        connection_test.end(job)


@door.posted
@door.inside
def again(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Something was mended at EasyEcom: the next step is asked for once more."""
    location = location_of(visit, request)
    if not seller_links.count_tries(visit.link, 1):
        return show(request, visit, trouble=too_many_tries())
    seller_links.try_again(visit.link, location)
    carry([location])
    return back(visit.link, location)


@door.posted
@door.inside
def say(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What only a person can tell. Taken back is what was said by this link alone."""
    location, actor = location_of(visit, request), visit.link.actor
    what = request.POST.get("what", "")
    if what in Declaration.What:
        if request.POST.get("said") != "no":
            checklist.declare(location, Declaration.What(what), actor=actor)
        elif Declaration.objects.filter(location=location, what=what, by=actor).exists():
            checklist.take_back(location, Declaration.What(what), actor=actor)
        return back(visit.link, mark=f"said-{location.pk}-{what}")
    return back(visit.link, location)


@door.posted
@door.inside
def token(request: HttpRequest, visit: Visit) -> HttpResponse:
    own = WebhookEndpoint.objects.filter(location__seller=visit.link.seller)
    given = request.POST.get("endpoint", "")
    endpoint = own.select_related("location").filter(pk=given).first() if is_id(given) else None
    if endpoint is None or visit.link.seller is None:
        raise Http404
    seen = request.POST.get("seen", "")
    try:
        seller_links.issue(visit.link, endpoint.pk, visit.browser, seen=seen)
    except seller_links.StillTaken:
        return show(request, visit, trouble=still_taken())
    return back(visit.link, mark=f"webhook-{endpoint.pk}")


@door.posted
@door.inside
def pasted(request: HttpRequest, visit: Visit) -> HttpResponse:
    seller_links.forget(visit.link, visit.browser)
    return back(visit.link)


@door.posted
@door.page
def language(request: HttpRequest, link_id: str) -> HttpResponse:
    answer = redirect("link", link_id)
    door.choose_language(answer, request.POST.get("language", ""))
    return answer


def location_of(visit: Visit, request: HttpRequest) -> Location:
    """One of the link's own seller. Raises Http404."""
    number = request.POST.get("location", "")
    own = Location.objects.defer("token").filter(seller=visit.link.seller)
    found = own.filter(pk=number).first() if is_key(number) else None
    if found is None or visit.link.seller is None:
        raise Http404
    return found


def is_key(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 19


def is_id(words: str) -> bool:
    return words.isascii() and words.isalnum() and len(words) <= 32


def carry(locations: list[Location]) -> None:
    wanted = [SyncJob.objects.of_location(each, SyncJob.Kind.LOCATION).pk for each in locations]
    engine.run(wanted, FOREGROUND_SECONDS)
    wakeup.wake(Drain.Kind.OUTBOX)


def back(
    link: SellerLink, location: Location | None = None, mark: str = "progress"
) -> HttpResponse:
    place = f"location-{location.pk}" if location else mark
    return HttpResponseRedirect(f"{link.path}#{place}")


def too_many_tries() -> str:
    return _(
        "Those were many tries. EasyEcom is not asked again by this link for an hour. If it does "
        "not help then, tell Booon."
    )


def was_changed() -> str:
    return _(
        "Somebody else was faster, and nothing of yours was taken. Look at what stands here now."
    )


def stays_because(sentence: str) -> str:
    """Of what `mistyped` says to staff."""
    if sentence in (mistyped.NEWEST, mistyped.UNDER_WAY):
        return _(
            "It was not taken away: EasyEcom was asked about it just now. Try again in a minute. "
            "If it still stands here then, tell Booon."
        )
    return _("It was not taken away: EasyEcom or Booon knows of it already. Tell Booon.")


def still_taken() -> str:
    return _(
        "A new token was made less than 48 hours ago, and EasyEcom may still have the one before. "
        "If both are lost, ask Booon for another."
    )


urlpatterns = [
    path("<slug:link_id>/", link, name="link"),
    path("<slug:link_id>/state/", state, name="link-state"),
    path("<slug:link_id>/give/", give, name="link-give"),
    path("<slug:link_id>/correct/", correct, name="link-correct"),
    path("<slug:link_id>/remove/", remove, name="link-remove"),
    path("<slug:link_id>/again/", again, name="link-again"),
    path("<slug:link_id>/say/", say, name="link-say"),
    path("<slug:link_id>/token/", token, name="link-token"),
    path("<slug:link_id>/pasted/", pasted, name="link-pasted"),
    path("<slug:link_id>/language/", language, name="link-language"),
    # An address without its last slash is Django's, which puts it there.
    re_path(r"^(?P<link_id>(?:.*/)?)$", door.nothing_here),
]
