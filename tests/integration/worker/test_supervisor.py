import os
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from django.db import OperationalError
from django_q.models import OrmQ

from booon_console.lib import clock
from integration.models import Binding, Drain, Hold, Shard, Worker
from integration.monitoring import alerts
from integration.sync import shards, wakeup
from integration.worker import supervisor, tasks
from integration.worker.supervisor import Supervisor

pytestmark = pytest.mark.django_db


class FakeCluster:
    """Stands in for the processes."""

    pid = 4711
    started: list[tuple[Sequence[str], Mapping[str, str]]] = []

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.alive = True
        FakeCluster.started.append((command, env))

    def is_alive(self) -> bool:
        return self.alive

    def kill(self) -> None:
        self.alive = False

    ask_to_stop = kill


@pytest.fixture
def keeper(monkeypatch, settings, tmp_path) -> Supervisor:
    """A supervisor that reports at each tick and has started its first cluster."""
    settings.STATE_FILE = str(tmp_path / "state.json")
    monkeypatch.setattr(supervisor, "ProcessGroup", FakeCluster)
    monkeypatch.setattr(supervisor, "SHORT_LIFE", 0)
    FakeCluster.started = []
    keeper = Supervisor(silence=75)
    keeper.beat_seconds, keeper.most_unanswered = 0, 3
    keeper.tick()
    return keeper


def row(keeper: Supervisor) -> Worker:
    return Worker.objects.get(id=keeper.worker_id)


def beat(keeper: Supervisor) -> None:
    Worker.objects.filter(id=keeper.worker_id).update(beat_at=clock.now())


def clusters_started() -> int:
    return len(FakeCluster.started)


def test_cluster_is_named_and_kept_from_the_pool(keeper):
    [(command, env)] = FakeCluster.started
    assert command[2:] == ["workers", "--cluster"]
    assert env[wakeup.WORKER_ID_VARIABLE] == keeper.worker_id
    assert env["DATABASE_POOL"] == "false"
    assert env["PATH"] == os.environ["PATH"]


def test_each_report_pulses_and_asks_for_a_beat(keeper):
    before = row(keeper).pulsed_at
    keeper.tick()

    assert row(keeper).pulsed_at > before
    assert [task.func() for task in OrmQ.objects.all()] == ["integration.worker.tasks.beat"] * 2


def test_each_pulse_looks_whether_it_is_still_the_same_database(keeper, settings):
    settings.BOOON_ENVIRONMENT = "elsewhere"
    keeper.tick()

    assert Hold.objects.over_everything().doubts_database
    assert keeper.trouble == ""


def test_first_look_is_before_the_first_cluster(keeper, settings):
    Supervisor(silence=75).prepare()
    settings.EASYECOM_BASE_URL = "https://elsewhere.test"

    Supervisor(silence=75).prepare()

    assert Hold.objects.over_everything()


def test_host_without_memory_vouches_for_nobody_while_it_waits(settings, tmp_path, monkeypatch):
    settings.STATE_FILE = str(tmp_path / "none.json")
    Binding.objects.update(
        environment="production",
        base_url="https://api.easyecom.test",
        watched_at=clock.now(),
    )
    waits = []
    new = Supervisor(silence=75)

    def wait(seconds: float) -> None:
        waits.append((Worker.objects.count(), Hold.objects.count()))
        Worker.objects.create(id="known", host="b", started_at=clock.now(), pulsed_at=clock.now())

    monkeypatch.setattr(supervisor.time, "sleep", wait)

    new.prepare()

    assert waits == [(0, 0)]
    assert not Hold.objects.exists()


@pytest.mark.parametrize(("silent_for", "wakes"), [(14, 0), (16, 1)])
def test_healthy_host_takes_over_when_the_others_pulse_is_15_seconds_old(
    keeper, monkeypatch, silent_for, wakes
):
    now = clock.now()
    pulsed_at = now - timedelta(seconds=silent_for)
    Worker.objects.create(id="dead", host="b", started_at=pulsed_at, pulsed_at=pulsed_at)
    assert shards.claim("dead", pulsed_at)
    monkeypatch.setattr(tasks.sync_engine, "has_work", lambda part: True)
    wakeup.last_wakes.clear()
    OrmQ.objects.all().delete()

    keeper.tick()

    queued = [task.func() for task in OrmQ.objects.all()]
    assert queued.count("integration.worker.tasks.drain_outbox") == wakes


def test_stop_goes_on_pulsing_for_what_is_under_way(keeper, monkeypatch):
    pulses = []
    monkeypatch.setattr(keeper.cluster, "ask_to_stop", lambda: None)
    Worker.objects.update(pulsed_at=clock.now() - timedelta(seconds=20))

    def wait(seconds: float) -> None:
        pulses.append(clock.now() - row(keeper).pulsed_at < timedelta(seconds=10))
        keeper.cluster.alive = False

    monkeypatch.setattr(supervisor.time, "sleep", wait)

    keeper.stop()

    assert pulses == [True]


def test_silent_cluster_is_replaced(keeper):
    for _ in range(4):
        keeper.tick()
    assert clusters_started() == 1

    keeper.tick()
    keeper.tick()

    assert clusters_started() == 2
    assert row(keeper).beat_at is None


def test_supervisor_tells_of_a_cluster_that_is_silent_once_a_minute(keeper, monkeypatch):
    looks = []
    monkeypatch.setattr(alerts, "look_for_alerts", lambda: looks.append(1))
    for _ in range(3):
        keeper.tick()
    assert looks == []

    keeper.heard_at -= supervisor.ALARM_SECONDS + 1
    keeper.tick()
    keeper.tick()
    assert looks == [1]

    keeper.next_alarm = 0
    beat(keeper)
    keeper.tick()
    assert looks == [1]


def test_database_that_was_away_is_no_reason_for_an_alarm(keeper, monkeypatch):
    monkeypatch.setattr(supervisor.connection, "close", lambda: None)
    monkeypatch.setattr(alerts, "look_for_alerts", lambda: pytest.fail("no alarm"))
    keeper.heard_at -= supervisor.ALARM_SECONDS + 1

    keeper.note_trouble(OperationalError())
    keeper.alarm()


def test_cluster_that_beats_is_kept(keeper):
    for _ in range(10):
        beat(keeper)
        keeper.tick()

    assert clusters_started() == 1


def test_database_that_is_away_is_not_silence(keeper, monkeypatch):
    def away(worker_id: str) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks, "ask_for_beat", away)
    monkeypatch.setattr(supervisor.connection, "close", lambda: None)
    for _ in range(10):
        keeper.tick()

    assert clusters_started() == 1


def test_fault_of_our_own_does_not_excuse_silence(keeper, monkeypatch):
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(tasks, "pulse", fail)
    for _ in range(6):
        keeper.tick()

    assert clusters_started() == 2


def test_trouble_is_said_once_and_its_end_once(keeper, caplog):
    for error in (OperationalError(), OperationalError(), None, None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(supervisor.connection, "close", lambda: None)
            keeper.note_trouble(error)

    assert caplog.text.count("OperationalError") == 1
    assert caplog.text.count("pulse again") == 1


def test_dead_cluster_is_replaced_and_what_it_ran_is_free(keeper):
    later = clock.now() + timedelta(seconds=60)
    Drain.objects.filter(kind="bulk").update(running_until=later, running_in=keeper.worker_id)
    Drain.objects.filter(kind="inbox").update(running_until=later, running_in="another host's")
    Shard.objects.update(running_until=later, running_in=keeper.worker_id)
    Shard.objects.filter(number=5).update(running_in="another host's")
    keeper.cluster.alive = False

    keeper.tick()
    keeper.tick()

    assert clusters_started() == 2
    running = Drain.objects.exclude(running_until=None)
    assert list(running.values_list("kind", "running_until")) == [("inbox", later)]
    running = Shard.objects.exclude(running_until=None)
    assert list(running.values_list("number", "running_until")) == [(5, later)]


def test_cluster_that_dies_of_its_start_is_given_time(keeper, monkeypatch):
    monkeypatch.setattr(supervisor, "SHORT_LIFE", 20)
    waits = []
    for _ in range(7):
        keeper.started = supervisor.time.monotonic()
        keeper.back_off()
        waits.append(round(keeper.next_start - supervisor.time.monotonic()))

    assert waits == [0, 1, 3, 7, 15, 30, 30]


def test_cluster_that_lived_is_replaced_at_once(keeper):
    keeper.short_lives = 5
    keeper.back_off()

    assert keeper.next_start <= supervisor.time.monotonic()


def test_row_that_somebody_deleted_comes_back(keeper):
    Worker.objects.all().delete()
    keeper.tick()

    assert row(keeper)


def test_rows_of_yesterday_are_forgotten_at_start(keeper):
    now = clock.now()
    for name, age in (("old", timedelta(days=1, minutes=1)), ("recent", timedelta(hours=23))):
        Worker.objects.create(id=name, host="h", started_at=now, pulsed_at=now - age)

    keeper.prepare()

    assert set(Worker.objects.values_list("id", flat=True)) == {"recent", keeper.worker_id}


def test_stop_takes_its_row_away(keeper):
    keeper.stop()

    assert not keeper.cluster.is_alive()
    assert not Worker.objects.exists()
