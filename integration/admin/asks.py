"""What staff may ask for with one click: written down with their name, woken after commit."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from booon_console import clock
from booon_console.search import CAP
from booon_console.spoken import grouped
from integration import jobs
from integration.bulk_runs import again
from integration.comparing import rounds
from integration.models import Change, Delivery, Drain, Event, Order, SyncJob, record_event
from integration.telling import announcements
from sellers.models import Seller

RETRY = "integration.retry_syncjob"
REPLAY = "integration.replay_delivery"
RECONCILE = "integration.reconcile"
RESEND = "integration.resend_announcement"
HOLD = "integration.set_hold"


@transaction.atomic
def retry(asked: QuerySet[SyncJob], *, actor: str) -> int:
    """Have these looked at again, as many as a list shows. Returns how many were asked."""
    transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
    return again.retry(first_ids(asked), actor=actor, now=clock.now())


@transaction.atomic
def replay(asked: QuerySet[Delivery], *, actor: str) -> int:
    """Have these deliveries applied again. Returns how many will be."""
    transaction.on_commit(partial(jobs.wake, Drain.Kind.INBOX))
    return again.replay(first_ids(asked), actor=actor, now=clock.now())


def first_ids(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:CAP])


@transaction.atomic
def resend(asked: QuerySet[Change], *, actor: str) -> str:
    """Have Booon's receiver told of these again. Returns a sentence about how many will be."""
    if not announcements.is_wanted():
        return "Booon has no receiver: set BOOON_WEBHOOK_URL."
    ids = list(asked.order_by("pk").values_list("pk", flat=True)[:CAP])
    chosen = list(Change.objects.filter(pk__in=ids))
    now = clock.now()
    sent = announcements.resend(chosen, now)
    again.note(resend_event(change, actor, now) for change in sent)
    transaction.on_commit(partial(jobs.wake, Drain.Kind.ANNOUNCEMENTS))
    told = f"Booon is told of {grouped(len(sent))} again."
    rest = len(chosen) - len(sent)
    return f"{told} {grouped(rest)} wait for their turn behind another." if rest else told


def note_reading(delivery: Delivery, *, actor: str) -> None:
    """Somebody read a body whole, with the buyer's data that may be in it."""
    record_event(
        "read",
        "Read as it came.",
        at=clock.now(),
        actor=actor,
        location=delivery.location,
        delivery=delivery,
    )


def note_buyer_read(order: Order, *, actor: str) -> None:
    """Somebody read a buyer's name, address and number."""
    record_event(
        "buyer_read", "The buyer's data was read.", at=clock.now(), actor=actor, order=order
    )


def note_evidence(order: Order, *, actor: str) -> None:
    record_event("evidence", "Evidence was downloaded.", at=clock.now(), actor=actor, order=order)


@transaction.atomic
def reconcile_order(order: Order, *, actor: str) -> bool:
    """Have it compared with EasyEcom. False where a look-up would tell nothing, or doubt stands."""
    transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
    return bool(rounds.ask_order(order, actor=actor))


@transaction.atomic
def reconcile_seller(seller: Seller, *, actor: str) -> int:
    """Have its open orders and its stock compared. Returns how many jobs do that."""
    transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
    return len(rounds.ask_seller(seller, actor=actor))


def resend_event(change: Change, actor: str, at: datetime) -> Event:
    return Event(
        at=at,
        kind="resent",
        actor=actor,
        sentence=f"Telling Booon again of change {change.cursor} ({change.type}).",
        seller_id=change.seller_id,
        location_id=change.location_id,
        order_id=change.order_id,
    )


def may(request: Any, permission: str) -> bool:
    """Whether this person may."""
    return bool(request.user.has_perm(permission))
