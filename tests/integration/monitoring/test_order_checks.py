"""Why an order is stuck: the first check that fails, its proof, and the one thing to do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booon_console.lib import clock
from booon_console.lib.spoken import ist
from integration import easyecom
from integration.models import Delivery, KnownError, Order, Quota, ShipmentDetails, SyncJob, Worker
from integration.monitoring import order_checks, reason_refresh
from integration.orders import shipments
from integration.sync import error_dictionary
from sellers.models import CarrierRegistration
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def worker():
    now = clock.now()
    return Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)


def ago(**span):
    return clock.now() - timedelta(**span)


def findings(order):
    order = Order.objects.select_related("location__seller", "shipment").get(pk=order.pk)
    return [found for _, found in order_checks.run_checks(order, clock.now()) if found]


def first(order):
    return findings(order)[0]


def assigned(order, **span):
    make_shipment(order, assigned_at=ago(**span))
    Order.objects.filter(pk=order.pk).update(stage="carrier_assigned")


def test_order_that_moves_has_no_finding():
    assert findings(make_order()) == []
    assert findings(pushed(make_order())) == []


def test_closed_order_is_not_examined():
    order = make_order(stage="withdrawn", blocked_reason="rejected")

    assert list(order_checks.run_checks(order, clock.now())) == []


def test_location_that_is_not_live_comes_first_with_its_own_reason(worker):
    location = make_location(live=False, blocked_reason="refused", blocked_detail="No such key.")
    worker.delete()

    found = findings(make_order(location))

    assert found[0].proof == location
    assert "No such key." in found[0].sentence
    assert found[-1].sentence == "No worker sends a heartbeat."


def test_refused_log_in_leads_to_the_seller():
    location = make_location(login_trouble="refused", next_login_at=ago(minutes=-5))

    found = first(make_order(location))

    assert found.proof == location.seller
    assert "The next try:" in found.sentence


def test_next_try_of_a_refused_log_in_is_the_later_of_both_clocks_and_never_a_time_that_passed():
    location = make_location(login_trouble="refused", next_login_at=ago(minutes=24))
    order = make_order(location)
    SyncJob.objects.update(due_at=ago(minutes=10))

    passed = first(order).sentence
    due_at = ago(minutes=-5)
    SyncJob.objects.update(due_at=due_at)

    assert passed.endswith("The next try: in a moment.")
    assert first(order).sentence.endswith(f"The next try: {ist(due_at)}.")


def test_forbidden_call_is_told_as_a_right_that_the_api_user_lacks():
    order = make_order(blocked_reason="access_forbidden", blocked_detail="This user may not")

    found = first(order)

    assert found.reason == "access_forbidden"
    said = "EasyEcom does not let this API user do that. This user may not. The next try: "
    assert found.sentence.startswith(said)
    assert "give the API user the rights for orders" in found.step
    assert (found.act, found.proof) == ("retry", order.sync_job)


def test_order_that_only_waits_for_its_manifest_needs_no_log_in():
    order = pushed(make_order(make_location(login_trouble="refused")))
    assigned(order, hours=1)

    assert findings(order) == []


def test_registration_in_doubt_is_the_proof_and_one_not_sent_leads_to_the_location():
    order = make_order()
    rows = CarrierRegistration.objects.filter(location_key=order.location.location_key)
    rows.update(state="in_doubt", doubt_since=clock.now(), company_carrier_id="")
    in_doubt = first(order)
    rows.update(state="not_sent", doubt_since=None)
    not_sent = first(order)

    assert "in doubt since" in in_doubt.sentence
    assert in_doubt.proof == rows.get()
    assert "is not registered" in not_sent.sentence
    assert not_sent.proof == order.location


def test_spent_day_says_until_when():
    seller = make_seller(daily_quota=10)
    now = clock.now()
    Quota.objects.create(
        seller=seller,
        full_at=now,
        day=timezone.localdate(now),
        used_today=10,
        spent_until=now + timedelta(minutes=5),
    )

    found = first(make_order(make_location(seller=seller)))

    assert "Free again at" in found.sentence
    assert found.step.startswith("Nothing")


def test_refusal_takes_its_step_from_the_dictionary():
    order = make_order(blocked_reason="rejected", blocked_detail="Bad pincode 11")
    assert first(order).step == "Mend what EasyEcom says and send it again, or withdraw it."

    error_dictionary.record_messages([easyecom.Rejected("Bad pincode 12")], clock.now())
    KnownError.objects.create(pattern="bad pincode", sentence="S", next_step="Ask the buyer.")
    error_dictionary.relabel()

    assert first(order).step == "Ask the buyer."


def test_doubt_says_since_when_and_when_the_next_look_is():
    order = make_order(doubt="unknown", doubt_since=ago(minutes=3), blocked_reason="in_doubt")
    SyncJob.objects.filter(order=order).update(due_at=ago(minutes=-2))

    found = first(order)

    assert "in doubt since" in found.sentence
    assert "The next look:" in found.sentence


@pytest.mark.parametrize(
    "reason",
    [
        *("rejected", "conflict", "number_taken", "not_found", "unreachable", "awb_conflict"),
        "cancelled_at_easyecom",
    ],
)
def test_every_reason_that_is_stored_is_found(reason):
    assert findings(make_order(blocked_reason=reason))


def test_what_is_cancelled_over_there_is_neither_late_nor_missed_by_a_webhook():
    order = pushed(make_order(blocked_reason="cancelled_at_easyecom"))
    make_shipment(order, assigned_at=ago(days=30))
    order.change(stage="carrier_assigned", cancelled_at_easyecom=ago(days=29))

    [found] = [found for found in findings(order) if found.reason]

    assert (found.reason, found.act) == ("cancelled_at_easyecom", order_checks.Act.COMPARE)


def test_awb_is_late_after_its_limit_and_giving_it_clears_that(settings):
    settings.AWB_LIMIT_HOURS = 2
    early, late = pushed(make_order()), pushed(make_order())
    Order.objects.filter(pk=early.pk).update(pushed_at=ago(hours=1))
    Order.objects.filter(pk=late.pk).update(pushed_at=ago(hours=3))

    assert reason_refresh.mark_late() == 1
    assert reason_refresh.mark_late() == 0

    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.blocked_reason, early.blocked_reason) == ("awb_late", "")
    assert "Ask Booon's platform" in first(late).step
    facts = {"courier": "Delhivery", "awb_number": "1", "label_url": "", "invoice_url": ""}
    shipments.give_shipment(late, facts)
    late.refresh_from_db()
    assert late.blocked_reason == ""


def test_manifest_is_late_after_its_limit(settings):
    settings.MANIFEST_LIMIT_HOURS = 2
    order = pushed(make_order())
    assigned(order, hours=3)

    assert reason_refresh.mark_late() == 1

    order.refresh_from_db()
    assert order.blocked_reason == "not_manifested"
    # A look-up tells in a webhook's words, and is none.
    told = {"location": order.location, "topic": "manifested", "received_at": clock.now()}
    Delivery.objects.create(source="reconciled", **told)
    assert "was never heard" in first(order).sentence
    Delivery.objects.create(endpoint=order.location.endpoints.get(topic="manifested"), **told)
    assert "was heard" in first(order).sentence


def test_other_reason_or_doubt_is_not_overwritten(settings):
    settings.AWB_LIMIT_HOURS = 2
    blocked = pushed(make_order(blocked_reason="awb_rejected"))
    doubtful = pushed(make_order(doubt="awb_unknown", doubt_since=clock.now()))
    given = pushed(make_order())
    make_shipment(given)
    Order.objects.update(pushed_at=ago(hours=5))

    assert reason_refresh.mark_late() == 0
    assert Order.objects.get(pk=blocked.pk).blocked_reason == "awb_rejected"
    assert Order.objects.get(pk=doubtful.pk).blocked_reason == ""
    assert ShipmentDetails.objects.filter(order=given).exists()


def test_more_than_one_chunk_is_marked(monkeypatch, settings):
    settings.AWB_LIMIT_HOURS = 2
    monkeypatch.setattr(reason_refresh, "AT_ONCE", 2)
    location = make_location()
    for _ in range(5):
        pushed(make_order(location))
    Order.objects.update(pushed_at=ago(hours=5))

    assert reason_refresh.mark_late() == 5
