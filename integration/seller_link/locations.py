"""A seller's locations as the link shows them: what is proven, what is to be done, what came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booon_console.lib import clock
from integration.models import (
    ApiCall,
    Declaration,
    Delivery,
    Refusal,
    SyncJob,
    Topic,
    WebhookEndpoint,
)
from integration.onboarding import mistyped, seller_links
from integration.onboarding.pastes import Paste
from integration.onboarding.progress import Path, paths_of
from integration.seller_link.forms import KeyForm
from integration.seller_link.words import Advice, LogIn, advice_on
from sellers.models import CarrierRegistration, Location, Seller

What = Declaration.What
FORBIDDEN = 403


@dataclass(frozen=True)
class Proof:
    """Something that EasyEcom's answers or webhooks prove, or do not yet."""

    label: str
    is_done: bool
    note: str = ""


@dataclass(frozen=True)
class Said:
    """Something that the seller says; `is_mine` where it was said by this link."""

    what: str
    by: str
    is_staffs: bool


@dataclass(frozen=True, repr=False)
class Hook:
    """A webhook as it is to be entered, with its token while this browser may see it."""

    paste: Paste
    seen: str
    heard: str
    # How long ago EasyEcom last came with another token, and with the right one never since.
    refused: str


@dataclass(frozen=True)
class Place:
    """One location on its way."""

    location: Location
    proofs: list[Proof]
    said: dict[str, Said]
    hooks: list[Hook]
    advice: Advice | None
    # Where its key may still be corrected, or the location be taken away.
    key_form: KeyForm | None
    left: int
    # In how long EasyEcom is asked again by itself.
    asked_again: str

    @property
    def is_moving(self) -> bool:
        return self.advice is not None and self.advice.is_waiting

    @property
    def has_tokens(self) -> bool:
        return any(hook.paste.token for hook in self.hooks)

    @property
    def may_hide_tokens(self) -> bool:
        """Both are pasted in one go: not while one is still to be made."""
        return self.has_tokens and all(hook.paste.endpoint.token_digest for hook in self.hooks)


def paths_at(seller: Seller | None) -> list[Path]:
    return paths_of(Location.objects.filter(seller=seller).order_by("pk")) if seller else []


def places_of(
    paths: list[Path], log_in: LogIn, tokens: Mapping[str, str], key_form: KeyForm | None = None
) -> list[Place]:
    """`key_form` is the one that was sent and not taken."""
    locations, now = [path.location for path in paths], clock.now()
    calls, due = forbidden_of(locations), due_of(locations, now)
    refused = refused_of([paste.endpoint for path in paths for paste in path.pastes], now)
    return [
        place_of(
            path.with_tokens(tokens),
            advice_on(path, calls.get(path.location.pk), log_in),
            key_form,
            refused,
            due.get(path.location.pk),
            now,
        )
        for path in paths
    ]


def place_of(
    path: Path,
    advice: Advice | None,
    key_form: KeyForm | None,
    refused: Mapping[str, datetime],
    due_at: datetime | None,
    now: datetime,
) -> Place:
    location = path.location
    sent = key_form if key_form and key_form.location.pk == location.pk else None
    is_open = not mistyped.what_came_of(location)
    return Place(
        location=location,
        proofs=proofs_of(path),
        said={each.what: Said(each.what, each.by, is_staffs(each.by)) for each in path.said},
        hooks=[hook_of(paste, refused, now) for paste in path.pastes],
        advice=advice,
        key_form=(sent or KeyForm(location=location)) if is_open else None,
        left=left_of(path),
        asked_again=in_how_long(due_at, now) if due_at else "",
    )


def left_of(path: Path) -> int:
    """How many steps are the seller's: of a webhook its token, and that it came. The first
    Manifested webhook comes with an order, and nobody waits for it."""
    late = [paste for paste in path.pastes if paste.endpoint.topic == Topic.MANIFESTED]
    unheard = sum(paste.heard_at is None for paste in late)
    return path.left - unheard + sum(not paste.endpoint.token_digest for paste in path.pastes)


def due_of(locations: list[Location], now: datetime) -> dict[int, datetime]:
    """When EasyEcom is asked again by itself, by location."""
    waiting = SyncJob.objects.filter(
        location__in=locations,
        kind=SyncJob.Kind.LOCATION,
        status=SyncJob.Status.PENDING,
        due_at__gt=now,
    )
    rows = waiting.values_list("location_id", "due_at")
    return {location: due_at for location, due_at in rows if due_at}


WITHOUT_TOKEN = ("wrong_token", "no_token", "two_tokens")
REFUSED_LATELY = timedelta(hours=24)


def is_staffs(by: str) -> bool:
    return bool(by) and not by.startswith("seller · ")


def hook_of(paste: Paste, refused: Mapping[str, datetime], now: datetime) -> Hook:
    heard = ago(paste.heard_at, now) if paste.heard_at else ""
    refused_at = refused.get(paste.endpoint.pk)
    told = ago(refused_at, now) if refused_at else ""
    return Hook(paste, seller_links.made_at(paste.endpoint), heard, told)


def refused_of(endpoints: list[WebhookEndpoint], now: datetime) -> dict[str, datetime]:
    """When EasyEcom last came without the right token, by endpoint: since that was made, and since
    one came with it. Two queries for all of them."""
    came = Delivery.objects.filter(endpoint__in=endpoints, source=Delivery.Source.WEBHOOK)
    heard = dict(came.values_list("endpoint").annotate(Max("received_at")))
    rows = Refusal.objects.filter(
        endpoint_id__in=[each.pk for each in endpoints],
        cause__in=WITHOUT_TOKEN,
        hour__gt=now - REFUSED_LATELY,
    )
    refused = dict(rows.values_list("endpoint_id").annotate(Max("last_at")))
    since = {each.pk: [each.token_issued_at, heard.get(each.pk)] for each in endpoints}
    return {
        pk: at
        for pk, at in refused.items()
        if all(other is None or other < at for other in since[pk])
    }


def forbidden_of(locations: list[Location]) -> dict[int, ApiCall]:
    """The newest call that each API user might not make, by location."""
    refused = ApiCall.objects.filter(
        job__location__in=locations, job__kind=SyncJob.Kind.LOCATION, http_status=FORBIDDEN
    )
    return {call.location_id: call for call in refused.defer("request", "reply").order_by("pk")}


def proofs_of(path: Path) -> list[Proof]:
    location, registration = path.location, path.registration
    place = ", ".join(filter(None, [location.name, location.city]))
    is_registered = (
        registration is not None and registration.state == CarrierRegistration.State.REGISTERED
    )
    # `steps` are staff's words; the first of them is the log-in.
    return [
        Proof(_("EasyEcom took the log-in"), path.steps[0].is_done),
        Proof(_("Location found"), location.located_at is not None, place),
        Proof(_("Booon's carrier is registered"), is_registered),
        Proof(_("Products can be read"), location.catalog_seen_at is not None),
    ]


def ago(moment: datetime, now: datetime) -> str:
    """How long ago it was, in the seller's language."""
    seconds = max(int((now - moment).total_seconds()), 0)
    if seconds < 120:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    minutes = seconds // 60
    if minutes < 120:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    return ngettext("%(n)s day ago", "%(n)s days ago", hours // 24) % {"n": hours // 24}


def in_how_long(moment: datetime, now: datetime) -> str:
    """As a sentence in the seller's language."""
    seconds = ceil((moment - now).total_seconds())
    if seconds < 120:
        said = ngettext(
            "EasyEcom is asked again in %(n)s second.",
            "EasyEcom is asked again in %(n)s seconds.",
            seconds,
        )
        return said % {"n": seconds}
    minutes = ceil(seconds / 60)
    said = ngettext(
        "EasyEcom is asked again in %(n)s minute.",
        "EasyEcom is asked again in %(n)s minutes.",
        minutes,
    )
    return said % {"n": minutes}
