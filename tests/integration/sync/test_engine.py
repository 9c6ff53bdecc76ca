"""The engine: what a killed worker leaves behind, fairness, faults of our own, put-offs."""

import threading
from concurrent.futures import Future, wait
from datetime import timedelta
from types import SimpleNamespace
from typing import get_args

import pytest
import requests
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import capture_logs

from integration.easyecom import (
    AlreadyExists,
    AuthRefused,
    Done,
    Exchange,
    Kind,
    NotSent,
    OrderCreated,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
)
from integration.models import ApiCall, Event, Order, OrderReason, Quota, ShipmentDetails, SyncJob
from integration.orders import push
from integration.sync import engine, leases, rate_limit, turns
from integration.sync.api_calls import Answer, Prepared
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.conftest import API, bodies, run
from tests.integration.turns import advance
from tests.moment import Moment

CREATE = f"{API}/webhook/v2/createOrder"
FIND = f"{API}/orders/V2/getOrderDetails"
CREATED = {"code": 200, "message": "", "data": {"OrderID": "1", "InvoiceID": "2"}}
Status = SyncJob.Status

pytestmark = pytest.mark.django_db


def killed_during(order: Order) -> SyncJob:
    """As a worker leaves a job that was killed after its call was opened."""
    (job,) = leases.claim([order.sync_job.pk], timezone.now())
    assert advance(job) is not None
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


def test_killed_worker_leaves_no_doubt_about_a_call_that_only_read():
    order = make_order(make_location(token=""))
    rate_limit.take(order.seller, 1, timezone.now())
    killed_during(order)
    assert ApiCall.objects.get().kind == "log_in"
    (job,) = leases.claim([order.sync_job.pk], timezone.now())

    assert advance(job, None, may_call=False) is None

    order.refresh_from_db()
    call = ApiCall.objects.get()
    assert (order.doubt, order.blocked_reason, order.push_begun_at) == ("", "", None)
    assert (call.is_open, call.outcome) == (False, "outcome_unknown")


def test_killed_worker_leaves_a_registration_in_doubt():
    location = make_location(live=False)
    now = timezone.now()
    Location.objects.update(token="t", token_issued_at=now, located_at=now)
    job = SyncJob.objects.create(
        kind="location", seller=location.seller, location=location, due_at=timezone.now()
    )
    (claimed,) = leases.claim([job.pk], timezone.now())
    advance(claimed)
    assert CarrierRegistration.objects.get().state == "sending"
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    run(job)

    assert CarrierRegistration.objects.get().state == "in_doubt"


def test_answer_of_a_worker_that_lost_its_lease_changes_nothing():
    order = make_order()
    job = killed_during(order)
    prepared = Prepared(
        push.next_call(push.load(job), timezone.now()),
        ApiCall.objects.get().pk,
        order.seller_id,
        order.location_id,
        None,
        "",
        "",
        "",
    )
    leases.claim([job.pk], timezone.now())

    late = Answer(prepared, Exchange(turns.WORKER_ENDED, None, 1, b""))
    assert advance(job, late, may_call=True) is None

    order.refresh_from_db()
    assert (order.stage, order.doubt) == ("received", "")


def everything() -> dict[str, list[object]]:
    """All rows that a hop may write."""
    tables = (ApiCall, Event, Order, Quota, ShipmentDetails, SyncJob)
    return {table.__name__: list(table.objects.order_by("pk").values()) for table in tables}


def taken_over(job: SyncJob) -> None:
    """The lease ended, and another worker has the job."""
    SyncJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert len(leases.claim([job.pk], timezone.now())) == 1


def test_worker_that_lost_its_lease_opens_no_call_and_writes_nothing():
    order = make_order()
    rate_limit.take(order.seller, 1, timezone.now())
    (job,) = leases.claim([order.sync_job.pk], timezone.now())
    taken_over(job)
    before = everything()

    assert advance(job, None, may_call=True) is None

    after = everything()
    assert (after.pop("Quota"), before.pop("Quota"))[0][0]["used_today"] == 0
    assert after == before
    assert before["ApiCall"] == []


@pytest.mark.parametrize("has_next_call", [True, False], ids=["with a next call", "the last call"])
def test_good_answer_of_a_worker_that_lost_its_lease_is_evidence_and_no_step(has_next_call):
    order = make_order()
    if has_next_call:
        make_shipment(order)
    rate_limit.take(order.seller, 1, timezone.now())
    (job,) = leases.claim([order.sync_job.pk], timezone.now())
    prepared = advance(job, None, may_call=True)
    taken_over(job)
    before = everything()

    came = Exchange(Done(OrderCreated("81", "71", "91")), 200, 5, b"{}")
    assert advance(job, Answer(prepared, came), may_call=True) is None

    after = everything()
    assert (after["Quota"], after["ShipmentDetails"]) == (
        before["Quota"],
        before["ShipmentDetails"],
    )
    assert [row["is_open"] for row in after["ApiCall"]] == [True]
    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id, order.doubt) == ("received", "", "accepted")
    holds = ("status", "lease_token", "lease_until")
    assert [SyncJob.objects.values(*holds).get()] == [
        {name: row[name] for name in holds} for row in before["SyncJob"]
    ]


def test_call_that_takes_longer_than_its_lease_keeps_the_job(easyecom, monkeypatch):
    order, moment, may_answer = make_order(), Moment(monkeypatch), threading.Event()
    began = moment.now
    monotonic = lambda: (moment.now - began).total_seconds()  # noqa: E731
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=monotonic))
    monkeypatch.setattr(engine, "GLANCE", 0.001)
    free = []

    def answer(request):
        may_answer.wait(10)
        return 200, {}, '{"code": 200, "data": {"OrderID": "1", "InvoiceID": "2"}}'

    def glance(flying, **options):
        moment.pass_by(seconds=20)
        free.append(leases.claimable(moment.now).exists())
        if moment.now - began > timedelta(minutes=5):
            may_answer.set()
        return wait(flying, **options)

    monkeypatch.setattr(engine, "wait", glance)
    easyecom.add_callback("POST", CREATE, answer)

    engine.drain(10, only=[order.sync_job.pk])

    order.refresh_from_db()
    assert not any(free)
    assert (order.stage, len(easyecom.calls)) == ("awaiting_carrier", 1)


def test_log_in_that_fails_leaves_the_order_as_unsent_as_it_was(easyecom):
    order = pushed(make_order(make_location(token="")))
    make_shipment(order)
    unsent = make_order(order.location)
    easyecom.post(f"{API}/access/token", status=500)

    run(order.sync_job)
    Location.objects.update(next_login_at=None)
    run(unsent.sync_job)

    unsent.refresh_from_db()
    assert len(bodies(easyecom, "access/token")) == 2
    assert (unsent.push_begun_at, order.shipment.assign_begun_at) == (None, None)
    assert ShipmentDetails.objects.get().assign_begun_at is None


def test_log_in_that_succeeds_is_no_progress_and_the_delays_go_on_growing(easyecom, settings):
    settings.RETRY_DELAYS = [5, 60, 600]
    order = make_order(make_location(token=""))
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.post(
        f"{API}/access/token",
        json={"data": {"token": {"jwt_token": "fresh-canary", "expires_in": 7776000}}},
    )
    easyecom.get(FIND, body=requests.ConnectionError())
    waits = []

    for _ in range(3):
        Location.objects.update(token="", next_login_at=None)
        SyncJob.objects.update(due_at=timezone.now())
        job = run(order.sync_job)
        waits.append(round((job.due_at - job.updated_at).total_seconds()))

    assert len(bodies(easyecom, "access/token")) == 3
    assert waits == [5, 60, 600]


def answered(order: Order, outcome: Outcome, *, may_call: bool) -> None:
    """The order's first call went out, and this came back."""
    rate_limit.take(order.seller, 1, timezone.now())
    (job,) = leases.claim([order.sync_job.pk], timezone.now())
    prepared = advance(job, None, may_call=True)
    came = Answer(prepared, Exchange(outcome, 200, 5, b"{}"))
    assert advance(job, came, may_call=may_call) is None


@pytest.mark.parametrize("is_in_doubt", [False, True])
def test_after_the_drains_time_an_answer_is_written_down_and_the_next_call_left_to_others(
    is_in_doubt, settings
):
    settings.IN_DOUBT_DELAYS = [0]
    order = make_order()
    make_shipment(order)
    created = Done(OrderCreated("81", "71", "" if is_in_doubt else "91"))

    answered(order, created, may_call=False)

    job = SyncJob.objects.get(order=order)
    assert (job.status, job.lease_token) == (
        Status.IN_DOUBT if is_in_doubt else Status.PENDING,
        None,
    )
    assert job.due_at <= timezone.now()
    assert ApiCall.objects.get().kind == "create_order"
    assert Quota.objects.get().used_today == 1


def test_each_call_of_a_job_takes_its_own_quota(easyecom):
    order = make_order(make_location(seller=make_seller(rate_per_second=0.01, burst=3)))
    make_shipment(order)
    easyecom.post(CREATE, json=CREATED)
    easyecom.post(f"{API}/Carrier/assignAWB", json={"code": 200, "message": "", "data": {}})

    run(order.sync_job)

    assert order.seller.quota.used_today == len(easyecom.calls) == 2


def test_second_call_of_a_job_waits_where_the_quota_is_used_up(easyecom):
    seller = make_seller(rate_per_second=0.01, burst=1)
    order = make_order(make_location(seller=seller))
    make_shipment(order)
    easyecom.post(CREATE, json=CREATED)

    job = run(order.sync_job, seconds=1)

    assert len(easyecom.calls) == seller.quota.used_today == 1
    assert (job.status, job.error_code) == (Status.PENDING, "rate_limited")
    # A call each 100 s, and 5 % apart.
    assert timedelta(seconds=100) < job.due_at - timezone.now() < timedelta(seconds=106)


READS = {
    Kind.LOG_IN,
    Kind.GET_LOCATIONS,
    Kind.GET_PRODUCTS,
    Kind.FIND_ORDER,
    Kind.GET_QUEUE_STATUS,
    Kind.GET_INVENTORY,
}
# Of which kinds of call an answer teaches nothing.
SETBACKS = {
    "Done": (Done(OrderCreated("81", "71", "91")), set()),
    "NotSent": (NotSent("refused"), set(Kind)),
    "RateLimited": (RateLimited(), set(Kind)),
    "AuthRefused": (AuthRefused(401), set(Kind)),
    "Rejected": (Rejected(), READS),
    "AlreadyExists": (AlreadyExists(), READS),
    "OutcomeUnknown": (OutcomeUnknown("time-out"), set(Kind)),
}


def test_every_outcome_is_judged_whether_it_teaches_anything():
    assert list(SETBACKS) == [outcome.__name__ for outcome in get_args(Outcome)]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", SETBACKS)
def test_answer_that_teaches_nothing_puts_the_job_off(kind, name):
    outcome, kinds = SETBACKS[name]

    assert turns.is_setback(kind, outcome) == (kind in kinds)


def test_call_that_is_forbidden_is_tried_again_in_a_quarter_of_an_hour(easyecom):
    order = make_order()
    easyecom.post(CREATE, status=403, json={"message": "Forbidden"})

    job = run(order.sync_job)

    assert len(easyecom.calls) == 1
    assert timedelta(minutes=14) < job.due_at - timezone.now() <= timedelta(minutes=15)


def test_database_that_is_away_fails_no_job(easyecom, monkeypatch):
    order = make_order()

    def away(order, now):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(push, "next_call", away)

    with pytest.raises(OperationalError):
        engine.drain(10)

    order.sync_job.refresh_from_db()
    assert (order.sync_job.status, order.sync_job.error_code) == (Status.RUNNING, "")


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
    real = push.next_call

    def next_call(order, now):
        if order.pk == bad.pk:
            raise ZeroDivisionError("secret-canary")
        return real(order, now)

    monkeypatch.setattr(push, "next_call", next_call)

    engine.drain(10)

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

    engine.drain(0)

    order.sync_job.refresh_from_db()
    assert (order.sync_job.status, order.sync_job.attempts) == (Status.PENDING, 0)


def test_rate_limit_pauses_the_account_and_its_orders_say_so(easyecom):
    order = make_order()
    easyecom.post(CREATE, status=429, headers={"Retry-After": "30"}, json={"message": "slow"})

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.RATE_LIMITED
    assert timedelta(seconds=25) < job.due_at - timezone.now() <= timedelta(seconds=30)


def test_answer_that_waits_for_its_turn_keeps_no_other_call_from_going_out():
    came, still_there = Future(), Future()
    came.set_result(None)

    assert engine.at_easyecom([came, still_there, Future()]) == 2


# One turn, and what goes wrong in it -------------------------------------------------------------


class Deadlock(Exception):
    """As psycopg tells it."""

    sqlstate = "40P01"


def deadlock() -> OperationalError:
    problem = OperationalError("deadlock detected")
    problem.__cause__ = Deadlock()
    return problem


def stumbling(monkeypatch, *failures):
    """`turns.take` fails so, then finds nothing to do. Returns how many steps each try had."""
    sizes, left = [], list(failures)

    def take(steps, *, may_call):
        sizes.append(len(steps))
        for step in steps:
            step.job.setbacks += 1
        if left:
            raise left.pop(0)
        return turns.Result([], [])

    monkeypatch.setattr(turns, "take", take)
    return sizes


def steps_of(count: int) -> list[turns.Step]:
    jobs = [make_order().sync_job for _ in range(count)]
    for job in jobs:
        rate_limit.take(job.seller, 1, timezone.now())
    return [turns.Step(job) for job in leases.claim([job.pk for job in jobs], timezone.now())]


def test_turn_that_meets_a_deadlock_goes_apart_and_says_so(monkeypatch):
    sizes, steps = stumbling(monkeypatch, deadlock()), steps_of(2)

    with capture_logs() as logs:
        assert list(engine.advance(steps, may_call=True)) == []

    assert sizes == [2, 1, 1]
    assert logs == [{"event": "turn_apart", "log_level": "warning", "jobs": 2, "fault": "deadlock"}]
    # What the failed try had counted is not counted.
    assert [step.job.setbacks for step in steps] == [1, 1]


def test_turn_that_meets_a_fault_goes_apart_and_says_which_and_where(monkeypatch):
    sizes, steps = stumbling(monkeypatch, ValueError("canary")), steps_of(2)

    with capture_logs() as logs:
        assert list(engine.advance(steps, may_call=True)) == []

    assert sizes == [2, 1, 1]
    [told] = logs
    assert (told["event"], told["jobs"], told["fault"]) == ("turn_apart", 2, "ValueError")
    assert "take" in str(told["frames"])
    assert "canary" not in str(told)


@pytest.mark.parametrize(("deadlocks", "is_raised"), [(1, False), (2, True)])
def test_one_alone_is_tried_once_more_after_a_deadlock(monkeypatch, deadlocks, is_raised):
    sizes = stumbling(monkeypatch, *(deadlock() for _ in range(deadlocks)))
    steps = steps_of(1)

    if is_raised:
        with pytest.raises(OperationalError):
            list(engine.advance(steps, may_call=True))
    else:
        assert list(engine.advance(steps, may_call=True)) == []
    assert sizes == [1, 1]


@pytest.mark.parametrize("count", [1, 2])
def test_database_that_is_away_is_not_asked_again(monkeypatch, count):
    sizes = stumbling(monkeypatch, OperationalError("the connection is closed"))

    with pytest.raises(OperationalError, match="closed"):
        list(engine.advance(steps_of(count), may_call=True))

    assert sizes == [count]


def test_fault_with_one_job_is_logged_and_fails_it_with_a_sentence(monkeypatch):
    stumbling(monkeypatch, ValueError("canary"))
    [step] = steps_of(1)
    other = make_order().sync_job

    with capture_logs() as logs:
        assert list(engine.advance([step], may_call=True)) == []

    [told] = [each for each in logs if each["event"] == "job_fault"]
    assert (told["log_level"], told["job"], told["fault"]) == ("error", step.job.pk, "ValueError")
    assert "take" in str(told["frames"])
    assert "canary" not in str(logs)
    job = SyncJob.objects.get(pk=step.job.pk)
    assert (job.status, job.due_at, job.error_code) == ("failed", None, "internal_error")
    assert job.error_message == (
        "A fault of the console's own (ValueError). Retry once it is mended."
    )
    other.refresh_from_db()
    assert other.status == "pending"


def test_job_that_another_worker_took_over_is_said_and_its_quota_is_given_back(monkeypatch):
    [step], given = steps_of(1), []
    monkeypatch.setattr(turns, "take", lambda steps, **_: turns.Result([], list(steps)))
    monkeypatch.setattr(rate_limit, "give_back", lambda *said, **how: given.append((said[0], how)))

    with capture_logs() as logs:
        assert list(engine.advance([step], may_call=True)) == []

    assert logs == [{"event": "job_taken_over", "log_level": "warning", "job": step.job.pk}]
    assert given == [(step.job.seller_id, {"calls": 1, "is_polling": False})]


def test_fault_about_a_late_answer_is_logged_and_no_step_of_the_job(monkeypatch):
    def broken(*_):
        raise ValueError("canary")

    order = make_order()
    [job] = leases.claim([order.sync_job.pk], timezone.now())
    prepared = advance(job)
    monkeypatch.setattr(engine.api_calls, "record_late", broken)
    exchange = Exchange(Done(OrderCreated("81", "71", "91")), 200, 5, b"{}")

    with capture_logs() as logs:
        engine.hear_late(job, Answer(prepared, exchange))

    [told] = logs
    assert (told["event"], told["log_level"]) == ("late_answer_fault", "error")
    assert (told["job"], told["fault"]) == (job.pk, "ValueError")
    assert "broken" in str(told["frames"])
    assert "canary" not in str(told)


# In the foreground -------------------------------------------------------------------------------


@pytest.fixture
def drained(monkeypatch):
    """How often it was drained, and for what; nothing is sent, and nobody waits."""
    calls = []
    monkeypatch.setattr(engine, "drain", lambda seconds, only: calls.append((seconds, only)))
    monkeypatch.setattr(engine, "GLANCE", 0)
    return calls


@pytest.mark.parametrize(
    ("columns", "is_over"),
    [
        ({"status": "succeeded", "due_at": None}, True),
        ({"status": "pending", "due_at": None}, True),
        ({"status": "pending", "error_code": "unreachable"}, True),
        ({"status": "failed", "due_at": None}, True),
        ({"status": "pending"}, False),
        ({"status": "in_doubt"}, False),
        ({"status": "pending", "error_code": "rate_limited"}, False),
        ({"status": "running", "lease_token": "5" * 32, "lease_until": "2026-11-24 09:30Z"}, False),
    ],
)
def test_jobs_are_carried_until_each_rests_and_others_are_nobodys_business(
    drained, monkeypatch, columns, is_over
):
    job = make_order().sync_job
    make_order()
    SyncJob.objects.filter(pk=job.pk).update(**columns)
    moments = iter([100.0, 101.0, 101.0, 103.0, 103.0, 106.0])
    monkeypatch.setattr(engine.time, "monotonic", lambda: next(moments))

    engine.run([job.pk], 5)

    twice = [(4.0, [job.pk]), (2.0, [job.pk])]
    assert drained == (twice[:1] if is_over else twice)


def test_one_drain_of_a_long_run_lasts_ten_seconds_at_most(drained, monkeypatch):
    job = make_order().sync_job
    SyncJob.objects.filter(pk=job.pk).update(status="succeeded", due_at=None)
    monkeypatch.setattr(engine.time, "monotonic", lambda: 100.0)

    engine.run([job.pk], 60)

    assert drained == [(10, [job.pk])]


def test_jobs_stand_aside_where_this_process_may_send_nothing(drained, monkeypatch):
    job = make_order().sync_job
    monkeypatch.setattr(engine.database_guard, "obstacle", lambda: "Other settings.")

    engine.run([job.pk], 5)

    assert drained == []
    assert SyncJob.objects.get(pk=job.pk).error_message == "Other settings."


def test_holds_get_two_seconds_of_a_drain_at_most(monkeypatch):
    asked = []
    monkeypatch.setattr(engine.holds, "enforce", lambda *said: asked.append(said))
    monkeypatch.setattr(engine.time, "monotonic", lambda: 100.0)

    engine.drain(10, [7])
    engine.drain(1, [7])

    assert [(ends_at, only) for ends_at, only, _ in asked] == [(102.0, [7]), (101.0, [7])]
