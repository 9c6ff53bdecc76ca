"""Hold and release: nothing goes out, it is said why, and a release wakes what waited."""

import hashlib
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from booon_console.lib import clock
from integration.easyecom import Done, Exchange, OrderCreated
from integration.feed import announcements
from integration.models import (
    ApiCall,
    ApiKey,
    Binding,
    ChangeCounter,
    Event,
    Hold,
    Order,
    OrderReason,
    ShipmentDetails,
    SyncJob,
)
from integration.sync import engine, holds, leases, log_ins, wakeup
from integration.sync.api_calls import Answer
from integration.sync.scheduler import Scheduler
from integration.webhooks import processing
from sellers.models import Location
from tests import only_on
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration import turns
from tests.integration.api.conftest import BODY, KEY, ORDER_URL
from tests.integration.conftest import API
from tests.integration.deliveries import inventory, levels
from tests.integration.turns import advance

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CREATE = f"{API}/webhook/v2/createOrder"
CREATED = {"code": 200, "message": "", "data": {"OrderID": "1", "InvoiceID": "2"}}
WHY = "EasyEcom asked us to wait"


def hold(seller=None):
    return holds.hold(seller, WHY, actor="asha")


def drain(seconds=10):
    engine.drain(seconds)


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
    SyncJob.objects.want_location(make_location(live=False))
    doubtful = make_order()
    doubtful.mark_in_doubt("unknown", timezone.now())
    SyncJob.objects.filter(order=doubtful).update(status="in_doubt")
    SyncJob.objects.filter(pk=SyncJob.objects.of_location(doubtful.location, "stock").pk).want()
    hold()

    drain()

    assert len(easyecom.calls) == 0
    assert not ApiCall.objects.exists()
    assert set(SyncJob.objects.values_list("error_code", "due_at")) == {("held", None)}
    assert SyncJob.objects.get(order=doubtful).status == "in_doubt"
    assert not engine.has_work()


def test_hold_set_while_a_drain_runs_stops_the_next_call(easyecom):
    """The job is claimed already; the call's own transaction looks once more."""
    order = make_order()
    [job] = Scheduler().admit(8)
    hold(order.seller)

    assert advance(job, None, may_call=True) is None

    assert not ApiCall.objects.exists()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("pending", "held")
    assert order.seller.quota.used_today == 0


def test_call_under_way_comes_in_and_is_the_last(easyecom):
    order = make_order()
    make_shipment(order)
    [job] = Scheduler().admit(8)
    prepared = advance(job, None, may_call=True)
    hold()

    done = Exchange(Done(OrderCreated("81", "71", "91")), 200, 1, b"")
    assert advance(job, Answer(prepared, done), may_call=True) is None

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")
    assert [call.kind for call in ApiCall.objects.all()] == ["create_order"]


def test_held_location_needs_no_log_in(easyecom):
    location = make_location(live=False)
    job = SyncJob.objects.want_location(location)
    hold(location.seller)

    started = time.monotonic()
    engine.run([job.pk], 20)

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

    holds.release(row, "They are back again", actor="ravi")
    assert engine.has_work()
    drain()

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")
    assert not engine.has_work()
    row.refresh_from_db()
    assert (row.released_by, row.release_reason) == ("ravi", "They are back again")


def test_release_of_everything_leaves_a_seller_of_its_own_hold_held(easyecom):
    order = make_order()
    hold(order.seller)
    everything = hold()
    drain()

    holds.release(everything, "Done with it now", actor="asha")
    drain()

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.HELD
    assert len(easyecom.calls) == 0


def test_location_that_was_held_goes_on_with_its_onboarding():
    location = make_location(live=False)
    job = SyncJob.objects.want_location(location)
    row = hold(location.seller)
    drain()

    holds.release(row, "Done with it now", actor="asha")
    holds.enforce(time.monotonic() + 5)

    location.refresh_from_db()
    job.refresh_from_db()
    assert (location.blocked_reason, location.blocked_detail) == ("onboarding", "")
    assert (job.status, job.error_code) == ("pending", "")
    assert job.due_at <= timezone.now()


def test_location_that_waits_for_another_day_is_held_too():
    location = make_location(live=False)
    Location.objects.filter(pk=location.pk).update(
        blocked_reason="quota_spent", blocked_detail="Free again at 00:00 IST on 24 November"
    )
    SyncJob.objects.want_location(location)
    hold(location.seller)

    drain()

    location.refresh_from_db()
    assert (location.blocked_reason, location.blocked_detail) == ("held", WHY)


def test_what_is_wanted_during_a_hold_stands_aside_again(easyecom):
    order = make_order()
    hold()
    drain()

    SyncJob.objects.filter(order=order).want()
    assert engine.has_work()
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
    monkeypatch.setattr(holds, "CHUNK", 2)
    location = make_location()
    for _ in range(5):
        make_order(location)
    row = hold()

    drain()
    assert Order.objects.filter(blocked_reason="held").count() == 5
    holds.release(row, "Done with it now", actor="asha")
    holds.enforce(time.monotonic() + 5)

    assert not Order.objects.filter(blocked_reason="held").exists()
    assert SyncJob.objects.filter(status="pending", error_code="").count() == 5


def test_only_the_jobs_named_stand_aside_and_come_back_and_none_under_way():
    one, other, under_way = (make_order().sync_job for _ in range(3))
    held = hold()
    named = [one.pk, under_way.pk]
    SyncJob.objects.filter(pk=under_way.pk).update(
        status="running",
        error_code="held",
        lease_token="5" * 32,
        lease_until=timezone.now() + timedelta(minutes=1),
    )

    holds.enforce(time.monotonic() + 60, only=named)

    assert list(codes()) == ["held", "", "held"]
    holds.release(held, "It is over.", actor="asha")
    SyncJob.objects.filter(pk=other.pk).update(error_code="held", due_at=None)
    holds.enforce(time.monotonic() + 60, only=named)

    assert list(codes()) == ["", "held", "held"]
    under_way.refresh_from_db()
    assert under_way.status == "running"


def codes():
    return SyncJob.objects.order_by("pk").values_list("error_code", flat=True)


def test_many_held_jobs_keep_nobody_else_waiting(easyecom, monkeypatch):
    """What is left over is claimed no more than before, and stands aside with the next drain."""
    monkeypatch.setattr(engine, "HOLDS_FOR", 0)
    held, other = make_order(), make_order()
    easyecom.post(CREATE, json=CREATED)
    hold(held.seller)

    drain()

    other.refresh_from_db()
    assert other.stage == "awaiting_carrier"
    assert not ApiCall.objects.filter(seller=held.seller).exists()
    assert engine.has_work()


def written(row):
    """A hold's columns but its key."""
    return Hold.objects.filter(pk=row.pk).values().get() | {"id": None}


@pytest.mark.parametrize("doubts", [False, True])
@pytest.mark.parametrize("is_sellers", [False, True])
def test_hold_and_its_release_are_written_whole_and_no_other_hold(monkeypatch, is_sellers, doubts):
    seller = make_seller() if is_sellers else None
    other = hold(make_seller())
    before, now = written(other), timezone.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: now)

    row = holds.hold(seller, "r" * 401, actor="a" * 150, doubts_database=doubts)

    held = {
        "id": None,
        "seller_id": seller.pk if seller else None,
        "reason": "r" * 400,
        "doubts_database": doubts,
        "set_by": "a" * 150,
        "set_at": now,
        "released_by": "",
        "released_at": None,
        "release_reason": "",
    }
    assert written(row) == held
    later = now + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    holds.release(row, "d" * 401, actor="b" * 150)

    released = {"released_at": later, "released_by": "b" * 150, "release_reason": "d" * 400}
    assert written(row) == held | released
    assert written(other) == before
    events = Event.objects.order_by("pk").values_list("kind", "actor", "at", "seller")
    assert list(events)[1:] == [
        ("hold", "a" * 150, now, held["seller_id"]),
        ("release", "b" * 150, later, held["seller_id"]),
    ]


def test_one_hold_at_a_time_for_a_seller_and_for_everything():
    seller = make_seller()
    hold()
    hold(seller)

    for whom in (None, seller):
        with pytest.raises(holds.AlreadyHeld):
            hold(whom)
    assert Hold.objects.open().count() == 2


def test_hold_is_released_once():
    row = hold()
    holds.release(row, "Done with it now", actor="asha")

    with pytest.raises(holds.AlreadyReleased):
        holds.release(row, "And once more", actor="ravi")
    hold()


def test_each_hold_and_release_is_an_event_with_actor_and_reason():
    seller = make_seller(code="acme")
    holds.release(hold(seller), "They are back again", actor="ravi")

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
    holds.release(row, "Done with it now", actor="asha")
    hold(make_seller())

    assert announcements.has_work()


def test_wait_of_a_held_call_tells_why():
    order = make_order()
    hold(order.seller)
    [job] = SyncJob.objects.all()

    waits = turns.prepare(
        job, order.location, log_ins.log_in_call(order.location), timezone.now(), has_quota=True
    )

    assert (waits.code, waits.message) == ("held", WHY)


def test_what_comes_in_is_taken_and_applied_while_everything_is_held(client, monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda kind: None)
    location = make_location(seller=make_seller(code="acme"), location_key="ne29488101841")
    key = hashlib.sha256(KEY.encode()).hexdigest()
    ApiKey.objects.create(name="platform", digest=key)
    hold()
    inventory(location, ("KURTA-RED-M", 7))

    processing.drain(5)
    answer = client.put(
        ORDER_URL, BODY, "application/json", headers={"Authorization": f"Bearer {KEY}"}
    )

    assert levels(location) == {"KURTA-RED-M": 7}
    assert (answer.status_code, answer.json()["stage"]) == (201, "received")
    drain()
    told = client.get(ORDER_URL, headers={"Authorization": f"Bearer {KEY}"}).json()
    assert told["blocked_reason"] == "held"
    assert "asha" not in told["blocked_message"]


# Coming back, row by row -------------------------------------------------------------------------


def stood_aside(**fields):
    """An order whose job stands aside for a hold that is over."""
    order = make_order(
        blocked_reason="held", blocked_detail=WHY, blocked_since=timezone.now(), **fields
    )
    SyncJob.objects.filter(order=order).update(
        error_code="held", error_message=WHY, due_at=None, status="in_doubt"
    )
    return order


def test_job_that_comes_back_is_due_and_says_nothing_and_no_other_is_touched():
    plain, doubted, other = (
        stood_aside(),
        stood_aside(doubt="unknown", doubt_since=timezone.now()),
        stood_aside(),
    )
    SyncJob.objects.filter(order=other).update(error_code="held")
    needs_a_person = stood_aside()
    needs_a_person.change(blocked_reason="rejected", blocked_detail="Tax Rate Not Set")
    ids = [each.sync_job.pk for each in (plain, doubted, needs_a_person)]
    jobs = SyncJob.objects.filter(order=other)
    before = (Order.objects.filter(pk=other.pk).values().get(), jobs.values().get())

    holds.bring_back(ids)

    reasons = [
        (each.blocked_reason, each.blocked_detail)
        for each in Order.objects.filter(sync_job__in=ids).order_by("pk")
    ]
    assert reasons == [("", ""), ("in_doubt", ""), ("rejected", "Tax Rate Not Set")]
    for job in SyncJob.objects.filter(pk__in=ids):
        assert (job.error_code, job.error_message, job.due_at is not None) == ("", "", True)
    assert (Order.objects.filter(pk=other.pk).values().get(), jobs.values().get()) == before


def test_job_that_stands_aside_for_nothing_is_not_brought_back():
    order = stood_aside()
    SyncJob.objects.filter(order=order).update(error_code="in_doubt")

    holds.bring_back([order.sync_job.pk])

    job = SyncJob.objects.get(order=order)
    assert (job.error_code, job.due_at) == ("in_doubt", None)


def test_location_that_comes_back_goes_on_with_its_onboarding_and_no_other():
    ours, busy, theirs = (
        make_location(live=False, blocked_reason="held", blocked_detail=WHY) for _ in range(3)
    )
    Location.objects.filter(pk=busy.pk).update(blocked_reason="unreachable")
    for location in (ours, busy, theirs):
        SyncJob.objects.create(
            kind="location",
            seller=location.seller,
            location=location,
            error_code="held",
            status="pending",
        )
    ids = SyncJob.objects.filter(location__in=[ours, busy]).values_list("pk", flat=True)

    holds.bring_back(list(ids))

    columns = ("blocked_reason", "blocked_detail")
    assert list(Location.objects.order_by("pk").values_list(*columns)) == [
        ("onboarding", ""),
        ("unreachable", WHY),
        ("held", WHY),
    ]


def test_jobs_go_in_chunks_by_their_key_and_not_beyond_the_time(monkeypatch):
    monkeypatch.setattr(holds, "CHUNK", 2)
    ids = [make_order().sync_job.pk for _ in range(5)]
    later = time.monotonic() + 60
    named = ids[:1] + ids[2:]

    assert list(holds.chunks(SyncJob.objects.all(), later, None)) == [ids[:2], ids[2:4], ids[4:]]
    assert list(holds.chunks(SyncJob.objects.all(), later, named)) == [named[:2], named[2:]]
    assert list(holds.chunks(SyncJob.objects.all(), time.monotonic() - 1, None)) == []


def test_doubt_about_the_database_ends_with_its_release_and_another_hold_leaves_it():
    Binding.objects.all().delete()
    holds.bind_anew(timezone.now())
    order = make_order(push_begun_at=timezone.now())
    ChangeCounter.objects.create(pk=1, last=7)

    holds.release(hold(make_seller()), "It is over.", actor="asha")
    assert (Binding.objects.count(), ChangeCounter.objects.get().last) == (1, 7)

    row = holds.hold(None, WHY, actor="console", doubts_database=True)
    holds.release(row, "Checked.", actor="asha")

    assert Binding.objects.count() == 2
    assert ChangeCounter.objects.get().last > 7
    order.refresh_from_db()
    assert order.doubt == "unknown"


def test_binding_says_where_this_database_is(settings):
    settings.BOOON_ENVIRONMENT, settings.EASYECOM_BASE_URL = "staging", "https://ee.test"
    Binding.objects.all().delete()
    now = timezone.now()

    holds.bind_anew(now)

    row = Binding.objects.get()
    assert (row.made_at, row.environment, row.base_url) == (now, "staging", "https://ee.test")


def test_database_is_doubted_once_and_a_hold_that_is_there_says_so_too(monkeypatch):
    Binding.objects.all().delete()
    holds.bind_anew(timezone.now())
    binding = Binding.objects.get()
    row, other = hold(), hold(make_seller())
    monkeypatch.setattr(holds.log, "error", lambda *_, **__: None)

    holds.doubt("It was copied.", binding, 9)
    holds.doubt("It was copied again.", binding, 9)

    row.refresh_from_db()
    assert (row.doubts_database, row.reason) == (True, f"{WHY} It was copied.")
    other.refresh_from_db()
    assert (other.doubts_database, other.reason) == (False, WHY)
    assert Event.objects.filter(kind="hold").latest("pk").sentence == (
        "Held everything: It was copied."
    )
    assert ChangeCounter.objects.get().last > 9


def test_doubt_about_a_binding_of_before_holds_nothing():
    Binding.objects.all().delete()
    holds.bind_anew(timezone.now())
    old = Binding.objects.get()
    holds.bind_anew(timezone.now())

    holds.doubt("It was copied.", old)

    assert not Hold.objects.exists()


def test_database_that_is_doubted_holds_everything_and_is_logged():
    Binding.objects.all().delete()
    holds.bind_anew(timezone.now())
    sellers = hold(make_seller())

    with capture_logs() as logs:
        holds.doubt("It was copied.", Binding.objects.get())

    row = Hold.objects.exclude(pk=sellers.pk).get()
    assert (row.seller, row.reason, row.set_by) == (None, "It was copied.", "console")
    assert row.doubts_database is True
    assert logs == [{"event": "database_doubted", "log_level": "error", "reason": "It was copied."}]
    sellers.refresh_from_db()
    assert sellers.doubts_database is False


def test_each_job_stands_aside_with_the_reason_of_its_own_sellers_hold():
    one, two, free = make_order(), make_order(), make_order()
    holds.hold(one.seller, "One is away.", actor="asha")
    holds.hold(two.seller, "Two is away.", actor="asha")
    ids = [each.sync_job.pk for each in (two, one, free)]

    holds.stand_aside(ids)

    said = dict(SyncJob.objects.values_list("order", "error_message"))
    assert said == {one.pk: "One is away.", two.pk: "Two is away.", free.pk: ""}
    reasons = dict(Order.objects.values_list("pk", "blocked_reason"))
    assert reasons == {one.pk: "held", two.pk: "held", free.pk: ""}

    holds.stand_aside(ids, "The database may be an old one.")

    assert SyncJob.objects.get(order=free).error_message == "The database may be an old one."


@only_on.postgresql("row locks")
def test_holds_alone_are_locked_and_orders_before_their_jobs():
    row, order = hold(make_seller()), stood_aside()

    with CaptureQueriesContext(connection) as queries:
        holds.release(row, "It is over.", actor="asha")
        holds.bring_back([order.sync_job.pk])

    locks = [each["sql"] for each in queries if "FOR NO KEY UPDATE" in each["sql"]]
    assert locks[0].endswith('FOR NO KEY UPDATE OF "integration_hold"')
    assert locks[1].endswith('FOR NO KEY UPDATE OF "integration_order"')
