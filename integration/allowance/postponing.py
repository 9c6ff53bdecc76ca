"""What waits for calls of another hour or day is put off until then, and says so."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from integration.allowance import quota
from integration.allowance.quota import Refusal
from integration.engine import leases
from integration.models import Order, OrderReason, SyncJob, because
from integration.trouble.precedence import HAS_CALL_TO_MAKE, told_before
from sellers.models import Location, LocationReason, Seller

# Jobs put off in one transaction.
AT_ONCE = 500
PASSING_AT_LOCATIONS = (
    LocationReason.ONBOARDING,
    LocationReason.RATE_LIMITED,
    LocationReason.UNREACHABLE,
    LocationReason.QUOTA_SPENT,
)


@transaction.atomic
def put_off(
    seller: Seller,
    refusal: Refusal,
    now: datetime,
    *,
    is_polling: bool,
    only: Collection[int] | None = None,
) -> bool:
    """Have the account's due jobs of that use come again when it may call. True while there are
    more of them."""
    due = leases.claimable(now).filter(seller=seller).polling(is_polling)
    if only is not None:
        due = due.filter(pk__in=only)
    ids = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    # The orders before their jobs: everyone else locks in that order too.
    say_so(ids, refusal, now)
    # Jobs that someone else is just claiming are theirs: nobody waits here for a job's row.
    free = due.filter(pk__in=ids).select_for_update(skip_locked=True, no_key=True)
    mine = due.filter(pk__in=list(free.values_list("pk", flat=True)))
    leases.put_off(mine, refusal.until, refusal.code, refusal.message, now)
    return len(ids) == AT_ONCE


def say_so(job_ids: Collection[int], refusal: Refusal, now: datetime) -> None:
    """On the orders and unfinished locations themselves, where the day's calls are used up."""
    if refusal.code != quota.SPENT:
        return
    said = {"blocked_detail": refusal.message, "updated_at": now}
    orders = Order.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    weaker = told_before(OrderReason.QUOTA_SPENT)
    waiting = orders.filter(HAS_CALL_TO_MAKE, sync_job__in=job_ids, blocked_reason__in=weaker)
    # In the order of their keys, so that two who do this don't wait for each other.
    ids = list(waiting.values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids).update(
        blocked_detail=refusal.message, **because(OrderReason.QUOTA_SPENT, now)
    )
    joining = SyncJob.objects.filter(pk__in=job_ids, kind=SyncJob.Kind.LOCATION).values("location")
    Location.objects.filter(
        pk__in=joining, live_at=None, blocked_reason__in=PASSING_AT_LOCATIONS
    ).update(blocked_reason=LocationReason.QUOTA_SPENT, **said)


def look_again(seller: Seller) -> int:
    """The account's limits were changed: what waited for them is due. Returns how many."""
    waiting = SyncJob.objects.filter(seller=seller, error_code__in=[quota.SPENT, quota.SLOWED])
    return waiting.want()
