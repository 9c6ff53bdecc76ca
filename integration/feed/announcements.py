"""What Booon's receiver has to be told: taken up from the feed, due key by key, settled.

Announcements are made from the numbered changes, so that webhooks and the feed tell one story.
Every writer locks the receiver's row first.
"""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration.feed import circuit_breaker, feed, signing
from integration.feed.signing import Message
from integration.models import (
    Announcement,
    Attempt,
    Change,
    ChangeCounter,
    Hold,
    Receiver,
    api_time,
)
from integration.posting import Reply

NAME = "booon"
CHUNK = 500
JITTER = 0.1
NEEDED = [
    *("cursor", "key", "tries", "gives_up_at"),
    *(f"change__{column}" for column in feed.SHOWN),
]

Outcome = Attempt.Outcome


@dataclass(frozen=True, slots=True)
class Try:
    """One announcement that was sent, when, and what came of it."""

    announcement: Announcement
    at: datetime
    reply: Reply


def is_wanted() -> bool:
    """Whether Booon has a receiver."""
    return bool(settings.BOOON_WEBHOOK_URL)


def has_work() -> bool:
    """Whether a drain would find something to take up or to send."""
    if not is_wanted() or is_held():
        return False
    receiver = Receiver.objects.filter(name=NAME).first()
    if receiver is None or receiver.url_digest != url_digest():
        return True
    if feed.has_unnumbered() or ChangeCounter.objects.current().last > receiver.taken_up:
        return True
    now = clock.now()
    return circuit_breaker.allows(receiver, now) and Announcement.objects.due(now).exists()


def is_held() -> bool:
    """With everything held Booon is told nothing either: after a restore it would be old news."""
    return Hold.objects.over_everything() is not None


def taken_up() -> int | None:
    """The last cursor that is announced, or waits to be; None where Booon has no receiver."""
    if not is_wanted():
        return None
    receiver = Receiver.objects.filter(name=NAME).first()
    return receiver.taken_up if receiver else 0


def url_digest() -> str:
    return digest_of(settings.BOOON_WEBHOOK_URL)


def ensure_receiver(now: datetime) -> None:
    """Have the receiver's row there. One that moved is given the benefit of the doubt."""
    Receiver.objects.get_or_create(name=NAME)
    with transaction.atomic():
        receiver = locked_receiver()
        if receiver.url_digest != url_digest():
            receiver.url_digest = url_digest()
            circuit_breaker.close(receiver, now)
            receiver.save()


def locked_receiver() -> Receiver:
    return Receiver.objects.select_for_update(no_key=True).get(name=NAME)


def take_up(now: datetime) -> int:
    """Announce what is new in the feed, from the oldest kept. Returns how many changes it was."""
    feed.number_some()
    with transaction.atomic():
        receiver = locked_receiver()
        # Before they are read: what is numbered meanwhile is taken up the next time.
        last = ChangeCounter.objects.current().last
        new = Change.objects.filter(cursor__gt=receiver.taken_up, cursor__lte=last)
        changes = list(new.order_by("cursor")[:CHUNK])
        announce(changes, now)
        # Beyond the last there are only cursors that were passed over.
        receiver.taken_up = changes[-1].place if changes else last
        receiver.save(update_fields=["taken_up"])
    return len(changes)


def announce(changes: Collection[Change], now: datetime) -> None:
    """The first under its key is due, the others wait behind it."""
    keys = [key_of(change) for change in changes]
    first = Announcement.objects.filter(key__in=set(keys), due_at__isnull=False)
    busy = set(first.values_list("key", flat=True))
    rows = []
    for change, key in zip(changes, keys, strict=True):
        due_at = None if key in busy else now
        rows.append(Announcement(cursor=change.place, change=change, key=key, due_at=due_at))
        busy.add(key)
    Announcement.objects.bulk_create(rows)


def key_of(change: Change) -> str:
    """What has an order of its own: an order's changes, a SKU's levels at one location."""
    if change.order_id is not None:
        return f"order:{change.order_id}"
    return f"sku:{change.location_id}:{change.data.get('sku', '')}"[:300]


def next_due(room: int, busy: Collection[str], now: datetime) -> list[Announcement]:
    """Up to `room` announcements, one under a key, none under those that are busy."""
    due = Announcement.objects.due(now).exclude(key__in=busy).order_by("due_at", "cursor")
    rows = due.select_related("change__seller", "change__location").only(*NEEDED)[:room]
    one_each: dict[str, Announcement] = {}
    for row in rows:
        one_each.setdefault(row.key, row)
    return list(one_each.values())


def message_of(announcement: Announcement) -> Message:
    change = announcement.change
    shown = feed.as_json(change)
    return signing.message(webhook_id(change), change.type, api_time(change.at), shown)


def webhook_id(change: Change) -> str:
    """The same at every try, and no other change's: what a receiver tells repeats by.

    Its time is in it, because a restored database could give a cursor to another fact.
    """
    return f"change_{change.cursor}_{round(change.at.timestamp() * 1_000_000)}"


@transaction.atomic
def record_tries(tries: Collection[Try], now: datetime) -> None:
    """Write down what came of these, and call up what waited behind them."""
    receiver = locked_receiver()
    failed = [record_failure(each, now) for each in tries if not each.reply.is_taken]
    told = [each.announcement for each in tries if each.reply.is_taken]
    Attempt.objects.bulk_create(attempt(each) for each in tries)
    Announcement.objects.filter(cursor__in=[row.cursor for row in told]).delete()
    Announcement.objects.bulk_update(failed, ["tries", "due_at", "gives_up_at", "given_up_at"])
    given_up = [row for row in failed if row.given_up_at]
    Announcement.objects.call_up({row.key for row in (*told, *given_up)}, now)
    for each in tries:
        circuit_breaker.record_result(receiver, each.reply.is_taken, now)
    receiver.save()


def record_failure(each: Try, now: datetime) -> Announcement:
    row = each.announcement
    row.tries += 1
    row.gives_up_at = row.gives_up_at or now + timedelta(seconds=settings.BOOON_WEBHOOK_TRIES_FOR)
    if now >= row.gives_up_at:
        row.due_at, row.given_up_at = None, now
    else:
        row.due_at = min(now + delay(row.tries, each.reply.retry_after), row.gives_up_at)
    return row


def delay(tries: int, asked: float | None) -> timedelta:
    delays = settings.BOOON_WEBHOOK_DELAYS
    seconds = delays[min(tries, len(delays)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return timedelta(seconds=max(seconds, asked or 0))


def attempt(each: Try) -> Attempt:
    row, reply = each.announcement, each.reply
    outcome = Outcome.GIVEN_UP if row.given_up_at else Outcome.FAILED
    return Attempt(
        change_id=row.change_id,
        webhook_id=webhook_id(row.change),
        number=row.tries + 1 if reply.is_taken else row.tries,
        outcome=Outcome.TOLD if reply.is_taken else outcome,
        http_status=reply.status,
        elapsed_ms=reply.elapsed_ms,
        reason=reply.reason,
        at=each.at,
    )


def is_over(change: Change) -> bool:
    """Whether it was taken up once and waits no more."""
    return change.cursor is not None and change.cursor <= (taken_up() or 0)


@transaction.atomic
def resend(changes: Iterable[Change], now: datetime) -> list[Change]:
    """Have these told now, each under its own webhook id. Returns those that will be.

    What was told, or given up, gets one try, for which nothing under its key waits longer. What
    waits behind another keeps its turn. A receiver that is spared is probed at once.
    """
    ensure_receiver(now)
    receiver = locked_receiver()
    numbered = [change for change in changes if change.cursor is not None]
    asked = {each.place: each for each in numbered if each.place <= receiver.taken_up}
    rows = Announcement.objects.filter(cursor__in=asked)
    behind = set(rows.filter(due_at=None, given_up_at=None).values_list("cursor", flat=True))
    told = asked.keys() - set(rows.values_list("cursor", flat=True))
    rows.filter(due_at__isnull=False).update(due_at=now)
    rows.exclude(given_up_at=None).update(given_up_at=None, gives_up_at=now, due_at=now)
    for cursor in sorted(told):
        change = asked[cursor]
        rows.create(cursor=cursor, change=change, key=key_of(change), gives_up_at=now, due_at=now)
    if receiver.probe_at is not None:
        receiver.probe_at = now
        receiver.save(update_fields=["probe_at"])
    return [change for cursor, change in asked.items() if cursor not in behind]
