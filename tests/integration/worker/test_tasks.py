import pydoc
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connections
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ, Schedule

from booon_console.lib import clock
from booon_console.lib.repeats import Repeats
from integration.models import Drain, Shard, Worker
from integration.sync import engine, wakeup
from integration.webhooks import processing
from integration.worker import retention, tasks
from tests import only_on

pytestmark = pytest.mark.django_db

OUTBOX, INBOX = Drain.Kind.OUTBOX, Drain.Kind.INBOX


@pytest.fixture(autouse=True)
def no_throttle(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(wakeup, "repeats", Repeats())
    wakeup.last_wakes.clear()
    yield
    wakeup.last_wakes.clear()


def wake(kind: str) -> None:
    wakeup.last_wakes.clear()
    wakeup.wake(kind)


def queued() -> list[str]:
    return [row.func() for row in OrmQ.objects.order_by("pk")]


def set_drain(**fields: object) -> None:
    Drain.objects.filter(kind=OUTBOX).update(**fields)


def outbox_drain() -> Drain:
    return Drain.objects.get(kind=OUTBOX)


def set_shards(**fields: object) -> None:
    Shard.objects.update(**fields)


def shards_running() -> set[tuple[datetime | None, str]]:
    return set(Shard.objects.order_by().values_list("running_until", "running_in"))


def add_host(name: str, beat_ago: float = 0) -> None:
    now = clock.now()
    beat_at = now - timedelta(seconds=beat_ago)
    Worker.objects.create(id=name, host=name, started_at=now, pulsed_at=now, beat_at=beat_at)


# Waking --------------------------------------------------------------------------------------


def test_wake_queues_one_drain_of_each_kind():
    for _ in range(3):
        wake(OUTBOX)
        wake(INBOX)

    assert queued() == [
        "integration.worker.tasks.drain_outbox",
        "integration.worker.tasks.drain_inbox",
    ]


def test_wake_is_throttled_in_a_process():
    wakeup.wake(OUTBOX)
    set_drain(queued_at=None)
    wakeup.wake(OUTBOX)

    assert len(queued()) == 1


def test_wake_again_when_the_queued_drain_was_lost():
    wake(OUTBOX)
    set_drain(queued_at=clock.now() - timedelta(seconds=61))
    wake(OUTBOX)

    assert len(queued()) == 2


def test_wake_leaves_a_running_drain_to_it():
    Drain.objects.filter(kind=INBOX).update(running_until=clock.now() + timedelta(seconds=60))
    wake(INBOX)

    assert queued() == []


@pytest.mark.parametrize(("free", "tasks_queued"), [(0, 0), (1, 1)])
def test_wake_leaves_the_outbox_to_its_drains_where_each_shard_has_one(free, tasks_queued):
    set_shards(running_until=clock.now() + timedelta(seconds=60))
    Shard.objects.filter(number__lt=free).update(running_until=None)
    wake(OUTBOX)

    assert len(queued()) == tasks_queued


def test_wake_survives_a_broken_queue_and_promises_nothing(monkeypatch, caplog):
    def broken(task: str, worker_id: str | None = None) -> None:
        raise RuntimeError("postgres://user:password-canary@host")

    monkeypatch.setattr(wakeup, "enqueue", broken)
    wake(OUTBOX)

    assert outbox_drain().queued_at is None
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.django_db(transaction=True)
@only_on.postgresql("one connection in memory")
def test_wakes_at_once_queue_one_drain(monkeypatch):
    monkeypatch.setattr(wakeup, "THROTTLE_SECONDS", 0)

    def wake_and_leave(_: int) -> None:
        wakeup.wake(OUTBOX)
        connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(wake_and_leave, range(200)))

    assert len(queued()) == 1


def test_pulse_wakes_what_has_work(monkeypatch):
    monkeypatch.setattr(engine, "has_work", lambda part: False)
    monkeypatch.setattr(processing, "has_stored", lambda: True)

    tasks.pulse()

    assert queued() == ["integration.worker.tasks.drain_inbox"]


def test_fault_that_comes_twice_a_second_is_told_once_a_minute_with_a_count(monkeypatch, caplog):
    moments = iter(range(0, 200, 10))
    monkeypatch.setattr(wakeup.time, "monotonic", lambda: float(next(moments)))

    @wakeup.quietly
    def drain_outbox() -> None:
        raise IntegrityError("Key (phone)=(canary)")

    for _ in range(8):
        drain_outbox()

    told = [record.msg for record in caplog.records]
    assert [each["times"] for each in told] == [1, 6]
    assert told[0]["event"] == "task failed"
    assert (told[0]["task"], told[0]["error"]) == ("drain_outbox", "IntegrityError")
    assert told[0]["frames"][-1].startswith("tests/integration/worker/test_tasks.py:")
    assert "canary" not in caplog.text


# Draining ------------------------------------------------------------------------------------


def test_drain_holds_its_claim_while_the_engine_runs(monkeypatch):
    seen = []
    monkeypatch.setenv(wakeup.WORKER_ID_VARIABLE, "worker-1")

    def drain(seconds, when_closed, part):
        seen.append((seconds, part, outbox_drain().queued_at, shards_running()))

    monkeypatch.setattr(engine, "drain", drain)
    wake(OUTBOX)

    assert tasks.drain_outbox() is None

    [(seconds, part, queued_at, running)] = seen
    assert (seconds, queued_at, len(part.numbers), part.of) == (10, None, 16, 16)
    [(until, worker)] = running
    assert worker == "worker-1"
    assert until > clock.now() + timedelta(seconds=50)
    assert shards_running() == {(None, "")}


def test_second_drain_leaves_the_first_to_it(monkeypatch):
    monkeypatch.setattr(engine, "drain", lambda *_, **__: pytest.fail("two at once"))
    until = clock.now() + timedelta(seconds=30)
    set_drain(queued_at=clock.now())
    set_shards(running_until=until, running_in="other")

    tasks.drain_outbox()

    assert (outbox_drain().queued_at, shards_running()) == (None, {(until, "other")})


def test_drain_takes_over_from_one_that_was_killed(monkeypatch):
    seen: list[float] = []
    monkeypatch.setattr(engine, "drain", lambda seconds, when_closed, part: seen.append(seconds))
    set_shards(running_until=clock.now() - timedelta(seconds=1), running_in="dead")

    tasks.drain_outbox()

    assert len(seen) == 1


def test_drain_releases_only_its_own_claim(monkeypatch):
    other = clock.now() + timedelta(seconds=60)
    monkeypatch.setattr(
        engine, "drain", lambda seconds, when_closed, part: set_shards(running_until=other)
    )

    tasks.drain_outbox()

    assert {until for until, _ in shards_running()} == {other}


def test_drain_that_only_waits_for_slow_calls_is_out_of_the_next_ones_way(monkeypatch):
    seen = []

    def slow(seconds, when_closed, part):
        when_closed()
        seen.append(shards_running())

    monkeypatch.setattr(engine, "drain", slow)

    tasks.drain_outbox()

    assert seen == [{(None, "")}]


def test_host_that_has_a_drain_asks_one_that_has_none(monkeypatch):
    monkeypatch.setenv(wakeup.WORKER_ID_VARIABLE, "worker-1")
    monkeypatch.setattr(engine, "drain", lambda *_, **__: pytest.fail("two on one host"))
    soon = clock.now() + timedelta(seconds=60)
    for name in ("worker-1", "worker-2", "idle"):
        add_host(name)
    add_host("silent", beat_ago=16)
    Shard.objects.filter(number=3).update(running_until=soon, running_in="worker-1")
    Shard.objects.filter(number=4).update(running_until=soon, running_in="worker-2")

    tasks.drain_outbox()

    [asked] = OrmQ.objects.all()
    assert (asked.key, asked.func()) == ("idle", "integration.worker.tasks.drain_outbox")


def test_host_that_has_a_drain_asks_nobody_where_it_is_alone(monkeypatch):
    monkeypatch.setenv(wakeup.WORKER_ID_VARIABLE, "worker-1")
    add_host("worker-1")
    soon = clock.now() + timedelta(seconds=60)
    Shard.objects.filter(number=3).update(running_until=soon, running_in="worker-1")

    tasks.drain_outbox()

    assert queued() == []


def test_host_that_finds_every_shard_taken_asks_nobody(monkeypatch):
    monkeypatch.setenv(wakeup.WORKER_ID_VARIABLE, "worker-1")
    for name in ("worker-1", "worker-2", "idle"):
        add_host(name)
    set_shards(running_until=clock.now() + timedelta(seconds=60), running_in="worker-2")

    tasks.drain_outbox()

    assert queued() == []


def test_drain_that_used_its_time_wakes_the_next(monkeypatch):
    monkeypatch.setattr(engine, "drain", lambda seconds, when_closed, part: None)
    monkeypatch.setattr(tasks, "DRAIN_SECONDS", 0)

    tasks.drain_outbox()

    assert queued() == ["integration.worker.tasks.drain_outbox"]


def test_failing_engine_is_logged_by_class_and_released(monkeypatch, caplog):
    def fail(seconds: float) -> None:
        raise ValueError("token-canary")

    monkeypatch.setattr(processing, "drain", fail)

    assert tasks.drain_inbox() is None

    assert Drain.objects.get(kind=INBOX).running_until is None
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_time_limit_reaches_django_q_without_what_was_being_handled(monkeypatch):
    secret = "token-" + "canary"

    def run_out_of_time(seconds: float, when_closed: object, part: object) -> None:
        try:
            raise ValueError(secret)
        except ValueError:
            raise TimeoutException("45 seconds")  # noqa: B904

    monkeypatch.setattr(engine, "drain", run_out_of_time)

    with pytest.raises(TimeoutException) as caught:
        tasks.drain_outbox()

    assert secret not in "".join(traceback.format_exception(caught.value))
    assert shards_running() == {(None, "")}


# The rest ------------------------------------------------------------------------------------


def test_beat_is_of_the_cluster_that_ran_it(monkeypatch):
    now = clock.now()
    for name in ("mine", "other"):
        Worker.objects.create(id=name, host="h", started_at=now, pulsed_at=now)
    monkeypatch.setenv(wakeup.WORKER_ID_VARIABLE, "mine")

    tasks.beat()

    assert Worker.objects.get(id="mine").beat_at >= now
    assert Worker.objects.get(id="other").beat_at is None


def test_retention_that_ran_out_of_time_goes_on_in_another_task(monkeypatch):
    monkeypatch.setattr(tasks, "RETENTION_SECONDS", 0)

    tasks.delete_old()

    assert queued() == ["integration.worker.tasks.delete_old"]


def test_retention_that_got_through_rests():
    tasks.delete_old()

    assert queued() == []


def test_finished_tasks_are_kept_as_long_as_all_else(monkeypatch):
    task = tasks.Task.objects.create
    now = timezone.now()
    for name, age in (("old", retention.KEPT + timedelta(hours=1)), ("new", timedelta(days=29))):
        task(id=name, name=name, func="f", started=now - age, stopped=now - age, success=False)

    tasks.delete_old()

    assert list(tasks.Task.objects.values_list("id", flat=True)) == ["new"]


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
    assert list(Shard.objects.values_list("number", flat=True)) == list(range(16))


def test_migrating_with_another_number_of_shards_cuts_anew(settings):
    for count in (3, 20):
        settings.OUTBOX_SHARDS = count
        tasks.install()

        assert list(Shard.objects.values_list("number", flat=True)) == list(range(count))


def test_migrating_again_keeps_the_next_run_and_drops_what_is_no_longer_declared():
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    Schedule.objects.filter(name="renew_tokens").update(next_run=moment, func="old.place")
    Schedule.objects.create(name="gone", func="integration.worker.tasks.gone")

    tasks.install()

    renewal = Schedule.objects.get(name="renew_tokens")
    assert (renewal.next_run, renewal.func) == (moment, "integration.worker.tasks.renew_tokens")
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
        tasks.install()

    assert Schedule.objects.get(name="pull_catalogs").next_run == expected
