"""Hold and release. While something is held, its jobs stand aside and say so; a release has them
all looked at again.

A hold is looked for in several places on a call's way:

- `gateway.prepare` keeps the promise. It looks in the transaction that opens a call; nothing else
  stands between a hold that is set while a drain runs and that drain's next call.
- `leases.claimable` leaves held jobs out of the look for due jobs and of the claim. It spares
  quota and a claim; and a held job that `prepare` turned back is due at once, so without this the
  drain would take it again and again.
- `enforce`, before each drain, has held jobs stand aside. It is for people, who read the reason on
  the order, and for the look for due jobs, which would else read past them at every turn.

`database_guard.lets_out` comes before all of them. It sets the hold where this is another database.
Where that can't be known, or only this process has other settings, there is no hold, and the
drain's asking is the only thing in the way.
What goes to Booon asks `database_guard` and `feed.announcements.is_held` by itself.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, Value, When

from booon_console.lib import clock
from integration.models import (
    Binding,
    ChangeCounter,
    Doubt,
    Hold,
    Order,
    OrderReason,
    SyncJob,
    SyncJobs,
    record_event,
)
from integration.sync import gateway, leases, postponing, recovery
from integration.sync.shards import EVERYTHING, Part
from sellers.models import Location, LocationReason, Seller

log = structlog.get_logger(__name__)

HELD = gateway.HELD
CHUNK = 500


class AlreadyHeld(Exception):
    """One hold at a time for a seller, and one for everything. Nothing was changed."""


class AlreadyReleased(Exception):
    """Somebody released it first. Nothing was changed."""


@transaction.atomic
def hold(seller: Seller | None, reason: str, *, actor: str, doubts_database: bool = False) -> Hold:
    """Stop all that goes out for a seller, or for everybody. Calls under way come in.

    Raises AlreadyHeld.
    """
    now = clock.now()
    row = Hold(seller=seller, reason=reason[:400], doubts_database=doubts_database)
    row.set_by, row.set_at = actor[:150], now
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise AlreadyHeld from None
    sentence = f"Held {row.whom}: {row.reason}"
    record_event("hold", sentence, at=now, actor=actor, seller=seller)
    return row


def locked_holds() -> QuerySet[Hold]:
    """Those that are open, locked until the transaction ends."""
    return Hold.objects.open().select_for_update(of=("self",), no_key=True)


@transaction.atomic
def release(row: Hold, reason: str, *, actor: str) -> None:
    """Let it go out again. A doubt about the database ends here: it is bound to where it is now,
    and what it holds as unsent is looked up first.

    Raises AlreadyReleased.
    """
    now = clock.now()
    found = locked_holds().filter(pk=row.pk).first()
    if found is None:
        raise AlreadyReleased
    found.released_at, found.released_by, found.release_reason = now, actor[:150], reason[:400]
    found.save(update_fields=["released_at", "released_by", "release_reason"])
    if found.doubts_database:
        bind_anew(now)
        ChangeCounter.objects.pass_over(0, now)
        recovery.doubt_the_unsent(found.set_at, now)
    sentence = f"Released {found.whom}: {reason}"
    record_event("release", sentence, at=now, actor=actor, seller=found.seller)


def bind_anew(now: datetime) -> None:
    """From here on this database is another than the one that was restored or copied."""
    Binding.objects.create(
        made_at=now,
        environment=settings.BOOON_ENVIRONMENT,
        base_url=settings.EASYECOM_BASE_URL,
    )


@transaction.atomic
def doubt(reason: str, binding: Binding, last_cursor: int = 0) -> None:
    """Hold everything because the database is not the one that it should be. Once.

    `last_cursor` is the highest that somebody remembers to have been given; 0 where nobody does.
    """
    held = locked_holds().filter(seller=None).first()
    if Binding.objects.latest().pk != binding.pk or (held and held.doubts_database):
        return  # somebody released it, or doubted it, a moment ago
    log.error("database_doubted", reason=reason)
    # At once, and not at the release: webhooks still come in, and Booon still reads.
    ChangeCounter.objects.pass_over(last_cursor, clock.now())
    if held is None:
        with suppress(AlreadyHeld):
            hold(None, reason, actor="console", doubts_database=True)
        return
    held.doubts_database = True
    held.reason = f"{held.reason} {reason}"[:400]
    held.save(update_fields=["doubts_database", "reason"])
    record_event("hold", f"Held everything: {reason}", at=clock.now())


def has_to_say(part: Part = EVERYTHING) -> bool:
    """Whether jobs stand aside that need no longer, or should and don't yet."""
    if part.jobs(aside().unheld()).exists():
        return True
    return Hold.objects.open().exists() and part.jobs(leases.due(clock.now()).held()).exists()


def enforce(ends_at: float, only: Collection[int] | None = None, part: Part = EVERYTHING) -> None:
    """Have each job stand aside that is held, and each come back that is not. Safe to repeat.

    `ends_at` is monotonic; `only` narrows it to these job ids, `part` to some sellers.
    """
    for released in chunks(part.jobs(aside().unheld()), ends_at, only):
        bring_back(released)
    if Hold.objects.open().exists():
        for held in chunks(part.jobs(leases.due(clock.now()).held()), ends_at, only):
            stand_aside(held)


def aside() -> SyncJobs:
    return SyncJob.objects.filter(error_code=HELD).exclude(status=SyncJob.Status.RUNNING)


def chunks(jobs: SyncJobs, ends_at: float, only: Collection[int] | None) -> Iterator[list[int]]:
    chosen = jobs.order_by("pk") if only is None else jobs.filter(pk__in=only).order_by("pk")
    last = 0
    while time.monotonic() < ends_at:
        ids = list(chosen.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        yield ids
        last = ids[-1]


@transaction.atomic
def stand_aside(job_ids: Collection[int], why: str = "") -> None:
    """Not due until they are released; on their orders and unfinished locations it is said why.

    `why` is given where no hold says it.
    """
    now = clock.now()
    jobs = SyncJob.objects.filter(pk__in=job_ids)
    for seller_id in jobs.order_by("seller").values_list("seller", flat=True).distinct():
        row = Hold.objects.over(seller_id)
        if row or why:
            # Not who: Booon's platform reads it too.
            reason = row.reason if row else why
            ids = list(jobs.filter(seller=seller_id).values_list("pk", flat=True))
            postponing.put_off_jobs(leases.due(now), ids, None, HELD, reason, now)


@transaction.atomic
def bring_back(job_ids: Collection[int]) -> None:
    """Due at once, in their turn."""
    now = clock.now()
    jobs = SyncJob.objects.filter(pk__in=job_ids, error_code=HELD)
    nothing = {"blocked_detail": "", "updated_at": now}
    # The orders before their jobs, each in the order of its key.
    orders = Order.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    held = orders.filter(sync_job__in=job_ids, blocked_reason=OrderReason.HELD)
    order_ids = list(held.values_list("pk", flat=True))
    in_doubt = When(~Q(doubt=Doubt.NONE), then=Value(OrderReason.IN_DOUBT))
    Order.objects.filter(pk__in=order_ids).update(
        blocked_reason=Case(in_doubt, default=Value("")), **nothing
    )
    places = jobs.filter(kind=SyncJob.Kind.LOCATION).values_list("location", flat=True)
    Location.objects.filter(pk__in=list(places), blocked_reason=LocationReason.HELD).update(
        blocked_reason=LocationReason.ONBOARDING, **nothing
    )
    jobs.want()
    jobs.update(error_code="", error_message="")
