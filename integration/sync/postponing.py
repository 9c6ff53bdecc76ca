"""What waits for calls of another hour or day is put off until then, and says so."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from integration.models import Order, OrderReason, Quota, SyncJob, SyncJobs, because
from integration.models.reasons import overridden_at_locations, overridden_by
from integration.sync import gateway, leases, log_ins, rate_limit
from sellers.models import Location, LocationReason, Seller

FAULT_PAUSE = timedelta(minutes=1)
# Jobs put off in one transaction.
AT_ONCE = 500
# A fault of ours with what is stored of an account.
FAULT = "account_fault"
# What lasts for more than a moment is said on the order and the location themselves: as a job's
# code and as their reason these are the same word.
LASTING = (rate_limit.SPENT, log_ins.UNREADABLE, gateway.HELD)


@transaction.atomic
def put_off(
    seller_id: int, now: datetime, *, is_polling: bool, only: Collection[int] | None = None
) -> bool:
    """Have the account's due jobs of that use come again when it may call. True while there are
    more of them."""
    # Its limits as they are now, and till these jobs are put off by them: else `resume` may have
    # come in between, and nothing would bring them forward again.
    seller = Seller.objects.select_for_update(no_key=True).get(pk=seller_id)
    refusal = rate_limit.refusal(seller, now, is_polling=is_polling)
    if not refusal.is_of_the_day:
        return True
    due = leases.claimable(now).filter(seller=seller).polling(is_polling)
    if only is not None:
        due = due.filter(pk__in=only)
    ids = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    put_off_jobs(due, ids, refusal.until, refusal.code, refusal.message, now)
    return len(ids) == AT_ONCE


@transaction.atomic
def set_aside(
    seller_id: int, fault: Exception, now: datetime, *, only: Collection[int] | None = None
) -> None:
    """A fault of ours with one account: its due jobs wait a minute and say so, nobody else's."""
    due = leases.claimable(now).filter(seller=seller_id)
    if only is not None:
        due = due.filter(pk__in=only)
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    message = f"A fault of the console's own with this account ({type(fault).__name__})."
    put_off_jobs(due, ids, now + FAULT_PAUSE, FAULT, message, now)


def put_off_jobs(
    due: SyncJobs,
    ids: Collection[int],
    until: datetime | None,
    code: str,
    message: str,
    now: datetime,
) -> None:
    """Those of `due` come again later and say why; so do their orders and locations, where that
    lasts. In a transaction."""
    # The orders before their jobs: everyone else locks in that order too.
    record_reason(ids, code, message, now)
    # Jobs that someone else is just claiming are theirs: nobody waits here for a job's row.
    free = due.filter(pk__in=ids).select_for_update(skip_locked=True, no_key=True).order_by("pk")
    mine = due.filter(pk__in=list(free.values_list("pk", flat=True)))
    leases.put_off(mine, until, code, message, now)


def record_reason(job_ids: Collection[int], code: str, message: str, now: datetime) -> None:
    """On the orders and unfinished locations themselves, where that lasts."""
    if code not in LASTING:
        return
    reason, said = OrderReason(code), {"blocked_detail": message[:500], "updated_at": now}
    waiting = Order.objects.with_call_to_make().filter(
        sync_job__in=job_ids, blocked_reason__in=overridden_by(reason)
    )
    # In the order of their keys, so that two who do this don't wait for each other.
    locked = waiting.select_for_update(of=("self",), no_key=True).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids).update(**(said | because(reason, now)))
    joining = SyncJob.objects.filter(pk__in=job_ids, kind=SyncJob.Kind.LOCATION).values("location")
    unfinished = Location.objects.filter(pk__in=joining, live_at=None)
    unfinished.filter(blocked_reason__in=overridden_at_locations(reason)).update(
        blocked_reason=LocationReason(code), **said
    )


def resume(seller: Seller) -> int:
    """The account's limits were changed: all that waited for them is due. Returns how many jobs.

    Called with the seller's row locked. What is still too much is put off anew, by the new limits.
    """
    # One under way may just be refused by the old limits: it looks again.
    waiting = Q(error_code__in=[rate_limit.SPENT, rate_limit.SLOWED])
    jobs = SyncJob.objects.filter(waiting | Q(status=SyncJob.Status.RUNNING), seller=seller)
    # The jobs before the quota, as a turn locks them that takes quota for its next calls.
    in_turn = jobs.select_for_update(no_key=True).order_by("pk")
    ids = list(in_turn.values_list("pk", flat=True))
    # How polling spreads what was left of the day is reckoned anew with its next call.
    # What EasyEcom said of the old plan may hold no more.
    Quota.objects.filter(seller=seller).update(polls_at=None, refused_until=None)
    return SyncJob.objects.filter(pk__in=ids).want()
