"""Orders compared with EasyEcom: what is asked, what is news, and when it is asked again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integration import easyecom
from integration.easyecom.payloads import ist_text
from integration.models import ApiCall, Delivery, Doubt, MissedDelivery, Order, SyncJob
from integration.reconciliation import order_comparison, schedule
from integration.sync import engine
from integration.webhooks import processing
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration.conftest import API, NOT_FOUND, bodies, run
from tests.integration.deliveries import manifest_row, manifested
from tests.moment import Moment

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
    schedule.run_round()
    job = SyncJob.objects.get(kind="checks", location=order.location)
    job = run(job)
    processing.drain(5)
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


def test_manifest_that_is_waited_for_is_told_with_its_number_and_until_when(easyecom, monkeypatch):
    moment = Moment(monkeypatch, now=datetime(2026, 11, 23, 4, 0, tzinfo=UTC))
    order = assigned(check_due_at=moment.now)
    since = ist_text(moment.now - timedelta(minutes=6))
    easyecom.get(
        FIND, json=shown(order, order_status="Shipped", manifest_no="M-646", manifest_date=since)
    )

    check(order)

    assert order.easyecom_note == (
        "EasyEcom shows it Shipped since 23 Nov, 09:24 IST, manifest M-646. Its webhook is awaited "
        "until 23 Nov, 09:54 IST; then the console applies it by itself."
    )
    assert order.events.filter(kind="seen_at_easyecom", sentence=order.easyecom_note).count() == 1
    assert "Shipped, manifest M-646" in ApiCall.objects.get().message


@pytest.mark.parametrize(
    ("ago", "is_news"),
    [
        (timedelta(minutes=29), False),
        (timedelta(minutes=30), True),
        (timedelta(0), False),
        (-timedelta(minutes=29), False),
        (-timedelta(minutes=30), True),
        (-timedelta(days=300), True),
    ],
    ids=str,
)
def test_manifest_within_half_an_hour_of_now_is_waited_for_and_any_other_is_news(
    easyecom, monkeypatch, ago, is_news
):
    """A time that lies well ahead is EasyEcom's mistake: nobody waits for that moment."""
    moment = Moment(monkeypatch, now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    order = assigned(check_due_at=moment.now)
    easyecom.get(FIND, json=shown(order, manifest_date=ist_text(moment.now - ago)))

    check(order)

    if is_news:
        assert (order.stage, order.manifested_at) == ("manifested", moment.now - ago)
    else:
        assert order.stage == "carrier_assigned"
        assert order.check_due_at == moment.now - ago + timedelta(minutes=30)


def test_order_of_several_parts_is_asked_about_after_the_grace_of_the_last(easyecom, monkeypatch):
    moment = Moment(monkeypatch, now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    order = assigned(check_due_at=moment.now)
    rows = [
        manifest_row(order, invoice_id=n, manifest_date=ist_text(moment.now - timedelta(minutes=n)))
        for n in (20, 5, 10)
    ]
    easyecom.get(FIND, json={"code": 200, "data": rows})

    check(order)

    assert order.check_due_at == moment.now + timedelta(minutes=25)


@pytest.mark.parametrize(
    ("statuses", "is_over"),
    [(["Cancelled"], True), (["Cancelled", "Cancelled"], True), (["Cancelled", "Open"], False)],
)
def test_order_is_over_when_all_its_parts_are_cancelled(easyecom, statuses, is_over):
    order = assigned()
    nothing = {"manifest_no": None, "manifest_date": None}
    rows = [
        manifest_row(order, invoice_id=n, order_status=status, **nothing)
        for n, status in enumerate(statuses, start=1)
    ]
    easyecom.get(FIND, json={"code": 200, "data": rows})

    check(order)

    assert (order.check_due_at is None) == is_over


@pytest.mark.parametrize("doubt", [each for each in Doubt if each])
@pytest.mark.parametrize("stage", order_comparison.OPEN)
def test_answer_about_an_order_that_came_into_doubt_meanwhile_changes_nothing(stage, doubt):
    order, now = assigned(), timezone.now()
    schedule.run_round()
    job = SyncJob.objects.get(kind="checks")
    call = order_comparison.next_call(order_comparison.load(job), now)
    order.change(stage=stage, doubt=doubt, doubt_since=now)

    answer = easyecom.read(call, 200, {}, json.dumps(shown(order)).encode())
    order_comparison.settle(order_comparison.load(job), call.kind, answer, now)

    assert not Delivery.objects.exists()
    after = Order.objects.get(pk=order.pk)
    assert (after.stage, after.doubt, after.check_asked_at) == (stage, doubt, None)
    assert after.check_due_at == order.check_due_at


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

    assert gaps == list(order_comparison.GAPS)
    assert order.checks == len(order_comparison.GAPS) + 1
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("due_in", "was_due"),
    [(-timedelta(microseconds=1), True), (timedelta(0), True), (timedelta(microseconds=1), False)],
)
def test_look_counts_from_the_moment_that_it_is_due(due_in, was_due):
    now = timezone.now()
    order = assigned(check_due_at=now + due_in)

    order_comparison.finish(order, order_comparison.next_due(order, now), now)

    order.refresh_from_db()
    assert order.checks == int(was_due)
    assert order.check_due_at == (now + 6 * HOUR if was_due else now + due_in)


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

    schedule.run_round()

    assert not SyncJob.objects.filter(kind="checks").exists()
    assert schedule.request_order(order, actor="asha") == []


def test_doubt_that_began_while_it_waited_leaves_it_out(easyecom):
    order = assigned()
    schedule.run_round()
    Order.objects.update(doubt="awb_unknown", doubt_since=timezone.now())

    run(SyncJob.objects.get(kind="checks"))

    assert len(easyecom.calls) == 0
    order.refresh_from_db()
    assert order.check_asked_at is not None


def test_order_that_was_manifested_while_it_was_asked_about_is_no_miss():
    order, now = assigned(), timezone.now()
    schedule.run_round()
    job = SyncJob.objects.get(kind="checks")
    call = order_comparison.next_call(order_comparison.load(job), now)
    manifested(order.location, manifest_row(order))
    processing.drain(5)

    answer = easyecom.read(call, 200, {}, json.dumps(shown(order)).encode())
    order_comparison.settle(order_comparison.load(job), call.kind, answer, now)

    order.refresh_from_db()
    assert (order.stage, order.check_asked_at) == ("manifested", None)
    assert Delivery.objects.get().source == "webhook"
    assert not MissedDelivery.objects.exists()


def test_look_up_that_fails_puts_the_order_behind_the_others(easyecom):
    location = make_location()
    first, second = assigned(location), assigned(location)
    Order.objects.filter(pk=first.pk).update(check_due_at=timezone.now() - 2 * HOUR)
    easyecom.get(FIND, status=502, body="<html>")
    schedule.run_round()

    job = run(SyncJob.objects.get(kind="checks"))

    assert [order.pk for order in order_comparison.requested(location)] == [second.pk, first.pk]
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

    (job,) = schedule.request_order(order, actor="asha")
    run(SyncJob.objects.get(pk=job))
    processing.drain(5)

    order.refresh_from_db()
    assert (order.stage, order.checks) == ("manifested", 0)
    assert order.events.get(kind="reconcile").actor == "asha"


@pytest.mark.parametrize("stage", ["received", "withdrawn", "manifested"])
def test_there_is_nothing_to_ask_about_an_order_that_is_not_open(stage):
    order = make_order()
    if stage == "manifested":
        pushed(order).change(manifested_at=timezone.now())
    order.change(stage=stage)

    assert schedule.request_order(order, actor="asha") == []


def test_log_in_that_is_refused_blocks_no_order(easyecom):
    order = assigned()
    type(order.location).objects.update(token="")
    easyecom.post(f"{API}/access/token", status=401, json={"code": 401, "message": "no"})

    check(order)

    assert (order.blocked_reason, order.check_asked_at is None) == ("", False)
    assert bodies(easyecom, "getOrderDetails") == []


def has_awb(easyecom: Any, order: Order, awb_number: str) -> None:
    row = shown(order, manifest_date=None, manifest_no="", awb_number=awb_number)
    row["data"][0] |= {"order_status": "Assigned", "courier": "Delhivery"}
    easyecom.get(FIND, json=row)


@pytest.mark.parametrize(
    ("at_easyecom", "stage", "reason"),
    [("XB-55120", "awaiting_carrier", "awb_conflict"), ("7701", "carrier_assigned", "")],
)
def test_awb_that_a_comparison_showed_is_not_written_over_by_the_next_one_given(
    easyecom, at_easyecom, stage, reason
):
    """Somebody gave it in EasyEcom itself; no Assign Shipment Details goes out over it."""
    order = pushed(make_order())
    has_awb(easyecom, order, at_easyecom)
    schedule.request_order(order, actor="asha")
    run(SyncJob.objects.get(kind="checks"))
    order.refresh_from_db()
    assert order.may_have_awb

    make_shipment(order, awb_number="7701", courier="Delhivery")
    SyncJob.objects.filter(order=order).want()
    engine.drain(10)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == (stage, reason)
    assert set(ApiCall.objects.values_list("kind", flat=True)) == {"find_order"}


def test_awb_of_an_order_that_has_ours_makes_no_look_up_necessary(easyecom):
    order = assigned()
    has_awb(easyecom, order, order.shipment.awb_number)

    check(order)

    assert not order.may_have_awb
