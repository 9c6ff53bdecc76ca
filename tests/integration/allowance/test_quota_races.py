"""Several workers at one account: every call is counted, and no two wait for each other."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from booon_console import clock
from integration.allowance import postponing, quota
from integration.allowance.quota import Refusal
from integration.engine import leases
from integration.models import CallCount, Order, SyncJob
from tests.factories import make_location, make_order, make_seller

WORKERS = 4


def at_once(work):
    """Run `work` in every worker; raises what one of them raised."""
    faults = []
    start = threading.Barrier(WORKERS)

    def run(n):
        try:
            start.wait(5)
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
            quota.count(seller.pk, "create_order", now, is_polling=False)

    at_once(work)

    assert CallCount.objects.get().count == WORKERS * 15


@pytest.mark.django_db(transaction=True)
def test_workers_put_off_and_claim_the_same_jobs_without_a_deadlock():
    location = make_location()
    for _ in range(30):
        make_order(location)
    ids = list(SyncJob.objects.values_list("pk", flat=True))
    refusal = Refusal(clock.now() + timedelta(hours=1), quota.SPENT, "All used.")

    def work(n):
        mine = ids if n % 2 else ids[::-1]
        for _ in range(6):
            if n == 0:
                leases.claim(mine, clock.now())
            else:
                postponing.put_off(location.seller, refusal, clock.now(), is_polling=False)
            SyncJob.objects.filter(pk=mine[n]).update(
                status="pending", due_at=clock.now(), lease_token=None, lease_until=None
            )

    at_once(work)

    postponing.put_off(location.seller, refusal, clock.now(), is_polling=False)
    assert not leases.claimable(clock.now()).exists()
    assert Order.objects.filter(blocked_reason="quota_spent").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no row locks")
def test_putting_off_waits_for_nobody_who_holds_a_job():
    job = make_order().sync_job
    is_held, may_end = threading.Event(), threading.Event()

    def hold():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM integration_syncjob WHERE id = %s FOR UPDATE", [job.pk])
            is_held.set()
            may_end.wait(5)
            cursor.execute("COMMIT")
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(5)
    refusal = Refusal(clock.now() + timedelta(hours=1), quota.SPENT, "All used.")
    try:
        postponing.put_off(job.seller, refusal, clock.now(), is_polling=False)
    finally:
        may_end.set()
        holder.join(5)

    job.refresh_from_db()
    assert job.error_code == ""
