"""Orders compared with EasyEcom: what is asked, what is news, and when it is asked again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integration import easyecom, inbox
from integration.comparing import checks, rounds
from integration.easyecom.payloads import ist_text
from integration.models import ApiCall, Delivery, MissedDelivery, Order, SyncJob
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration.conftest import API, NOT_FOUND, bodies, run
from tests.integration.deliveries import manifest_row, manifested

FIND = f"{API}/orders/V2/getOrderDetails"
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def assigned(location: Any = None, **fields: Any) -> Order:
    """An order whose manifest clock ran out an hour ago."""
    order = pushed(make_order(location))
    make_shipment(order, assigned_at=timezone.now() - 25 * HOUR)
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    order.change(**{"stage": "carrier_assigned", "check_due_at": timezone.now() - HOUR} | fields)
    return order


def shown(order: Order, ago: timedelta = 20 * HOUR, **fields: Any) -> dict[str, Any]:
    """The order as a look-up shows it, manifested so long ago."""
    row = manifest_row(order, manifest_date=ist_text(timezone.now() - ago))
    return {"code": 200, "data": [row | fields]}


def check(order: Order) -> SyncJob:
    """One round, as far as this order's location goes."""
    rounds.go()
    job = SyncJob.objects.get(kind="checks", location=order.location)
    job = run(job)
    inbox.drain(5)
    order.refresh_from_db()
    return job


def test_manifest_that_no_webhook_told_of_enters_by_the_inbox_and_is_missed(easyecom):
    order = assigned()
    easyecom.get(FIND, json=shown(order))

    job = check(order)

    delivery = Delivery.objects.get(topic="manifested")
    missed = MissedDelivery.objects.get()
    assert (order.stage, order.manifest_number) == ("manifested", "MAN-7")
    assert (delivery.source, delivery.status) == ("reconciled", "applied")
    assert (missed.order, missed.found_by) == (order, delivery)
    assert missed.endpoint == order.location.endpoints.get(topic="manifested")
    assert missed.due_at == order.manifested_at
    assert timedelta(hours=19.9) < missed.delay < timedelta(hours=20.1)
    assert order.events.filter(kind="missed_delivery").count() == 1
    assert job.status == SyncJob.Status.SUCCEEDED
    assert ApiCall.objects.get().order == order


def test_manifest_of_a_moment_ago_is_waited_for_and_asked_about_after_the_grace(easyecom):
    order = assigned()
    easyecom.get(FIND, json=shown(order, ago=timedelta(minutes=5)))

    check(order)

    assert order.stage == "carrier_assigned"
    assert not Delivery.objects.exists()
    in_minutes = (order.check_due_at - timezone.now()) / timedelta(minutes=1)
    assert 24 < in_minutes <= 25


def test_order_that_is_not_manifested_is_asked_about_with_growing_gaps_and_then_no_more(easyecom):
    order = assigned()
    nothing = {"order_status": "Confirmed", "manifest_no": None, "manifest_date": None}
    easyecom.get(FIND, json=shown(order, **nothing))
    gaps = []

    while order.check_due_at is not None:
        Order.objects.update(check_due_at=timezone.now() - HOUR)
        check(order)
        if order.check_due_at:
            gaps.append(round((order.check_due_at - timezone.now()) / HOUR))

    assert gaps == list(checks.GAPS)
    assert order.checks == len(checks.GAPS) + 1
    assert not Delivery.objects.exists()


def test_order_that_easyecom_shows_as_cancelled_is_asked_about_no_more(easyecom):
    order = assigned()
    easyecom.get(FIND, json=shown(order, order_status="Cancelled"))

    check(order)

    assert (order.stage, order.check_due_at) == ("carrier_assigned", None)


def test_order_that_easyecom_does_not_show_stays_as_it_is(easyecom):
    order = assigned()
    easyecom.get(FIND, json=NOT_FOUND)

    check(order)

    assert (order.stage, order.doubt, order.blocked_reason) == ("carrier_assigned", "", "")
    assert order.check_due_at > timezone.now()


def test_checks_touch_neither_the_orders_own_job_nor_what_booon_sees_as_changed(easyecom):
    order = assigned()
    job, changed = SyncJob.objects.get(order=order), order.updated_at
    easyecom.get(FIND, json=NOT_FOUND)

    check(order)

    after = SyncJob.objects.get(order=order)
    assert (after.status, after.wanted, after.attempts) == (job.status, job.wanted, job.attempts)
    assert order.updated_at == changed


def test_order_in_doubt_is_left_to_its_own_look_ups(easyecom):
    order = assigned(doubt="awb_unknown", doubt_since=timezone.now())

    rounds.go()

    assert not SyncJob.objects.filter(kind="checks").exists()
    assert rounds.ask_order(order, actor="asha") == []


def test_doubt_that_began_while_it_waited_leaves_it_out(easyecom):
    order = assigned()
    rounds.go()
    Order.objects.update(doubt="awb_unknown", doubt_since=timezone.now())

    run(SyncJob.objects.get(kind="checks"))

    assert len(easyecom.calls) == 0
    order.refresh_from_db()
    assert order.check_asked_at is not None


def test_order_that_was_manifested_while_it_was_asked_about_is_no_miss():
    order, now = assigned(), timezone.now()
    rounds.go()
    job = SyncJob.objects.get(kind="checks")
    call = checks.next_call(checks.load(job), now)
    manifested(order.location, manifest_row(order))
    inbox.drain(5)

    answer = easyecom.read(call, 200, {}, json.dumps(shown(order)).encode())
    checks.settle(checks.load(job), call.kind, answer, now)

    order.refresh_from_db()
    assert (order.stage, order.check_asked_at) == ("manifested", None)
    assert Delivery.objects.get().source == "webhook"
    assert not MissedDelivery.objects.exists()


def test_look_up_that_fails_puts_the_order_behind_the_others(easyecom):
    location = make_location()
    first, second = assigned(location), assigned(location)
    Order.objects.filter(pk=first.pk).update(check_due_at=timezone.now() - 2 * HOUR)
    easyecom.get(FIND, status=502, body="<html>")
    rounds.go()

    job = run(SyncJob.objects.get(kind="checks"))

    assert [order.pk for order in checks.asked(location)] == [second.pk, first.pk]
    assert (job.status, job.setbacks) == (SyncJob.Status.PENDING, 1)
    second.refresh_from_db()
    assert second.blocked_reason == ""


def test_look_up_that_is_refused_does_not_stop_the_others(easyecom):
    location = make_location()
    first, second = assigned(location), assigned(location)
    Order.objects.filter(pk=first.pk).update(check_due_at=timezone.now() - 2 * HOUR)
    easyecom.get(
        f"{FIND}?reference_code={first.order_number}", json={"code": 400, "message": "No access"}
    )
    easyecom.get(f"{FIND}?reference_code={second.order_number}", json=shown(second))

    check(second)

    assert second.stage == "manifested"
    first.refresh_from_db()
    assert (first.check_asked_at, first.checks) == (None, 1)


def test_part_of_a_split_order_that_is_the_orders_own_raises_it(easyecom):
    order = assigned()
    own = shown(order)["data"][0] | {"reference_code": f"{order.order_number}_OR1"}
    other = own | {"reference_code": f"{order.order_number}_OR2", "invoice_id": 7}
    easyecom.get(FIND, json={"code": 200, "data": [other, own]})

    check(order)

    assert order.stage == "manifested"
    assert Delivery.objects.get().status == "applied"
    assert MissedDelivery.objects.count() == 1


def test_person_may_ask_about_an_order_that_awaits_its_carrier_and_leaves_its_clock(easyecom):
    order = pushed(make_order())
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    easyecom.get(FIND, json=shown(order))

    (job,) = rounds.ask_order(order, actor="asha")
    run(SyncJob.objects.get(pk=job))
    inbox.drain(5)

    order.refresh_from_db()
    assert (order.stage, order.checks) == ("manifested", 0)
    assert order.events.get(kind="reconcile").actor == "asha"


@pytest.mark.parametrize("stage", ["received", "withdrawn", "manifested"])
def test_there_is_nothing_to_ask_about_an_order_that_is_not_open(stage):
    order = make_order()
    if stage == "manifested":
        pushed(order).change(manifested_at=timezone.now())
    order.change(stage=stage)

    assert rounds.ask_order(order, actor="asha") == []


def test_log_in_that_is_refused_blocks_no_order(easyecom):
    order = assigned()
    type(order.location).objects.update(token="")
    easyecom.post(f"{API}/access/token", status=401, json={"code": 401, "message": "no"})

    check(order)

    assert (order.blocked_reason, order.check_asked_at is None) == ("", False)
    assert bodies(easyecom, "getOrderDetails") == []
