import pydoc
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ, Schedule

from booon_console import clock
from integration import inbox, jobs, outbox, retention
from integration.models import Drain, Worker

pytestmark = pytest.mark.django_db

OUTBOX, INBOX = Drain.Kind.OUTBOX, Drain.Kind.INBOX


@pytest.fixture(autouse=True)
def no_throttle() -> Iterator[None]:
    jobs.last_wakes.clear()
    yield
    jobs.last_wakes.clear()


def wake(kind: str) -> None:
    jobs.last_wakes.clear()
    jobs.wake(kind)


def queued() -> list[str]:
    return [row.func() for row in OrmQ.objects.order_by("pk")]


def set_drain(**fields: object) -> None:
    Drain.objects.filter(kind=OUTBOX).update(**fields)


def outbox_drain() -> Drain:
    return Drain.objects.get(kind=OUTBOX)


# Waking --------------------------------------------------------------------------------------


def test_wake_queues_one_drain_of_each_kind():
    for _ in range(3):
        wake(OUTBOX)
        wake(INBOX)

    assert queued() == ["integration.jobs.drain_outbox", "integration.jobs.drain_inbox"]


def test_wake_is_throttled_in_a_process():
    jobs.wake(OUTBOX)
    set_drain(queued_at=None)
    jobs.wake(OUTBOX)

    assert len(queued()) == 1


def test_wake_again_when_the_queued_drain_was_lost():
    wake(OUTBOX)
    set_drain(queued_at=clock.now() - timedelta(seconds=61))
    wake(OUTBOX)

    assert len(queued()) == 2


def test_wake_leaves_a_running_drain_to_it():
    set_drain(running_until=clock.now() + timedelta(seconds=60))
    wake(OUTBOX)

    assert queued() == []


def test_wake_survives_a_broken_queue_and_promises_nothing(monkeypatch, caplog):
    def broken(task: str, worker_id: str | None = None) -> None:
        raise RuntimeError("postgres://user:password-canary@host")

    monkeypatch.setattr(jobs, "enqueue", broken)
    wake(OUTBOX)

    assert outbox_drain().queued_at is None
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="one connection in memory")
def test_wakes_at_once_queue_one_drain(monkeypatch):
    monkeypatch.setattr(jobs, "THROTTLE_SECONDS", 0)

    def wake_and_leave(_: int) -> None:
        jobs.wake(OUTBOX)
        connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(wake_and_leave, range(200)))

    assert len(queued()) == 1


def test_pulse_wakes_what_has_work(monkeypatch):
    monkeypatch.setattr(outbox, "has_due", lambda: False)
    monkeypatch.setattr(inbox, "has_stored", lambda: True)

    jobs.pulse()

    assert queued() == ["integration.jobs.drain_inbox"]


# Draining ------------------------------------------------------------------------------------


def test_drain_holds_its_claim_while_the_engine_runs(monkeypatch):
    seen: list[tuple[float, Drain]] = []
    monkeypatch.setenv(jobs.WORKER_ID_VARIABLE, "worker-1")
    monkeypatch.setattr(
        outbox, "drain", lambda seconds, when_closed: seen.append((seconds, outbox_drain()))
    )
    wake(OUTBOX)

    assert jobs.drain_outbox() is None

    [(seconds, during)] = seen
    assert seconds == 10
    assert (during.queued_at, during.running_in) == (None, "worker-1")
    assert during.running_until > clock.now() + timedelta(seconds=50)
    assert (outbox_drain().running_until, outbox_drain().running_in) == (None, "")


def test_second_drain_leaves_the_first_to_it(monkeypatch):
    monkeypatch.setattr(outbox, "drain", lambda *_, **__: pytest.fail("two at once"))
    until = clock.now() + timedelta(seconds=30)
    set_drain(queued_at=clock.now(), running_until=until, running_in="other")

    jobs.drain_outbox()

    assert (outbox_drain().queued_at, outbox_drain().running_until) == (None, until)


def test_drain_takes_over_from_one_that_was_killed(monkeypatch):
    seen: list[float] = []
    monkeypatch.setattr(outbox, "drain", lambda seconds, when_closed: seen.append(seconds))
    set_drain(running_until=clock.now() - timedelta(seconds=1), running_in="dead")

    jobs.drain_outbox()

    assert len(seen) == 1


def test_drain_releases_only_its_own_claim(monkeypatch):
    other = clock.now() + timedelta(seconds=60)
    monkeypatch.setattr(
        outbox, "drain", lambda seconds, when_closed: set_drain(running_until=other)
    )

    jobs.drain_outbox()

    assert outbox_drain().running_until == other


def test_drain_that_only_waits_for_slow_calls_is_out_of_the_next_ones_way(monkeypatch):
    seen = []

    def slow(seconds, when_closed):
        when_closed()
        seen.append(outbox_drain().running_until)

    monkeypatch.setattr(outbox, "drain", slow)

    jobs.drain_outbox()

    assert seen == [None]


def test_drain_that_used_its_time_wakes_the_next(monkeypatch):
    monkeypatch.setattr(outbox, "drain", lambda seconds, when_closed: None)
    monkeypatch.setattr(jobs, "DRAIN_SECONDS", 0)

    jobs.drain_outbox()

    assert queued() == ["integration.jobs.drain_outbox"]


def test_failing_engine_is_logged_by_class_and_released(monkeypatch, caplog):
    def fail(seconds: float) -> None:
        raise ValueError("token-canary")

    monkeypatch.setattr(inbox, "drain", fail)

    assert jobs.drain_inbox() is None

    assert Drain.objects.get(kind=INBOX).running_until is None
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_time_limit_reaches_django_q_without_what_was_being_handled(monkeypatch):
    secret = "token-" + "canary"

    def run_out_of_time(seconds: float, when_closed: object) -> None:
        try:
            raise ValueError(secret)
        except ValueError:
            raise TimeoutException("45 seconds")  # noqa: B904

    monkeypatch.setattr(outbox, "drain", run_out_of_time)

    with pytest.raises(TimeoutException) as caught:
        jobs.drain_outbox()

    assert secret not in "".join(traceback.format_exception(caught.value))
    assert outbox_drain().running_until is None


# The rest ------------------------------------------------------------------------------------


def test_beat_is_of_the_cluster_that_ran_it(monkeypatch):
    now = clock.now()
    for name in ("mine", "other"):
        Worker.objects.create(id=name, host="h", started_at=now, pulsed_at=now)
    monkeypatch.setenv(jobs.WORKER_ID_VARIABLE, "mine")

    jobs.beat()

    assert Worker.objects.get(id="mine").beat_at >= now
    assert Worker.objects.get(id="other").beat_at is None


def test_retention_that_ran_out_of_time_goes_on_in_another_task(monkeypatch):
    monkeypatch.setattr(jobs, "RETENTION_SECONDS", 0)

    jobs.delete_old()

    assert queued() == ["integration.jobs.delete_old"]


def test_retention_that_got_through_rests():
    jobs.delete_old()

    assert queued() == []


def test_finished_tasks_are_kept_as_long_as_all_else(monkeypatch):
    task = jobs.Task.objects.create
    now = timezone.now()
    for name, age in (("old", retention.KEPT + timedelta(hours=1)), ("new", timedelta(days=29))):
        task(id=name, name=name, func="f", started=now - age, stopped=now - age, success=False)

    jobs.delete_old()

    assert list(jobs.Task.objects.values_list("id", flat=True)) == ["new"]


def test_migrate_puts_schedules_and_drains_in_place():
    assert {schedule.name: schedule.schedule_type for schedule in Schedule.objects.all()} == {
        "look_for_alerts": "I",
        "renew_tokens": "H",
        "look_again": "H",
        "count_tallies": "I",
        "renew_reasons": "I",
        "reconcile": "I",
        "pull_catalogs": "D",
        "delete_old": "D",
    }
    assert all(pydoc.locate(schedule.func) for schedule in Schedule.objects.all())
    assert set(Drain.objects.values_list("kind", flat=True)) == {
        "outbox",
        "inbox",
        "announcements",
        "bulk",
        "alerts",
    }


def test_migrating_again_keeps_the_next_run_and_drops_what_is_no_longer_declared():
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    Schedule.objects.filter(name="renew_tokens").update(next_run=moment, func="old.place")
    Schedule.objects.create(name="gone", func="integration.jobs.gone")

    jobs.put_in_place()

    renewal = Schedule.objects.get(name="renew_tokens")
    assert (renewal.next_run, renewal.func) == (moment, "integration.jobs.renew_tokens")
    assert not Schedule.objects.filter(name="gone").exists()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 23, 20, 59, tzinfo=UTC), datetime(2026, 11, 23, 21, tzinfo=UTC)),
        (datetime(2026, 11, 23, 21, 1, tzinfo=UTC), datetime(2026, 11, 24, 21, tzinfo=UTC)),
    ],
)
def test_nights_are_indian(now: datetime, expected: datetime):
    Schedule.objects.all().delete()
    with time_machine.travel(now, tick=False):
        jobs.put_in_place()

    assert Schedule.objects.get(name="pull_catalogs").next_run == expected
