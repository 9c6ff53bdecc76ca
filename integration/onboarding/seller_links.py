"""A seller's own link: made and ended by staff, opened by the seller, who onboards through it.

What it may do, and what not: docs/decisions/0064-the-sellers-own-link.md.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, When

from booon_console.fields import Undecipherable, reveal
from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration.models import (
    Delivery,
    LinkToken,
    SellerLink,
    SyncJob,
    WebhookEndpoint,
    record_event,
)
from integration.onboarding import flow, mistyped, sellers
from sellers.models import Location, LocationReason, Seller

LIFE = timedelta(days=7)
# Log-ins at EasyEcom that one link may ask for.
TRIES_AN_HOUR, TRIES_IN_ALL = 30, 150
MOST_LOCATIONS = 20
# As staff's (integration/admin/held_tokens.py).
HELD_FOR = timedelta(minutes=15)
# As long as it may take to paste the new one: EasyEcom has room for one token.
OVERLAP = timedelta(hours=48)
HOUR = timedelta(hours=1)


class Ended(Exception):
    """The link is not open any more, though its secret was right."""


class Changed(Exception):
    """Somebody else changed meanwhile what this was drawn over. Nothing was written."""


class NotFree(Exception):
    """The code or key is used otherwise, or too much has come of it. Nothing was written."""


class StillTaken(Exception):
    """The token before the last one is still taken: another one would end what EasyEcom has."""


# Staff ---------------------------------------------------------------------------------------


@transaction.atomic
def make(
    *, code: str, name: str, seller: Seller | None, may_change_log_in: bool = False, actor: str
) -> tuple[SellerLink, str]:
    """A link and its secret, which is kept nowhere. One that was open before ends.

    Raises IntegrityError where somebody made one at the same moment.
    """
    now, secret = clock.now(), new_secret()
    for before in SellerLink.objects.filter(code=code, revoked_at=None):
        revoke(before, actor=actor)
    link = SellerLink.objects.create(
        seller=seller,
        code=code,
        name=name,
        may_change_log_in=may_change_log_in,
        digest=digest_of(secret),
        made_at=now,
        made_by=actor[:150],
        expires_at=now + LIFE,
    )
    said = f"Link {link.pk[:6]} for {code} made, for {LIFE.days} days."
    record_event("link", said, at=now, actor=actor, seller=seller)
    return link, secret


def new_secret() -> str:
    """192 random bits. Letters and digits alone: chats cut marks off the end of an address."""
    return secrets.token_hex(24)


@transaction.atomic
def revoke(link: SellerLink, *, actor: str) -> bool:
    """False where it had been."""
    now = clock.now()
    if not SellerLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
        return False
    LinkToken.objects.filter(link=link).delete()
    said = f"Link {link.pk[:6]} for {link.code} ended."
    record_event("link", said, at=now, actor=actor, seller=link.seller)
    return True


# The seller ----------------------------------------------------------------------------------


def open_by_secret(link_id: str, secret: str) -> SellerLink | None:
    """None for a wrong secret, and for an id that there is not. Raises Ended.

    192 random bits are not guessed, so no lock stands here for somebody to turn against the seller.
    """
    link = SellerLink.objects.filter(pk=link_id).first()
    expected = link.digest if link else digest_of("")
    is_right = secrets.compare_digest(digest_of(secret), expected)
    if link is None or not is_right:
        return None
    now = clock.now()
    if not link.is_open(now):
        raise Ended
    said = "Opened the link" + (" in another browser." if link.opened_at else ".")
    mine = SellerLink.objects.filter(pk=link.pk)
    mine.update(opened_at=link.opened_at or now, seen_at=now)
    record_event("link", said, at=now, actor=link.actor, seller=link.seller)
    return link


def count_tries(link: SellerLink, count: int) -> bool:
    """Count log-ins before any of them is asked for. False where they may not be, and none was.

    One statement, so that none of those that come at once overlooks another.
    """
    now = clock.now()
    is_past = Q(hour_at=None) | Q(hour_at__lte=now - HOUR)
    has_some = is_past | Q(hour_tries__lte=TRIES_AN_HOUR - count)
    mine = SellerLink.objects.filter(has_some, pk=link.pk, tries__lte=TRIES_IN_ALL - count)
    counted = mine.update(
        tries=F("tries") + count,
        hour_tries=Case(When(is_past, then=count), default=F("hour_tries") + count),
        hour_at=Case(When(is_past, then=now), default=F("hour_at")),
    )
    return bool(counted)


def version(seller: Seller | None) -> str:
    """What a form was drawn over: sent again it says whether somebody was faster."""
    if seller is None:
        return ""
    return f"{seller.updated_at.isoformat()} {seller.locations.count()}"


def may_give_log_in(link: SellerLink, seller: Seller | None) -> bool:
    """Who found the link leads no live location's orders into another account."""
    if seller is None or link.may_change_log_in:
        return True
    return not seller.locations.filter(live_at__isnull=False).exists()


@transaction.atomic
def take_in(link: SellerLink, given: dict[str, Any], *, seen: str) -> list[Location]:
    """What the seller typed, checked by `sellers.SellerIn`. The same once more is one act.

    Raises Ended, Changed, NotFree, and IntegrityError where a key was taken at the same moment.
    """
    # The link before the seller: nobody takes these two in the other order.
    link = SellerLink.objects.select_for_update(no_key=True).get(pk=link.pk)
    if not link.is_open(clock.now()):
        raise Ended
    seller = Seller.objects.select_for_update(no_key=True).filter(code=link.code).first()
    if seller is not None and link.seller_id != seller.pk:
        raise NotFree
    keys = {each["location_key"] for each in given["locations"]}
    if seller is not None:
        known = set(seller.locations.values_list("location_key", flat=True))
        is_new_log_in = sellers.has_new_credentials(seller, given)
        if seen != version(seller):
            if is_new_log_in or keys - known:
                raise Changed
            return list(seller.locations.filter(location_key__in=keys))
        if is_new_log_in and not may_give_log_in(link, seller):
            raise Changed
        if len(keys | known) > MOST_LOCATIONS and keys - known:
            raise NotFree
    locations = sellers.take_in(given, actor=link.actor)
    SellerLink.objects.filter(pk=link.pk).update(seller=locations[0].seller)
    return locations


@transaction.atomic
def try_again(link: SellerLink, location: Location) -> None:
    said = "Asked for the next step of the onboarding."
    record_event("onboarding", said, at=clock.now(), actor=link.actor, location=location)
    SyncJob.objects.want_location(location)


@transaction.atomic
def correct_key(link: SellerLink, location: Location, key: str) -> None:
    """Another key in the place of one that was mistyped. Raises NotFree, and IntegrityError.

    The engine locks a location before it opens a call for it: one that is under way is seen here,
    and one that begins later has the new key. So no answer about the old key is taken for this one.
    """
    location = Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    jobs = SyncJob.objects.filter(location=location)
    if mistyped.what_came_of(location) or jobs.filter(status=SyncJob.Status.RUNNING).exists():
        raise NotFree
    before, location.location_key = location.location_key, key
    sellers.log_in_anew_at(location)
    flow.registration_of(location)
    said = f"Corrected the location key: {before} → {key}."
    record_event("link", said, at=clock.now(), actor=link.actor, location=location)
    SyncJob.objects.want_location(location)


# Webhook tokens ------------------------------------------------------------------------------


@transaction.atomic
def issue(link: SellerLink, endpoint_id: str, browser: str, *, seen: str) -> None:
    """A token for the endpoint, shown in this browser alone. `seen` is when the one was made that
    the form was drawn over: sent once more it issues nothing. Raises StillTaken.
    """
    now = clock.now()
    endpoint = (
        WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
        .select_related("location")
        .get(pk=endpoint_id)
    )
    if seen != made_at(endpoint):
        return
    is_used = bool(endpoint.token_digest) and has_come(endpoint)
    if is_used and endpoint.takes_old(now):
        raise StillTaken
    location, had_one = endpoint.location, bool(endpoint.token_digest)
    issued = flow.issue_token(endpoint, overlap=OVERLAP if is_used else None)
    if location.blocked_reason == LocationReason.TOKENS_NOT_ISSUED:
        flow.unblock(location)
    LinkToken.objects.filter(endpoint=endpoint).delete()
    LinkToken.objects.filter(until__lt=now).delete()
    LinkToken.objects.create(
        link=link, browser=browser, endpoint=endpoint, token=issued.token, until=now + HELD_FOR
    )
    end = "the old one is taken for 48 h more" if is_used else "the old one is refused from now on"
    said = f"New token for the {endpoint.topic} webhook" + (f": {end}." if had_one else ".")
    record_event("token", said, at=now, actor=link.actor, location=location)


def has_come(endpoint: WebhookEndpoint) -> bool:
    return Delivery.objects.filter(endpoint=endpoint).exists()


def made_at(endpoint: WebhookEndpoint) -> str:
    return endpoint.token_issued_at.isoformat() if endpoint.token_issued_at else ""


def held(link: SellerLink, browser: str) -> dict[str, str]:
    """The tokens that this browser had made a moment ago, by endpoint id."""
    found = {}
    mine = LinkToken.objects.filter(link=link, browser=browser, until__gte=clock.now())
    for row in mine:
        try:
            found[str(row.endpoint_id)] = reveal(row.token)
        except Undecipherable:
            continue
    return found


def forget(link: SellerLink, browser: str) -> None:
    LinkToken.objects.filter(link=link, browser=browser).delete()


def note_use(link: SellerLink, now: datetime) -> None:
    """Remember that it is used, to the minute."""
    before = now - timedelta(minutes=1)
    long_ago = Q(seen_at=None) | Q(seen_at__lte=before)
    SellerLink.objects.filter(long_ago, pk=link.pk).update(seen_at=now)
