"""The engine: what a killed worker leaves behind, fairness, faults of our own, put-offs."""

from datetime import timedelta

import pytest
import requests
from django.db import transaction
from django.utils import timezone

from integration import gateway, orders, outbox
from integration.engine import leases
from integration.models import ApiCall, Order, OrderReason, SyncJob
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order
from tests.integration.conftest import API, bodies, run

CREATE = f"{API}/webhook/v2/createOrder"
FIND = f"{API}/orders/V2/getOrderDetails"
CREATED = {"code": 200, "message": "", "data": {"OrderID": "1", "InvoiceID": "2"}}
Status = SyncJob.Status

pytestmark = pytest.mark.django_db


def killed_during(order: Order) -> SyncJob:
    """As a worker leaves a job that was killed after its call was opened."""
    (job,) = leases.claim([order.sync_job.pk], timezone.now())
    with transaction.atomic():
        assert outbox.hop(job, None, may_call=True) is not None
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    return job


def test_killed_worker_leaves_a_write_in_doubt_and_it_is_looked_up_first(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = make_order()
    killed_during(order)
    row = {"invoice_id": 91, "order_id": 81, "reference_code": order.order_number}
    easyecom.get(FIND, json={"code": 200, "data": [row]})

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")
    assert bodies(easyecom, "createOrder") == []
    assert not ApiCall.objects.filter(is_open=True).exists()


def test_killed_worker_without_an_open_call_leaves_the_job_simply_due(easyecom):
    order = make_order()
    leases.claim([order.sync_job.pk], timezone.now())
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    easyecom.post(CREATE, json=CREATED)

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, len(easyecom.calls)) == ("awaiting_carrier", 1)


def test_killed_worker_leaves_a_registration_in_doubt():
    location = make_location(live=False)
    now = timezone.now()
    Location.objects.update(token="t", token_issued_at=now, located_at=now)
    job = SyncJob.objects.create(
        kind="location", seller=location.seller, location=location, due_at=timezone.now()
    )
    (claimed,) = leases.claim([job.pk], timezone.now())
    with transaction.atomic():
        outbox.hop(claimed, None, may_call=True)
    assert CarrierRegistration.objects.get().state == "sending"
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    run(job)

    assert CarrierRegistration.objects.get().state == "in_doubt"


def test_answer_of_a_worker_that_lost_its_lease_changes_nothing():
    order = make_order()
    job = killed_during(order)
    prepared = outbox.gateway.Prepared(
        orders.next_call(orders.load(job), timezone.now()),
        ApiCall.objects.get().pk,
        order.seller_id,
        order.location_id,
        None,
        "",
        "",
        "",
    )
    leases.claim([job.pk], timezone.now())

    late = outbox.Answer(prepared, gateway.Exchange(outbox.WORKER_ENDED, None, 1, b""))
    assert outbox.advance(job, late, may_call=True) is None

    order.refresh_from_db()
    assert (order.stage, order.doubt) == ("received", "")


def test_put_offs_follow_the_delays_and_the_last_repeats(easyecom, settings):
    settings.RETRY_DELAYS = [5, 60]
    order = make_order()
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.get(FIND, body=requests.ConnectionError())
    waits = []

    for _ in range(3):
        SyncJob.objects.update(due_at=timezone.now())
        job = run(order.sync_job)
        waits.append(round((job.due_at - job.updated_at).total_seconds()))

    assert waits == [5, 60, 60]
    assert job.status == Status.IN_DOUBT


def test_fault_of_our_own_fails_that_job_and_no_other(easyecom, monkeypatch):
    bad, good = make_order(), make_order()
    easyecom.post(CREATE, json=CREATED)
    real = orders.next_call

    def next_call(order, now):
        if order.pk == bad.pk:
            raise ZeroDivisionError("secret-canary")
        return real(order, now)

    monkeypatch.setattr(orders, "next_call", next_call)

    outbox.drain(10)

    bad.sync_job.refresh_from_db()
    good.refresh_from_db()
    assert (bad.sync_job.status, bad.sync_job.error_code) == (Status.FAILED, "internal_error")
    assert "canary" not in bad.sync_job.error_message
    assert good.stage == "awaiting_carrier"


def test_quota_that_was_taken_for_a_job_with_nothing_to_do_is_given_back():
    order = make_order(make_location(live=False))

    run(order.sync_job)

    assert order.seller.quota.used_today == 0


def test_no_call_starts_after_the_drains_time(easyecom):
    order = make_order()

    outbox.drain(0)

    order.sync_job.refresh_from_db()
    assert (order.sync_job.status, order.sync_job.attempts) == (Status.PENDING, 0)


def test_rate_limit_pauses_the_account_and_its_orders_say_so(easyecom):
    order = make_order()
    easyecom.post(CREATE, status=429, headers={"Retry-After": "30"}, json={"message": "slow"})

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.RATE_LIMITED
    assert timedelta(seconds=25) < job.due_at - timezone.now() <= timedelta(seconds=30)
