"""Two workers, or a worker and a person, at the same job, account or log-in."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from integration.easyecom import get_locations
from integration.models import ApiCall, Hold, Order, Quota, Rest, SyncJob
from integration.orders import rows
from integration.sync import engine, holds, leases, postponing, rate_limit
from integration.sync.api_calls import Prepared, Wait
from integration.sync.leases import LeaseLost
from integration.sync.turns import Step
from sellers.models import Location, Seller
from tests import races
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.turns import advance, prepare

pytestmark = races.marks


def left_behind(job):
    """As its worker holds it, whose lease has ended."""
    (mine,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    return mine


def spend(seller):
    """EasyEcom refuses more calls today, of which the account has one."""
    now = timezone.now()
    Seller.objects.filter(pk=seller.pk).update(daily_quota=1)
    Quota.objects.create(
        seller=seller,
        full_at=now,
        day=timezone.localdate(now),
        used_today=1,
        spent_until=now + timedelta(minutes=15),
    )


def ids_of(jobs):
    return [job.pk for job in jobs]


def test_job_that_two_claim_at_once_is_one_workers():
    job, now = make_order().sync_job, timezone.now()

    mine, theirs = races.meet(
        lambda: leases.claim([job.pk], now), lambda: leases.claim([job.pk], now)
    )

    assert (ids_of(mine), theirs) == ([job.pk], [])
    assert SyncJob.objects.get().attempts == 1


def test_job_of_a_killed_worker_is_taken_over_by_one():
    job, now = make_order().sync_job, timezone.now()
    left_behind(job)

    mine, theirs = races.meet(
        lambda: leases.claim([job.pk], now), lambda: leases.claim([job.pk], now)
    )

    assert (ids_of(mine), theirs) == ([job.pk], [])


@pytest.mark.parametrize("is_release", [True, False], ids=["release", "next step"])
def test_lease_that_is_taken_over_meanwhile_is_lost(is_release):
    job, now = make_order().sync_job, timezone.now()
    mine = left_behind(job)

    def go_on():
        if is_release:
            return leases.release([(mine, holds_nothing())], now)
        with transaction.atomic():
            return leases.lock([mine])

    (theirs,), mine_found = races.meet(lambda: leases.claim([job.pk], now), go_on)

    job.refresh_from_db()
    assert isinstance(mine_found, LeaseLost) if is_release else mine_found == set()
    assert (job.status, job.lease_token) == ("running", theirs.lease_token)


def holds_nothing():
    return Rest(SyncJob.Status.SUCCEEDED)


def test_worker_that_comes_late_to_its_own_renewal_sends_no_order():
    order, now = make_order(), timezone.now()
    rate_limit.take(order.seller, 1, now)
    mine = left_behind(order.sync_job)

    _, prepared = races.meet(
        lambda: leases.claim([mine.pk], now), lambda: advance(mine, None, may_call=True)
    )

    order.refresh_from_db()
    assert (prepared, order.push_begun_at) == (None, None)
    assert not ApiCall.objects.exists()


def test_request_that_comes_while_a_job_is_released_is_not_lost():
    job, now = make_order().sync_job, timezone.now()
    (mine,) = leases.claim([job.pk], now)

    races.meet(
        SyncJob.objects.filter(pk=job.pk).want,
        lambda: leases.release([(mine, holds_nothing())], now),
    )

    job.refresh_from_db()
    assert job.status == "pending"
    assert job.due_at <= timezone.now()


def test_request_that_comes_while_a_job_is_claimed_has_it_looked_at_again():
    job, now = make_order().sync_job, timezone.now()

    (mine,), _ = races.meet(
        lambda: leases.claim([job.pk], now), SyncJob.objects.filter(pk=job.pk).want
    )
    leases.release([(mine, holds_nothing())], timezone.now())

    job.refresh_from_db()
    assert (job.status, job.wanted, job.served) == ("pending", 2, 1)


def test_two_takers_at_once_never_get_more_than_the_burst():
    seller, now = make_seller(rate_per_second=0.01, burst=3), timezone.now()
    rate_limit.row_of(seller, now)

    granted = races.meet(
        lambda: rate_limit.take(seller, 2, now), lambda: rate_limit.take(seller, 2, now)
    )

    assert granted == (2, 1)
    assert Quota.objects.get().used_today == 3


def test_poll_and_order_at_once_share_a_burst_of_one():
    seller, now = make_seller(rate_per_second=0.01, burst=1), timezone.now()
    rate_limit.row_of(seller, now)

    granted = races.meet(
        lambda: rate_limit.take(seller, 1, now, is_polling=True),
        lambda: rate_limit.take(seller, 1, now),
    )

    assert granted == (1, 0)


def test_first_calls_of_an_account_at_once_make_one_row():
    seller, now = make_seller(rate_per_second=0.01, burst=3), timezone.now()

    granted = races.meet(
        lambda: rate_limit.take(seller, 2, now), lambda: rate_limit.take(seller, 2, now)
    )

    assert granted == (2, 1)


def test_two_jobs_of_a_location_at_once_log_in_once():
    location, now = make_location(token=""), timezone.now()
    first, second = make_order(location).sync_job, make_order(location).sync_job

    def prepared(job):
        place = Location.objects.select_related("seller").get(pk=location.pk)
        return prepare(job, place, get_locations(), now, has_quota=True)

    mine, theirs = races.meet(lambda: prepared(first), lambda: prepared(second))

    assert isinstance(mine, Prepared)
    assert isinstance(theirs, Wait)
    assert ApiCall.objects.filter(kind="log_in").count() == 1


def test_hold_is_set_and_released_once_by_two_at_once():
    seller = make_seller()

    row, second = races.meet(
        lambda: holds.hold(seller, "Stocktake", actor="asha"),
        lambda: holds.hold(seller, "Another", actor="ravi"),
    )
    assert isinstance(second, holds.AlreadyHeld)

    _, second = races.meet(
        lambda: holds.release(row, "Done", actor="asha"),
        lambda: holds.release(row, "Me too", actor="ravi"),
    )
    assert isinstance(second, holds.AlreadyReleased)
    assert Hold.objects.get().released_by == "asha"


@pytest.mark.parametrize("set_aside", [True, False], ids=["a fault", "no quota"])
def test_what_another_is_claiming_is_not_put_off_and_nobody_waits(set_aside):
    order, now = make_order(), timezone.now()
    spend(order.seller)
    claimed = []

    def put_off():
        if set_aside:
            return postponing.set_aside(order.seller_id, ValueError(), now)
        return postponing.put_off(order.seller_id, now, is_polling=False)

    beside = races.Beside(put_off)
    with transaction.atomic():
        claimed += leases.claim([order.sync_job.pk], now)
        beside.begin()
        assert not beside.until_it_waits()
    beside.until_it_ends()

    job = SyncJob.objects.get(order=order)
    assert not isinstance(beside.found, Exception)
    assert (job.status, job.lease_token) == ("running", claimed[0].lease_token)
    assert job.error_code == ""


def two_orders(**fields):
    location = make_location()
    return [make_order(location, **fields) for _ in range(2)]


def move_behind(order):
    """By place, by time and by its job's number: whoever just reads on meets it last."""
    later = timezone.now() + timedelta(minutes=1)
    Order.objects.filter(pk=order.pk).update(updated_at=later, stage_since=later)
    job = SyncJob.objects.get(order=order)
    job.delete()
    job.pk = None
    job.save(force_insert=True)
    order.sync_job = job


def spent(orders):
    spend(orders[0].seller)
    postponing.put_off(orders[0].seller_id, timezone.now(), is_polling=False)


def stand_aside(orders):
    holds.stand_aside([order.sync_job.pk for order in reversed(orders)], "Held")


def bring_back(orders):
    holds.bring_back([order.sync_job.pk for order in reversed(orders)])


def release_the_restored(orders):
    holds.release(Hold.objects.get(), "It is the backup of today", actor="asha")


@pytest.mark.parametrize("locks", [spent, stand_aside, bring_back, release_the_restored])
def test_whoever_writes_to_several_orders_locks_them_by_their_ids(locks):
    orders = two_orders(blocked_reason="held" if locks is bring_back else "")
    if locks is bring_back:
        SyncJob.objects.update(error_code="held", due_at=None)
    if locks is release_the_restored:
        holds.hold(None, "Older", actor="console", doubts_database=True)
    first, second = orders
    move_behind(first)

    found = races.locks_in_order(first, [second], lambda: locks(orders))

    assert found is None


@pytest.mark.parametrize("locks", [spent, stand_aside, bring_back])
def test_order_is_locked_before_its_job(locks):
    (order, _) = orders = two_orders(blocked_reason="held" if locks is bring_back else "")
    if locks is bring_back:
        SyncJob.objects.update(error_code="held", due_at=None)

    found = races.locks_in_order(order, [order.sync_job], lambda: locks(orders))

    assert found is None


def test_engine_locks_the_order_before_its_job():
    order, now = make_order(), timezone.now()
    rate_limit.take(order.seller, 1, now)
    (job,) = leases.claim([order.sync_job.pk], now)

    prepared = races.locks_in_order(
        order, [order.sync_job], lambda: advance(job, None, may_call=True)
    )

    assert isinstance(prepared, Prepared)


def test_awb_that_is_assigned_while_a_restored_database_is_released_stays_assigned():
    order = pushed(make_order())
    make_shipment(order)
    holds.hold(None, "Older", actor="console", doubts_database=True)

    found = races.meet(
        lambda: rows.mark_assigned(order, timezone.now()), lambda: release_the_restored([order])
    )

    order.refresh_from_db()
    assert found == (None, None)
    assert (order.stage, order.doubt) == ("carrier_assigned", "")


def claimed(orders):
    now = timezone.now()
    rate_limit.take(orders[0].seller, len(orders), now)
    return leases.claim([order.sync_job.pk for order in orders], now)


def opened(jobs):
    """By the engine, those that come first named last."""
    return [
        call for _, call in engine.advance([Step(job) for job in reversed(jobs)], may_call=True)
    ]


def test_engine_locks_the_orders_of_a_set_by_their_ids_and_before_their_jobs():
    orders = two_orders()
    jobs = claimed(orders)

    calls = races.locks_in_order(
        orders[0], [orders[1], *(order.sync_job for order in orders)], lambda: opened(jobs)
    )

    assert len(calls) == 2


def test_engine_locks_the_jobs_of_a_set_by_their_ids():
    jobs = claimed(two_orders())
    first, second = sorted(jobs, key=lambda job: job.pk)

    calls = races.locks_in_order(first, [second], lambda: opened(jobs))

    assert len(calls) == 2


def test_set_that_meets_in_a_deadlock_goes_on_one_by_one():
    """Somebody who locks jobs the other way round, as nobody should."""
    jobs = claimed(two_orders())
    first, second = sorted(jobs, key=lambda job: job.pk)

    beside = races.Beside(lambda: opened(jobs))
    with transaction.atomic():
        races.locked_at_once(second)
        beside.begin()
        assert beside.until_it_waits()
        # Of two who wait for each other the one who waits longest finds out first.
        SyncJob.objects.select_for_update(no_key=True).get(pk=first.pk)
    beside.until_it_ends()

    assert len(beside.found) == 2
    assert ApiCall.objects.filter(is_open=True).count() == 2


def test_change_of_limits_locks_the_jobs_before_the_quota():
    """As a set does that takes quota for its next calls."""
    orders = two_orders()
    jobs = sorted(claimed(orders), key=lambda job: job.pk)

    def change():
        with transaction.atomic():
            return postponing.resume(Seller.objects.select_for_update(no_key=True).get())

    resumed = races.locks_in_order(jobs[0], [Quota.objects.get(), jobs[1]], change)

    assert resumed == 2
