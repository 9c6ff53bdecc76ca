"""Whether this is the database that was here before, and what is held where it is not."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from integration.feed import feed, scoped, sender
from integration.models import (
    ApiCall,
    Binding,
    Change,
    ChangeCounter,
    Event,
    Hold,
    SyncJob,
    Worker,
)
from integration.models.changes import MARGIN
from integration.sync import database_guard, engine, holds, state_file
from integration.sync.database_guard import Watcher
from integration.sync.state_file import State
from tests.factories import make_location, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ME = "supervisor-1"


@pytest.fixture(autouse=True)
def path(settings, tmp_path) -> Path:
    settings.STATE_FILE = str(tmp_path / "state.json")
    return tmp_path / "state.json"


def look(watcher: Watcher | None = None) -> str:
    """Why everything is held after a pulse of a supervisor; "" where nothing is."""
    (watcher or Watcher(ME)).look()
    hold = Hold.objects.over_everything()
    return hold.reason if hold else ""


def remembered(path: Path, **changes) -> None:
    """This host remembers the database as it is, but for these."""
    binding = Binding.objects.latest()
    known = {"incarnation": str(binding.incarnation), "job": 0, "call": 0}
    state_file.write(path, State(**known | {"at": timezone.now().timestamp()} | changes))


def run_before() -> Binding:
    """Workers ran with this database."""
    Binding.objects.update(
        environment="production",
        base_url="https://api.easyecom.test",
        watched_at=timezone.now(),
    )
    return Binding.objects.latest()


def peer(age: float = 1) -> None:
    now = timezone.now()
    pulsed_at = now - timedelta(seconds=age)
    Worker.objects.create(id="another host's", host="b", started_at=now, pulsed_at=pulsed_at)


def make_call(order) -> ApiCall:
    return ApiCall.objects.create(
        job=order.sync_job,
        seller=order.seller,
        location=order.location,
        kind="find_order",
        is_write=False,
        started_at=timezone.now(),
    )


def test_new_database_is_bound_at_its_first_start_and_remembered(path):
    order = make_order()
    call = make_call(order)

    assert look() == ""

    binding = Binding.objects.get()
    assert str(binding) == "production at https://api.easyecom.test"
    assert binding.watched_at is not None
    state = state_file.read(path)
    assert (state.incarnation, state.job) == (str(binding.incarnation), order.sync_job.pk)
    assert state.call == call.pk


def test_pulse_writes_only_what_is_new(path):
    watcher = Watcher(ME)
    look(watcher)
    written = path.stat().st_mtime_ns
    look(watcher)
    assert path.stat().st_mtime_ns == written

    job = make_order().sync_job
    look(watcher)

    assert state_file.read(path).job == job.pk


def test_restart_changes_nothing(path):
    make_order()
    look()
    make_order()

    assert look() == ""
    assert engine.has_work()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("BOOON_ENVIRONMENT", "staging"), ("EASYECOM_BASE_URL", "https://sandbox.easyecom.test")],
)
def test_copy_in_another_environment_is_held(settings, setting, value):
    look()
    setattr(settings, setting, value)

    assert look() == (
        "This database was made for production at https://api.easyecom.test; here it is "
        f"{settings.BOOON_ENVIRONMENT} at {settings.EASYECOM_BASE_URL}."
    )
    assert Event.objects.get(kind="hold").actor == "console"


@pytest.mark.parametrize("lost", [{"job": 10**6}, {"call": 10**6}, {"cursor": 10**6}])
def test_older_dump_is_held(path, lost):
    run_before()
    remembered(path, **lost)

    assert look().startswith("This database is older than it was: it knows sync jobs up to 0, ")
    # What was remembered stays, as the proof.
    assert state_file.read(path).job == lost.get("job", 0)
    assert state_file.read(path).cursor == lost.get("cursor", 0)


def test_calls_that_retention_has_deleted_are_no_proof(path):
    run_before()
    a_month_ago = timezone.now() - timedelta(days=29, hours=1)
    remembered(path, call=10**6, at=a_month_ago.timestamp())

    assert look() == ""


def test_database_of_another_host_is_held_where_nobody_runs_it():
    run_before()

    assert look() == database_guard.UNREMEMBERED


def test_second_host_may_join_one_that_runs(path):
    binding = run_before()
    peer()

    assert look() == ""
    assert state_file.read(path).incarnation == str(binding.incarnation)


def test_host_that_remembers_nothing_waits_a_minute_for_a_witness(monkeypatch):
    run_before()
    moments = iter([1000.0, 1000.0, 1059.9, 1060.0])
    monkeypatch.setattr(database_guard.time, "monotonic", lambda: next(moments))
    watcher = Watcher(ME)

    assert [watcher.first_look() for _ in range(2)] == [False, False]
    assert not Hold.objects.exists()
    assert watcher.first_look()
    assert Hold.objects.over_everything().reason == database_guard.UNREMEMBERED


def test_host_that_starts_together_with_a_known_one_joins_it(path):
    binding = run_before()
    watcher = Watcher(ME)
    assert not watcher.first_look()

    peer()

    assert watcher.first_look()
    assert not Hold.objects.exists()
    assert state_file.read(path).incarnation == str(binding.incarnation)


def test_host_that_knows_what_to_doubt_waits_for_nobody(settings):
    run_before()
    settings.BOOON_ENVIRONMENT = "staging"

    assert Watcher(ME).first_look()
    assert "made for" in Hold.objects.over_everything().reason


def test_two_hosts_that_start_on_a_new_database_at_once_doubt_nothing(path, monkeypatch):
    """The other one begins to know it after this one has looked, and before it has judged."""
    other, here = Watcher("supervisor-2"), Watcher(ME)
    snapshot = database_guard.Look.now

    def overtaken(state):
        seen = snapshot(state)
        monkeypatch.setattr(database_guard.Look, "now", snapshot)
        assert other.first_look()
        return seen

    monkeypatch.setattr(database_guard.Look, "now", overtaken)

    assert here.first_look()
    assert not Hold.objects.exists()


def test_worker_that_is_gone_vouches_for_nothing():
    run_before()
    peer(age=61)
    Worker.objects.create(id=ME, host="a", started_at=timezone.now(), pulsed_at=timezone.now())

    assert look() == database_guard.UNREMEMBERED


def test_file_that_is_lost_while_workers_run_is_written_again(path):
    watcher = Watcher(ME)
    look(watcher)
    path.unlink()
    make_order()

    assert look(watcher) == ""
    assert state_file.read(path).job == SyncJob.objects.get().pk


def test_disk_that_can_not_be_written_stops_nothing(path, monkeypatch, caplog):
    def full(*args):
        raise OSError

    monkeypatch.setattr(state_file, "write", full)
    watcher = Watcher(ME)
    for _ in range(3):
        assert look(watcher) == ""

    assert caplog.text.count("state file can't be written") == 1
    assert str(path) in caplog.text
    monkeypatch.undo()
    look(watcher)
    assert state_file.read(path) == watcher.state


def test_state_file_that_can_not_be_kept_is_said_at_the_start(settings, tmp_path, caplog):
    """Though there is nothing to write yet: it would be missed at the next start."""
    (tmp_path / "a file").touch()
    settings.STATE_FILE = str(tmp_path / "a file" / "state.json")

    Watcher(ME)

    assert caplog.text.count("state file can't be written") == 1
    assert settings.STATE_FILE in caplog.text


def test_database_made_anew_is_bound_quietly(path):
    """A newcomer deletes db.sqlite3 and starts again."""
    remembered(path, incarnation=str(uuid.uuid4()), job=500, call=900)
    make_order()

    assert look() == ""
    assert state_file.read(path).job == SyncJob.objects.get().pk


def test_database_made_anew_gives_no_cursor_that_booon_knows_from_the_old_one(path):
    watcher = Watcher(ME)
    remembered(path, incarnation=str(uuid.uuid4()), cursor=5000)
    watcher = Watcher(ME)

    assert look(watcher) == ""

    peer()
    feed_of(make_order())
    [change] = feed.read(None, 10)
    assert change.cursor > 5000
    with pytest.raises(feed.NeverGiven):
        feed.read(4999, 10)
    look(watcher)
    assert state_file.read(path).cursor == change.cursor


def test_another_database_with_work_in_it_is_held(path):
    run_before()
    remembered(path, incarnation=str(uuid.uuid4()), job=1)

    assert look() == "Another database was here before this one."


def test_database_of_before_bindings_is_held_where_another_was(path):
    make_order()
    Binding.objects.update(made_at=timezone.now() + timedelta(seconds=1))
    remembered(path, incarnation=str(uuid.uuid4()))

    assert look() == "Another database was here before this one."


def test_upgrade_of_a_database_of_before_bindings_is_no_doubt():
    make_order()
    Binding.objects.update(made_at=timezone.now() + timedelta(seconds=1))

    assert look() == ""


@pytest.mark.parametrize("changes", [{"job": 10**6}, {"incarnation": str(uuid.uuid4())}])
def test_release_binds_it_anew_and_this_host_goes_on(path, settings, changes):
    settings.BOOON_ENVIRONMENT = "production"
    make_order()
    run_before()
    remembered(path, **changes)
    watcher = Watcher(ME)
    assert look(watcher)

    holds.release(Hold.objects.over_everything(), "It is the backup of today", actor="asha")

    assert look(watcher) == ""
    assert state_file.read(path).incarnation == str(Binding.objects.latest().incarnation)
    assert look() == ""
    assert Binding.objects.count() == 2


def test_release_in_another_environment_binds_it_there(settings):
    look()
    settings.BOOON_ENVIRONMENT = "staging"
    look()

    holds.release(Hold.objects.over_everything(), "A copy to rehearse with", actor="asha")

    assert look() == ""
    assert Binding.objects.latest().environment == "staging"


def test_host_that_remembers_it_from_before_its_release_goes_on(path):
    """A second host, which was away when the backup was released."""
    first = run_before()
    Binding.objects.create(
        made_at=timezone.now(),
        environment="production",
        base_url="https://api.easyecom.test",
        watched_at=timezone.now(),
    )
    remembered(path, incarnation=str(first.incarnation), job=10**6)

    assert look() == ""


def feed_of(order, count: int = 1) -> None:
    Change.objects.bulk_create(
        Change(
            type=Change.Type.STOCK_UPDATED,
            at=timezone.now(),
            seller=order.seller,
            location=order.location,
            data={"sku": f"SKU-{n}", "quantity": n, "previous": None},
        )
        for n in range(count)
    )


def restored(path, kept: int, lost: int):
    """An older copy of a database that gave cursors up to `lost`; it knows those up to `kept`."""
    order = make_order()
    feed_of(order, kept)
    feed.read(None, kept)
    run_before()
    known = {"job": order.sync_job.pk, "call": 0}
    remembered(path, **known, cursor=lost)
    return order


def test_quiet_hour_in_which_only_stock_moved_is_missed(path):
    restored(path, 10, 13)

    assert look() == (
        f"This database is older than it was: it knows sync jobs up to {SyncJob.objects.get().pk}, "
        f"calls up to 0 and changes for Booon up to 10, where {SyncJob.objects.get().pk}, 0 and 13 "
        "were seen."
    )


def test_no_cursor_of_the_lost_hour_is_given_to_another_fact(path):
    """Before the doubt, during its hold, and after its release."""
    order = restored(path, 10, 13)
    feed_of(order)
    assert feed.number_some() == 0
    look()

    feed_of(order)
    during = [change.cursor for change in feed.read(10, 100)]
    holds.release(Hold.objects.over_everything(), "It is the backup of today", actor="asha")
    peer()
    feed_of(order)
    after = [change.cursor for change in feed.read(during[-1], 100)]

    assert (len(during), len(after)) == (2, 1)
    assert during[0] > 13 + MARGIN
    assert [*during, *after] == sorted({*during, *after})


@pytest.mark.parametrize("place", [11, 13, 12_000_000])
def test_reader_of_the_lost_hour_is_told_to_read_anew(path, place):
    order = restored(path, 10, 13)
    look()
    feed_of(order, 2)

    with pytest.raises(feed.NeverGiven) as told:
        feed.read(place, 100)

    assert told.value.oldest == 1
    assert len(feed.read(told.value.cursor, 100)) == 2
    with pytest.raises(feed.NeverGiven):
        scoped.read(place, 100, [order.seller_id])
    assert len(scoped.read(told.value.cursor, 100, [order.seller_id]).changes) == 2


def test_reader_of_what_was_kept_goes_on_over_the_gap(path):
    order = restored(path, 10, 13)
    look()
    feed_of(order, 2)

    assert len(feed.read(8, 100)) == 4
    page = scoped.read(8, 100, [order.seller_id])
    assert (len(page.changes), page.is_last) == (4, True)
    nobody = scoped.read(8, 100, [])
    assert (nobody.changes, nobody.cursor, nobody.is_last) == ([], page.cursor, True)


def test_restored_twice_is_beyond_both(path):
    order = restored(path, 10, 13)
    look()
    holds.release(Hold.objects.over_everything(), "It is the backup of today", actor="asha")
    Binding.objects.update(watched_at=timezone.now())
    peer()
    feed_of(order)
    [first] = feed.read(10, 100)
    Change.objects.filter(pk=first.pk).delete()
    ChangeCounter.objects.update(last=10, gaps=[])
    remembered(path, job=order.sync_job.pk, cursor=first.cursor)
    assert look()

    feed_of(order)
    [second] = feed.read(10, 100)

    assert second.cursor > first.cursor


def test_nothing_is_numbered_while_nobody_knows_the_database(settings, tmp_path):
    """A web server of its own, before any worker looked at what was restored."""
    order = make_order()
    run_before()
    feed_of(order)

    peer(age=16)
    assert feed.read(None, 10) == []

    Worker.objects.update(pulsed_at=timezone.now())
    assert len(feed.read(None, 10)) == 1


def test_doubt_is_said_once():
    run_before()
    for _ in range(3):
        look()

    assert Hold.objects.count() == 1
    assert Event.objects.filter(kind="hold").count() == 1


def test_doubt_joins_the_hold_of_a_person_and_is_released_with_it(path):
    run_before()
    hold = holds.hold(None, "A drill.", actor="asha")
    remembered(path, job=10**6)

    assert look().startswith("A drill. This database is older than it was")
    hold.refresh_from_db()
    assert (hold.doubts_database, hold.set_by) == (True, "asha")
    holds.release(hold, "It is the backup of today", actor="asha")

    assert look() == ""


def test_doubt_of_before_a_release_is_no_doubt_after_it():
    binding = run_before()
    Binding.objects.create(made_at=timezone.now(), environment="e", base_url="b")

    holds.doubt("Too late", binding)

    assert not Hold.objects.exists()


def test_engine_looks_for_itself_before_anything_goes_out(easyecom, path):
    """A drain that is quicker than the supervisor's first pulse."""
    order = make_order()
    run_before()
    remembered(path, job=10**6)

    engine.drain(10)

    order.refresh_from_db()
    assert len(easyecom.calls) == 0
    assert order.blocked_reason == "held"
    assert Hold.objects.over_everything().doubts_database


def test_host_that_remembers_nothing_sends_nothing_and_holds_nobody(easyecom):
    """A web server of its own, while no worker is there: it can't know."""
    run_before()
    location = make_location(live=False)
    job = SyncJob.objects.want_location(location)

    engine.run([job.pk], 20)

    location.refresh_from_db()
    assert len(easyecom.calls) == 0
    assert location.blocked_message.endswith(database_guard.UNKNOWN)
    assert not Hold.objects.exists()

    peer()
    engine.drain(10)
    assert ApiCall.objects.filter(job=job).exists()


def test_booon_is_told_nothing_by_a_database_in_doubt(settings, path, monkeypatch):
    settings.BOOON_WEBHOOK_URL = "https://booon.test/hook"
    make_order()
    run_before()
    remembered(path, job=10**6)
    posted = []
    monkeypatch.setattr(sender.posting, "post", lambda *args: posted.append(args))

    sender.drain(10)

    assert posted == []
    assert Hold.objects.over_everything()
