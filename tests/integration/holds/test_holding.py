"""Hold and release: nothing goes out, it is said why, and a release wakes what waited."""

import hashlib
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from integration import gateway, inbox, jobs, onboarding, outbox
from integration.easyecom import Done, OrderCreated
from integration.engine import leases
from integration.engine.turnstile import Turnstile
from integration.holds import holding
from integration.models import (
    ApiCall,
    ApiKey,
    Event,
    Hold,
    Order,
    OrderReason,
    ShipmentDetails,
    SyncJob,
)
from integration.telling import announcements
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration.api.conftest import BODY, KEY, ORDER_URL
from tests.integration.conftest import API
from tests.integration.deliveries import inventory, levels

pytestmark = pytest.mark.django_db

CREATE = f"{API}/webhook/v2/createOrder"
CREATED = {"code": 200, "message": "", "data": {"OrderID": "1", "InvoiceID": "2"}}
WHY = "EasyEcom asked us to wait"


def hold(seller=None):
    return holding.hold(seller, WHY, actor="asha")


def drain(seconds=10):
    outbox.drain(seconds)


def test_held_seller_sends_nothing_and_others_go_on(easyecom):
    held, other = make_order(), make_order()
    easyecom.post(CREATE, json=CREATED)
    hold(held.seller)

    drain()

    held.refresh_from_db()
    other.refresh_from_db()
    assert (held.stage, held.blocked_reason) == ("received", OrderReason.HELD)
    assert held.blocked_message == (
        f"Held on purpose: it goes out once the hold is released. {WHY}"
    )
    assert other.stage == "awaiting_carrier"
    assert ApiCall.objects.filter(seller=held.seller).count() == 0


def test_hold_of_everything_stops_writes_reads_and_log_ins(easyecom):
    make_order()
    onboarding.want(make_location(live=False))
    doubtful = make_order()
    doubtful.mark_in_doubt("unknown", timezone.now())
    SyncJob.objects.filter(order=doubtful).update(status="in_doubt")
    SyncJob.objects.filter(pk=onboarding.job_for(doubtful.location, "stock").pk).want()
    hold()

    drain()

    assert len(easyecom.calls) == 0
    assert not ApiCall.objects.exists()
    assert set(SyncJob.objects.values_list("error_code", "due_at")) == {("held", None)}
    assert SyncJob.objects.get(order=doubtful).status == "in_doubt"
    assert not outbox.has_due()


def test_hold_set_while_a_drain_runs_stops_the_next_call(easyecom):
    """The job is claimed already; the call's own transaction looks once more."""
    order = make_order()
    [job] = Turnstile().admit(8)
    hold(order.seller)

    assert outbox.advance(job, None, may_call=True) is None

    assert not ApiCall.objects.exists()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("pending", "held")
    assert order.seller.quota.used_today == 0


def test_call_under_way_comes_in_and_is_the_last(easyecom):
    order = make_order()
    make_shipment(order)
    [job] = Turnstile().admit(8)
    prepared = outbox.advance(job, None, may_call=True)
    hold()

    done = gateway.Exchange(Done(OrderCreated("81", "71", "91")), 200, 1, b"")
    assert outbox.advance(job, outbox.Answer(prepared, done), may_call=True) is None

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")
    assert [call.kind for call in ApiCall.objects.all()] == ["create_order"]


def test_held_location_needs_no_log_in(easyecom):
    location = make_location(live=False)
    job = onboarding.want(location)
    hold(location.seller)

    started = time.monotonic()
    outbox.run([job.pk], 20)

    location.refresh_from_db()
    assert time.monotonic() - started < 15
    assert location.next_login_at is None
    assert location.blocked_message.startswith("Held on purpose: the onboarding goes on once")
    assert WHY in location.blocked_message


def test_release_wakes_the_work_and_clears_what_was_said(easyecom):
    easyecom.post(CREATE, json=CREATED)
    order = make_order()
    row = hold()
    drain()

    holding.release(row, "They are back again", actor="ravi")
    assert outbox.has_due()
    drain()

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")
    assert not outbox.has_due()
    row.refresh_from_db()
    assert (row.released_by, row.release_reason) == ("ravi", "They are back again")


def test_release_of_everything_leaves_a_seller_of_its_own_hold_held(easyecom):
    order = make_order()
    hold(order.seller)
    everything = hold()
    drain()

    holding.release(everything, "Done with it now", actor="asha")
    drain()

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.HELD
    assert len(easyecom.calls) == 0


def test_location_that_was_held_goes_on_with_its_onboarding():
    location = make_location(live=False)
    job = onboarding.want(location)
    row = hold(location.seller)
    drain()

    holding.release(row, "Done with it now", actor="asha")
    holding.see_to(time.monotonic() + 5)

    location.refresh_from_db()
    job.refresh_from_db()
    assert (location.blocked_reason, location.blocked_detail) == ("onboarding", "")
    assert (job.status, job.error_code) == ("pending", "")
    assert job.due_at <= timezone.now()


def test_what_is_wanted_during_a_hold_stands_aside_again(easyecom):
    order = make_order()
    hold()
    drain()

    SyncJob.objects.filter(order=order).want()
    assert outbox.has_due()
    drain()

    assert SyncJob.objects.get().due_at is None
    assert len(easyecom.calls) == 0


@pytest.mark.parametrize("reason", ["rejected", "not_found", "location_not_live"])
def test_hold_says_nothing_over_a_reason_that_needs_a_person(reason):
    order = make_order(blocked_reason=reason)
    hold()

    drain()

    order.refresh_from_db()
    assert order.blocked_reason == reason


def test_order_that_has_nothing_to_say_is_not_called_held():
    waiting = make_order(stage="awaiting_carrier", easyecom_invoice_id="91")
    given = make_order(stage="awaiting_carrier", easyecom_invoice_id="92")
    ShipmentDetails.objects.create(order=given, courier="Delhivery", awb_number="89001")
    hold()

    drain()

    assert list(Order.objects.filter(blocked_reason="held")) == [given]
    assert waiting.pk != given.pk


def test_job_of_a_killed_worker_is_held_too():
    order = make_order()
    leases.claim([order.sync_job.pk], timezone.now())
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    hold()

    drain()

    job = SyncJob.objects.get()
    assert (job.status, job.lease_token, job.error_code) == ("pending", None, "held")


def test_claim_itself_refuses_what_is_held():
    order = make_order()
    hold(order.seller)

    assert leases.claim([order.sync_job.pk], timezone.now()) == []


def test_more_jobs_than_one_chunk_stand_aside_and_come_back(monkeypatch):
    monkeypatch.setattr(holding, "CHUNK", 2)
    location = make_location()
    for _ in range(5):
        make_order(location)
    row = hold()

    drain()
    assert Order.objects.filter(blocked_reason="held").count() == 5
    holding.release(row, "Done with it now", actor="asha")
    holding.see_to(time.monotonic() + 5)

    assert not Order.objects.filter(blocked_reason="held").exists()
    assert SyncJob.objects.filter(status="pending", error_code="").count() == 5


def test_many_held_jobs_keep_nobody_else_waiting(easyecom, monkeypatch):
    """What is left over is claimed no more than before, and stands aside with the next drain."""
    monkeypatch.setattr(outbox, "HOLDS_FOR", 0)
    held, other = make_order(), make_order()
    easyecom.post(CREATE, json=CREATED)
    hold(held.seller)

    drain()

    other.refresh_from_db()
    assert other.stage == "awaiting_carrier"
    assert not ApiCall.objects.filter(seller=held.seller).exists()
    assert outbox.has_due()


def test_one_hold_at_a_time_for_a_seller_and_for_everything():
    seller = make_seller()
    hold()
    hold(seller)

    for whom in (None, seller):
        with pytest.raises(holding.AlreadyHeld):
            hold(whom)
    assert Hold.objects.open().count() == 2


def test_hold_is_released_once():
    row = hold()
    holding.release(row, "Done with it now", actor="asha")

    with pytest.raises(holding.AlreadyReleased):
        holding.release(row, "And once more", actor="ravi")
    hold()


def test_each_hold_and_release_is_an_event_with_actor_and_reason():
    seller = make_seller(code="acme")
    holding.release(hold(seller), "They are back again", actor="ravi")

    assert list(Event.objects.values_list("kind", "actor", "sentence", "seller")) == [
        ("hold", "asha", f"Held acme: {WHY}", seller.pk),
        ("release", "ravi", "Released acme: They are back again", seller.pk),
    ]


def test_booon_is_told_nothing_while_everything_is_held(settings):
    settings.BOOON_WEBHOOK_URL = "https://booon.test/hook"
    make_order()
    assert announcements.has_work()

    row = hold()
    assert not announcements.has_work()
    holding.release(row, "Done with it now", actor="asha")
    hold(make_seller())

    assert announcements.has_work()


def test_wait_of_a_held_call_tells_why():
    order = make_order()
    hold(order.seller)
    [job] = SyncJob.objects.all()

    waits = gateway.prepare(
        job, order.location, gateway.login_call(order.location), timezone.now(), has_quota=True
    )

    assert (waits.code, waits.message) == ("held", WHY)


def test_what_comes_in_is_taken_and_applied_while_everything_is_held(client, monkeypatch):
    monkeypatch.setattr(jobs, "wake", lambda kind: None)
    location = make_location(seller=make_seller(code="acme"), location_key="ne29488101841")
    key = hashlib.sha256(KEY.encode()).hexdigest()
    ApiKey.objects.create(name="platform", digest=key)
    hold()
    inventory(location, ("KURTA-RED-M", 7))

    inbox.drain(5)
    answer = client.put(
        ORDER_URL, BODY, "application/json", headers={"Authorization": f"Bearer {KEY}"}
    )

    assert levels(location) == {"KURTA-RED-M": 7}
    assert (answer.status_code, answer.json()["stage"]) == (201, "received")
    drain()
    told = client.get(ORDER_URL, headers={"Authorization": f"Bearer {KEY}"}).json()
    assert told["blocked_reason"] == "held"
    assert "asha" not in told["blocked_message"]
