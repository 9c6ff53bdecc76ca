"""Jobs that go a step on together: what one of them comes to is no other's affair."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from django.utils import timezone

from integration.easyecom import (
    Done,
    Exchange,
    Kind,
    NotSent,
    OrderCreated,
    RateLimited,
    TokenIssued,
)
from integration.models import ApiCall, Event, Hold, Order, Quota, Stage, SyncJob
from integration.orders import push
from integration.sync import api_calls, engine, gateway, leases, log_ins, rate_limit, turns
from integration.sync.api_calls import Answer
from integration.sync.turns import Step
from sellers.models import Location
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration.turns import advance

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def location():
    return make_location(seller=make_seller(rate_per_second=100, burst=200))


def claimed(location: Location, count: int = 4) -> list[SyncJob]:
    orders = [make_order(location) for _ in range(count)]
    now = timezone.now()
    rate_limit.take(location.seller, count, now)
    return leases.claim([order.sync_job.pk for order in orders], now)


def opened(jobs):
    return list(engine.advance([Step(job) for job in jobs], may_call=True))


def answered(calls, outcome_of=None):
    """A step for each call: created, or what `outcome_of` its place says."""
    created = lambda n: Done(OrderCreated(f"81{n}", f"71{n}", f"91{n}"))  # noqa: E731
    return [
        Step(job, Answer(prepared, Exchange((outcome_of or created)(n), 200, 5, b"{}")))
        for n, (job, prepared) in enumerate(calls)
    ]


def stages():
    return list(Order.objects.order_by("pk").values_list("stage", flat=True))


def lose(job: SyncJob) -> None:
    """The lease ended, and another worker has the job."""
    SyncJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert len(leases.claim([job.pk], timezone.now())) == 1


def test_calls_of_a_set_are_each_jobs_own(location):
    jobs = claimed(location)

    calls = opened(jobs)

    assert [job.pk for job, _ in calls] == [job.pk for job in jobs]
    for job, prepared in calls:
        row = ApiCall.objects.get(pk=prepared.api_call_id)
        assert (row.job_id, row.order_id, row.is_open) == (job.pk, job.order_id, True)
        assert prepared.call.body["orderNumber"] == Order.objects.get(pk=job.order_id).order_number


def test_answers_of_a_set_are_each_orders_own(location):
    calls = opened(claimed(location))

    assert list(engine.advance(answered(calls), may_call=True)) == []

    ids = {
        order.pk: (order.easyecom_order_id, order.easyecom_invoice_id)
        for order in Order.objects.all()
    }
    assert ids == {job.order_id: (f"81{n}", f"91{n}") for n, (job, _) in enumerate(calls)}


@pytest.mark.parametrize("comes", ["as it opens", "as it is answered"])
def test_fault_of_one_of_a_set_fails_that_one_alone(location, monkeypatch, comes):
    jobs = claimed(location)
    name = "next_call" if comes == "as it opens" else "settle"
    bad, real = jobs[1], getattr(push, name)

    def faulty(order, *args):
        if order.pk == bad.order_id:
            raise ZeroDivisionError
        return real(order, *args)

    monkeypatch.setattr(push, name, faulty)
    calls = opened(jobs)
    list(engine.advance(answered(calls), may_call=True))

    bad.refresh_from_db()
    assert (bad.status, bad.error_code) == ("failed", "internal_error")
    others = SyncJob.objects.exclude(pk=bad.pk)
    assert set(others.values_list("status", "lease_token")) == {("succeeded", None)}
    pushed = Order.objects.exclude(pk=bad.order_id)
    assert set(pushed.values_list("stage", flat=True)) == {Stage.AWAITING_CARRIER}
    assert ApiCall.objects.exclude(job=bad).count() == 3
    assert Event.objects.filter(kind="stage").count() == 3


def test_set_that_fails_as_it_is_written_sends_nothing_before_each_went_alone(
    location, monkeypatch
):
    jobs = claimed(location)
    real, sets = leases.renew, []

    def renew(kept, now):
        sets.append(len(kept))
        if len(kept) > 1:
            raise ZeroDivisionError
        real(kept, now)

    monkeypatch.setattr(leases, "renew", renew)

    calls = opened(jobs)

    assert sets == [4, 1, 1, 1, 1]
    assert [prepared.api_call_id for _, prepared in calls] == list(
        ApiCall.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert ApiCall.objects.count() == 4


def test_nothing_goes_out_before_its_row_is_committed(location):
    for _, prepared in engine.advance([Step(job) for job in claimed(location)], may_call=True):
        # Of the test's own transaction alone.
        assert len(connection.savepoint_ids) == 0
        assert ApiCall.objects.get(pk=prepared.api_call_id).is_open


def test_lost_job_of_a_set_is_left_as_it_is(location):
    jobs = claimed(location)
    lose(jobs[2])
    before = SyncJob.objects.values().get(pk=jobs[2].pk)

    calls = opened(jobs)

    assert [job.pk for job, _ in calls] == [each.pk for each in jobs if each is not jobs[2]]
    assert SyncJob.objects.values().get(pk=jobs[2].pk) == before
    assert Order.objects.get(pk=jobs[2].order_id).push_begun_at is None
    assert not ApiCall.objects.filter(job=jobs[2]).exists()
    assert Quota.objects.get().used_today == 3


def test_answer_of_a_lost_job_of_a_set_is_evidence_and_no_step(location):
    calls = opened(claimed(location))
    lost, prepared = calls[0]
    lose(lost)
    before = SyncJob.objects.values("status", "lease_token").get(pk=lost.pk)

    list(engine.advance(answered(calls), may_call=True))

    order = Order.objects.get(pk=lost.order_id)
    assert (order.stage, order.doubt, order.easyecom_invoice_id) == ("received", "accepted", "")
    assert SyncJob.objects.values("status", "lease_token").get(pk=lost.pk) == before
    assert ApiCall.objects.get(pk=prepared.api_call_id).is_open
    assert stages().count("awaiting_carrier") == 3


def test_call_that_an_ended_worker_left_open_is_doubt_of_its_own_order_alone(location):
    left, *others = claimed(location)
    advance(left)
    SyncJob.objects.filter(pk=left.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    (again,) = leases.claim([left.pk], timezone.now())

    calls = opened([again, *others])

    assert Order.objects.get(pk=left.order_id).doubt == "unknown"
    assert [job.pk for job, _ in calls] == [job.pk for job in others]
    assert not Order.objects.exclude(pk=left.order_id).exclude(doubt="").exists()


def test_each_next_call_of_a_set_takes_its_own_quota():
    seller = make_seller(rate_per_second=0.01, burst=6)
    location = make_location(seller=seller)
    jobs = claimed(location)
    for order in Order.objects.all():
        make_shipment(order)

    more = list(engine.advance(answered(opened(jobs)), may_call=True))

    assert [prepared.call.kind for _, prepared in more] == [Kind.ASSIGN_AWB] * 2
    assert Quota.objects.get().used_today == 6
    waiting = SyncJob.objects.filter(status="pending", error_code="rate_limited")
    assert waiting.count() == 2


def test_hold_that_was_set_meanwhile_stops_a_set_and_gives_its_quota_back(location):
    jobs = claimed(location)
    Hold.objects.create(
        seller=location.seller, reason="Stocktake", set_by="asha", set_at=timezone.now()
    )

    assert opened(jobs) == []

    assert not ApiCall.objects.exists()
    assert Quota.objects.get().used_today == 0
    said = set(Order.objects.values_list("blocked_reason", "blocked_detail"))
    assert said == {("held", "Stocktake")}
    assert set(SyncJob.objects.values_list("status", "error_code")) == {("pending", "held")}


def test_what_is_said_of_a_day_that_is_used_up_stands_after_what_the_answer_said(location):
    """Both are written in one turn: the rate limit as the answer, then until when it waits."""
    calls = opened(claimed(location))
    limited = lambda n: RateLimited(of_the_day=True)  # noqa: E731
    list(engine.advance(answered(calls, limited), may_call=True))

    assert set(Order.objects.values_list("blocked_reason", flat=True)) == {"quota_spent"}
    assert set(SyncJob.objects.values_list("error_code", "setbacks")) == {("quota_spent", 1)}


def test_one_of_a_location_without_a_token_logs_in_and_the_others_wait_for_it(location):
    Location.objects.update(token="", token_issued_at=None)

    calls = opened(claimed(location))

    assert [prepared.call.kind for _, prepared in calls] == [Kind.LOG_IN]
    waiting = SyncJob.objects.filter(status="pending", error_code=log_ins.AWAITING)
    assert waiting.count() == 3
    assert not Order.objects.filter(push_begun_at__isnull=False).exists()


def test_log_ins_and_other_kinds_of_jobs_go_alone(location):
    orders = claimed(location, 3)
    pull = SyncJob.objects.create(
        kind="products", seller=location.seller, location=location, due_at=timezone.now()
    )
    prepared = advance(orders[2])
    token = replace(prepared, call=log_ins.log_in_call(location))
    answer = Answer(token, Exchange(Done(TokenIssued("t", 60)), 200, 5, b""))
    steps = [Step(orders[0]), Step(pull), Step(orders[2], answer), Step(orders[1])]

    sets = [[step.job.pk for step in each] for each in turns.alike(steps)]

    assert sets == [[pull.pk], [orders[2].pk], [orders[0].pk, orders[1].pk]]


def test_large_set_is_cut(location, monkeypatch):
    monkeypatch.setattr(turns, "MOST", 3)
    steps = [Step(job) for job in claimed(location, 7)]

    assert [len(each) for each in turns.alike(steps)] == [3, 3, 1]


def test_setbacks_are_counted_once_where_a_set_comes_to_nothing(location, monkeypatch):
    calls = opened(claimed(location))
    real = leases.release

    def release(resting, now):
        if len(resting) > 1:
            raise ZeroDivisionError
        real(resting, now)

    monkeypatch.setattr(leases, "release", release)

    list(engine.advance(answered(calls, lambda n: NotSent("no route")), may_call=True))

    assert set(SyncJob.objects.values_list("setbacks", flat=True)) == {1}


def test_database_that_is_away_fails_no_job_of_a_set(location, monkeypatch):
    jobs = claimed(location)

    def away(order, now):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(push, "next_call", away)

    with pytest.raises(OperationalError):
        opened(jobs)

    assert set(SyncJob.objects.values_list("status", flat=True)) == {"running"}


def onboarding(**place):
    """The claimed job of a location that is not live yet and has no token."""
    location = make_location(live=False, blocked_reason="onboarding", **place)
    job = SyncJob.objects.create(
        kind="location", seller=location.seller, location=location, due_at=timezone.now()
    )
    rate_limit.take(location.seller, 1, timezone.now(), is_polling=job.is_polling)
    (claimed_job,) = leases.claim([job.pk], timezone.now())
    return location, claimed_job


def test_location_whose_log_in_was_refused_says_so_while_its_job_waits_for_the_next():
    again_at = timezone.now() + timedelta(minutes=10)
    location, job = onboarding(login_trouble="refused", next_login_at=again_at)

    assert advance(job) is None

    location.refresh_from_db()
    job.refresh_from_db()
    assert location.blocked_reason == "credentials_refused"
    assert (job.status, job.error_code) == ("pending", "credentials_refused")
    assert abs(job.due_at - again_at) < timedelta(seconds=5)


def test_location_whose_password_no_key_opens_says_so_and_waits_a_quarter_of_an_hour(settings):
    location, job = onboarding()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    before = timezone.now()

    assert advance(job) is None

    location.refresh_from_db()
    job.refresh_from_db()
    assert location.blocked_reason == "secret_unreadable"
    assert job.error_code == "secret_unreadable"
    assert timedelta(minutes=14) < job.due_at - before < timedelta(minutes=16)


def test_job_that_waits_for_what_is_past_is_due_at_once(location, monkeypatch):
    (job,) = claimed(location, 1)
    long_ago = timezone.now() - timedelta(hours=1)
    past = api_calls.Wait(long_ago, "rate_limited", "Wait.")
    monkeypatch.setattr(gateway, "prepare", lambda wanted, now: [past])  # weak: a race of clocks
    before = timezone.now()

    assert advance(job) is None

    job.refresh_from_db()
    assert job.due_at - before < timedelta(seconds=0.9)
