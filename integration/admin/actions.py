"""What staff may ask for with one click: written down with their name, woken after commit."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.template.defaultfilters import pluralize

from booon_console.lib import clock
from booon_console.lib.search import CAP
from booon_console.lib.spoken import grouped
from integration.bulk import retry as bulk_retry
from integration.catalog import pull
from integration.feed import announcements
from integration.models import (
    Change,
    Delivery,
    Drain,
    Event,
    Order,
    SyncJob,
    make_event,
    record_event,
    record_events,
)
from integration.models.sync import is_held
from integration.reconciliation import schedule
from integration.sync import wakeup
from sellers.models import Location, Seller

RETRY = "integration.retry_syncjob"
REPLAY = "integration.replay_delivery"
RECONCILE = "integration.reconcile"
RESEND = "integration.resend_announcement"
HOLD = "integration.set_hold"


@transaction.atomic
def retry(asked: QuerySet[SyncJob], *, actor: str) -> int:
    """Have these looked at again, as many as a list shows. Returns how many were asked."""
    wakeup.after_commit(Drain.Kind.OUTBOX)
    return bulk_retry.retry(first_ids(asked), actor=actor, now=clock.now())


def said_of_retry(asked: QuerySet[SyncJob], *, actor: str) -> str:
    """Have these looked at again. Returns how many are at once, and how many when they may."""
    held = asked.exclude(status=SyncJob.Status.CANCELLED).filter(is_held()).count()
    at_once = retry(asked, actor=actor) - held
    said = [f"{grouped(at_once)} will be tried again."] if at_once or not held else []
    said += [f"{grouped(held)} will be tried once the hold is released."] if held else []
    return " ".join(said)


@transaction.atomic
def replay(asked: QuerySet[Delivery], *, actor: str) -> int:
    """Have these deliveries applied again. Returns how many will be."""
    wakeup.after_commit(Drain.Kind.INBOX)
    return bulk_retry.replay(first_ids(asked), actor=actor, now=clock.now())


def first_ids(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:CAP])


@transaction.atomic
def read_catalogs(locations: QuerySet[Location], *, actor: str) -> int:
    """Have these locations' whole catalogs read, as many as a list shows. Returns how many will
    be."""
    chosen = list(locations.order_by("pk").only("seller_id")[:CAP])
    now = clock.now()
    count = pull.want_full([location.pk for location in chosen])
    record_events(
        make_event(
            "retry",
            "The whole catalog asked for.",
            at=now,
            actor=actor,
            seller_id=location.seller_id,
            location_id=location.pk,
        )
        for location in chosen
    )
    wakeup.after_commit(Drain.Kind.OUTBOX)
    return count


def said_of_catalogs(count: int) -> str:
    return f"{grouped(count)} catalog{pluralize(count)} will be read whole."


@transaction.atomic
def resend(asked: QuerySet[Change], *, actor: str) -> str:
    """Have these sent to Booon's receiver again. Returns a sentence about how many will be."""
    if not announcements.is_wanted():
        return "Booon has no receiver: set BOOON_WEBHOOK_URL."
    ids = list(asked.order_by("pk").values_list("pk", flat=True)[:CAP])
    chosen = list(Change.objects.filter(pk__in=ids))
    now = clock.now()
    sent = announcements.resend(chosen, now)
    record_events(resend_event(change, actor, now) for change in sent)
    wakeup.after_commit(Drain.Kind.ANNOUNCEMENTS)
    sentence = f"Sent to Booon again: {grouped(len(sent))}."
    rest = len(chosen) - len(sent)
    return f"{sentence} {grouped(rest)} wait behind another." if rest else sentence


def record_body_read(delivery: Delivery, *, actor: str) -> None:
    """Somebody read a body whole, with the buyer's data that may be in it."""
    record_event(
        "read",
        "Read as it came.",
        at=clock.now(),
        actor=actor,
        location=delivery.location,
        delivery=delivery,
    )


def record_buyer_read(order: Order, *, actor: str) -> None:
    """Somebody read a buyer's name, address and number."""
    record_event(
        "buyer_read", "The buyer's data was read.", at=clock.now(), actor=actor, order=order
    )


def record_document_opened(order: Order, what: str, *, actor: str) -> None:
    """Somebody opened a label or an invoice, with the buyer's address on it."""
    record_event("document", f"Opened: {what}.", at=clock.now(), actor=actor, order=order)


def record_evidence_download(order: Order, *, actor: str) -> None:
    record_event("evidence", "Evidence was downloaded.", at=clock.now(), actor=actor, order=order)


@transaction.atomic
def reconcile_order(order: Order, *, actor: str) -> bool:
    """Have it compared with EasyEcom. False where a look-up would tell nothing, or doubt stands."""
    wakeup.after_commit(Drain.Kind.OUTBOX)
    return bool(schedule.request_order(order, actor=actor))


@transaction.atomic
def reconcile_seller(seller: Seller, *, actor: str) -> int:
    """Have its open orders and its stock compared. Returns how many jobs do that."""
    wakeup.after_commit(Drain.Kind.OUTBOX)
    return len(schedule.request_seller(seller, actor=actor))


def resend_event(change: Change, actor: str, at: datetime) -> Event:
    return make_event(
        "resent",
        f"Sending change {change.cursor} ({change.type}) to Booon again.",
        at=at,
        actor=actor,
        seller_id=change.seller_id,
        location_id=change.location_id,
        order_id=change.order_id,
    )


def may(request: Any, permission: str) -> bool:
    """Whether this person may."""
    return bool(request.user.has_perm(permission))
