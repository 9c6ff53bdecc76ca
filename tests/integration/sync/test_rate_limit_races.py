"""Several workers at one account: every call is counted, and no two wait for each other."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from booon_console.lib import clock
from integration.models import CallCount, Order, Quota, SyncJob
from integration.sync import leases, postponing, rate_limit
from sellers.models import Seller
from tests import only_on
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.postgres

WORKERS = 4


def make_spent_seller():
    """EasyEcom refuses its calls for another hour."""
    seller, now = make_seller(daily_quota=100), clock.now()
    Quota.objects.create(
        seller=seller,
        full_at=now,
        day=timezone.localdate(now),
        used_today=100,
        spent_until=now + timedelta(hours=1),
    )
    return seller


def at_once(work):
    """Run `work` in every worker; raises what one of them raised."""
    faults = []
    start = threading.Barrier(WORKERS)

    def run(n):
        try:
            start.wait(30)
            work(n)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[n]) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    if faults:
        raise faults[0]


@pytest.mark.django_db(transaction=True)
def test_every_call_is_counted_once():
    seller, now = make_seller(), clock.now()

    def work(n):
        for _ in range(15):
            rate_limit.count({(seller.pk, "create_order", False): 1}, now)

    at_once(work)

    assert CallCount.objects.get().count == WORKERS * 15


@pytest.mark.django_db(transaction=True)
def test_workers_put_off_and_claim_the_same_jobs_without_a_deadlock():
    location = make_location(seller=make_spent_seller())
    for _ in range(30):
        make_order(location)
    ids = list(SyncJob.objects.values_list("pk", flat=True))

    def work(n):
        mine = ids if n % 2 else ids[::-1]
        for _ in range(6):
            if n == 0:
                leases.claim(mine, clock.now())
            else:
                postponing.put_off(location.seller_id, clock.now(), is_polling=False)
            SyncJob.objects.filter(pk=mine[n]).update(
                status="pending", due_at=clock.now(), lease_token=None, lease_until=None
            )

    at_once(work)

    postponing.put_off(location.seller_id, clock.now(), is_polling=False)
    assert not leases.claimable(clock.now()).exists()
    assert Order.objects.filter(blocked_reason="quota_spent").exists()


@pytest.mark.django_db(transaction=True)
@only_on.postgresql("row locks")
def test_putting_off_waits_for_nobody_who_holds_a_job():
    job = make_order(make_location(seller=make_spent_seller())).sync_job
    is_held, may_end = threading.Event(), threading.Event()

    def hold():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM integration_syncjob WHERE id = %s FOR UPDATE", [job.pk])
            is_held.set()
            may_end.wait(30)
            cursor.execute("COMMIT")
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    try:
        postponing.put_off(job.seller_id, clock.now(), is_polling=False)
    finally:
        may_end.set()
        holder.join(30)

    job.refresh_from_db()
    assert job.error_code == ""


@pytest.mark.django_db(transaction=True)
@only_on.postgresql("row locks")
def test_jobs_are_not_put_off_by_limits_that_are_just_being_raised():
    seller = make_spent_seller()
    job = make_order(make_location(seller=seller)).sync_job
    is_raised, may_end = threading.Event(), threading.Event()

    def raise_them():
        with transaction.atomic():
            Seller.objects.filter(pk=seller.pk).update(daily_quota=1000)
            postponing.resume(seller)
            is_raised.set()
            may_end.wait(30)
        connections.close_all()

    raiser = threading.Thread(target=raise_them)
    raiser.start()
    assert is_raised.wait(30)
    threading.Timer(0.3, may_end.set).start()

    postponing.put_off(seller.pk, clock.now(), is_polling=False)

    raiser.join(30)
    job.refresh_from_db()
    assert job.error_code == ""
    assert leases.claimable(clock.now()).get() == job
