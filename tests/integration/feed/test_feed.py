import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from integration.feed import feed
from integration.models import Announcement, Binding, Change, ChangeCounter, Hold, Worker
from integration.sync import state_file
from tests import only_on
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

# Long enough for thousands of changes; 30 was run by hand.
SECONDS = 3.0
MOMENT = timedelta(microseconds=1)


def make_changes(location, count, start=0):
    Change.objects.bulk_create(
        Change(
            type=Change.Type.STOCK_UPDATED,
            at=timezone.now(),
            seller_id=location.seller_id,
            location=location,
            data={"sku": f"SKU-{n}", "quantity": n, "previous": None},
        )
        for n in range(start, start + count)
    )


def test_an_empty_feed_makes_no_counter():
    assert feed.read(0, 100) == []
    assert not ChangeCounter.objects.exists()


def test_the_first_reader_numbers_what_it_sees():
    make_changes(make_location(), 3)

    page = feed.read(0, 100)

    assert [change.cursor for change in page] == [1, 2, 3]
    assert [change.data["quantity"] for change in page] == [0, 1, 2]
    assert ChangeCounter.objects.get().last == 3


def test_a_page_goes_on_where_the_last_one_ended():
    make_changes(make_location(), 5)

    assert [change.cursor for change in feed.read(0, 2)] == [1, 2]
    assert [change.cursor for change in feed.read(2, 2)] == [3, 4]
    assert [change.cursor for change in feed.read(4, 2)] == [5]
    assert feed.read(5, 2) == []


def test_more_than_a_chunk_is_numbered_until_the_page_is_full(monkeypatch):
    monkeypatch.setattr(feed, "CHUNK", 2)
    make_changes(make_location(), 7)

    assert [change.cursor for change in feed.read(0, 3)] == [1, 2, 3]
    assert Change.objects.filter(cursor__isnull=True).count() == 3
    assert [change.cursor for change in feed.read(3, 100)] == [4, 5, 6, 7]


def test_a_full_page_asks_for_no_numbering(django_assert_num_queries):
    make_changes(make_location(), 3)
    feed.read(0, 100)
    make_changes(make_location(), 3)

    with django_assert_num_queries(1):
        assert len(feed.read(0, 3)) == 3


def test_seller_and_location_come_with_the_page(django_assert_num_queries):
    location = make_location()
    make_changes(location, 2)
    page = feed.read(0, 100)

    with django_assert_num_queries(0):
        assert {change.seller.code for change in page} == {location.seller.code}
        assert {change.location.location_key for change in page} == {location.location_key}


@pytest.mark.parametrize("after", [3, 5, 10**12, 2**63, 10**30])
def test_cursor_that_was_never_given_leads_nowhere(after):
    make_changes(make_location(), 2)
    assert len(feed.read(2, 10)) == 0

    with pytest.raises(feed.NeverGiven) as told:
        feed.read(after, 10)

    assert (told.value.oldest, told.value.cursor) == (1, 2)


@pytest.mark.parametrize(
    ("after", "goes_on_with"),
    [
        (2, [3, 1001, 1002]),
        (3, [1001, 1002]),
        (4, None),
        (999, None),
        (1000, [1001, 1002]),
        (1001, [1002]),
        (1002, []),
        (1003, None),
    ],
)
def test_reader_goes_on_over_cursors_that_were_passed_over_and_not_from_among_them(
    after, goes_on_with
):
    location = make_location()
    make_changes(location, 3)
    feed.number_some()
    ChangeCounter.objects.update(last=1000, gaps=[[3, 1000]])
    make_changes(location, 2)
    feed.number_some()

    if goes_on_with is None:
        with pytest.raises(feed.NeverGiven) as lost:
            feed.read(after, 10)
        assert lost.value.cursor == (1002 if after > 1002 else 1000)
    else:
        assert [change.cursor for change in feed.read(after, 10)] == goes_on_with


def test_reader_that_was_told_where_to_go_on_finds_nothing_there_yet():
    ChangeCounter.objects.create(pk=1, last=1000, gaps=[[3, 1000]])

    assert feed.read(1000, 10) == []


@pytest.mark.parametrize(
    ("remembered", "of_this_database", "hold", "worker_age", "is_numbered"),
    [
        # A host remembers how far the feed was.
        (2, True, None, 0, True),
        (3, True, None, 0, True),
        (4, True, None, 0, False),
        (4, False, None, 0, True),
        (None, True, None, 0, True),
        # Only somebody at work can tell, seen within 15 s.
        (3, True, None, 15, True),
        (3, True, None, 16, False),
        # A doubt about the database has moved the counter on; a person's hold has not.
        (4, True, "doubt", 16, True),
        (4, True, "person", 0, False),
    ],
)
def test_no_cursor_is_given_that_may_have_been_given_before(
    settings, tmp_path, remembered, of_this_database, hold, worker_age, is_numbered
):
    now = timezone.now().replace(microsecond=0)
    settings.STATE_FILE = str(tmp_path / "state")
    Binding.objects.all().delete()
    binding = Binding.objects.create(made_at=now, watched_at=now)
    pulsed_at = now - timedelta(seconds=worker_age)
    Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=pulsed_at)
    if remembered is not None:
        incarnation = str(binding.incarnation) if of_this_database else "another"
        state_file.write(tmp_path / "state", state_file.State(incarnation, 1, 1, 0.0, remembered))
    if hold:
        doubts = {"reason": "A drill.", "set_by": "asha", "set_at": now}
        Hold.objects.create(doubts_database=hold == "doubt", **doubts)

    assert feed.may_number(ChangeCounter(last=3), now) == is_numbered


@pytest.mark.parametrize(
    ("ago", "is_gone"), [(-MOMENT, False), (timedelta(0), False), (MOMENT, True)]
)
def test_change_is_forgotten_once_it_is_older_than_what_is_kept(ago, is_gone):
    make_changes(make_location(), 1)
    feed.number_some()
    now = timezone.now()
    Change.objects.update(at=now - ago)

    assert feed.forget(now, None) == is_gone
    assert Change.objects.exists() == (not is_gone)


@pytest.mark.parametrize(("after", "is_too_late"), [(1, True), (2, False), (3, False)])
def test_reader_comes_too_late_for_what_follows_it_and_not_for_what_it_has(after, is_too_late):
    make_changes(make_location(), 4)
    feed.number_some()
    Change.objects.filter(cursor__lte=2).delete()
    ChangeCounter.objects.update(forgotten=2)

    if is_too_late:
        with pytest.raises(feed.TooLate) as lost:
            feed.read(after, 10)
        assert (lost.value.oldest, lost.value.cursor) == (3, 2)
    else:
        assert [change.cursor for change in feed.read(after, 10)] == list(range(after + 1, 5))


def test_counting_goes_on_when_old_changes_are_gone():
    location = make_location()
    make_changes(location, 3)
    feed.read(0, 100)
    Change.objects.all().delete()
    make_changes(location, 1)

    assert [change.cursor for change in feed.read(3, 100)] == [4]


def write_for(seconds, location, number, written):
    """Transactions of one to three changes, some of them rolled back, some slow to commit."""
    ends_at, n = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < ends_at:
            n += 1
            try:
                with transaction.atomic():
                    make_changes(location, n % 3 + 1, start=number * 1_000_000 + n * 10)
                    if connection.vendor == "postgresql" and n % 7 == 0:
                        connection.cursor().execute("SELECT pg_sleep(0.02)")
                    if n % 5 == 0:
                        raise InterruptedError
            except InterruptedError:
                continue
            written.extend(number * 1_000_000 + n * 10 + k for k in range(n % 3 + 1))
    finally:
        connections.close_all()


def read_until(done, seen):
    try:
        after = 0
        while True:
            was_done = done.is_set()
            page = feed.read(after, 50)
            seen.extend((change.cursor, change.data["quantity"]) for change in page)
            if page:
                after = page[-1].cursor
            elif was_done:
                return
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
@only_on.postgresql("many writers at once")
@pytest.mark.slow
def test_readers_beside_writers_miss_nothing_and_see_nothing_twice():
    location = make_location()
    done = threading.Event()
    written, seen = [[] for _ in range(8)], [[] for _ in range(3)]
    writers = [
        threading.Thread(target=write_for, args=(SECONDS, location, n, written[n]))
        for n in range(8)
    ]
    readers = [threading.Thread(target=read_until, args=(done, seen[n])) for n in range(3)]
    for thread in [*writers, *readers]:
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    for thread in readers:
        thread.join(60)

    committed = sorted(quantity for mine in written for quantity in mine)
    assert len(committed) > 100
    for mine in seen:
        assert [cursor for cursor, _ in mine] == list(range(1, len(committed) + 1))
        assert sorted(quantity for _, quantity in mine) == committed


# What may be numbered, and what may be forgotten -------------------------------------------------


def test_nothing_is_numbered_where_a_cursor_may_have_been_given_before(monkeypatch):
    make_changes(make_location(), 2)
    ChangeCounter.objects.create(pk=1, last=7)
    now, asked = timezone.now(), []
    monkeypatch.setattr(feed.clock, "now", lambda: now)
    monkeypatch.setattr(feed, "may_number", lambda *said: asked.append(said))

    assert feed.number_some() == 0
    assert feed.read(7, 10) == []

    assert [(counter.last, at) for counter, at in asked] == [(7, now), (7, now)]
    assert not Change.objects.filter(cursor__isnull=False).exists()


def test_feed_that_went_back_is_logged_with_both_cursors(settings, tmp_path):
    now = timezone.now()
    settings.STATE_FILE = str(tmp_path / "state")
    Binding.objects.all().delete()
    binding = Binding.objects.create(made_at=now, watched_at=now)
    state = state_file.State(str(binding.incarnation), 1, 1, 0.0, 4)
    state_file.write(tmp_path / "state", state)

    with capture_logs() as logs:
        assert feed.may_number(ChangeCounter(last=3), now) is False

    assert logs == [{"event": "feed_went_back", "log_level": "error", "last": 3, "seen": 4}]


@pytest.mark.parametrize(
    ("after", "width", "where"),
    [
        (0, 2, (0, 2)),
        (0, 3, (0, 3)),
        # Up to what was passed over, and not into it.
        (0, 4, (0, 3)),
        (2, 500, (2, 3)),
        # From within, and from its last before, on behind it.
        (3, 5, (1000, 1005)),
        (500, 5, (1000, 1005)),
        (3, 500, (1000, 1010)),
        (1000, 5, (1000, 1005)),
        (1000, 50, (1000, 1010)),
        (1010, 5, (1010, 1010)),
    ],
)
def test_stretch_leaves_out_what_was_passed_over(after, width, where):
    known = ChangeCounter(last=1010, gaps=[[3, 1000]])
    assert feed.stretch(known, after, width) == where


def numbered_long_ago(count):
    make_changes(make_location(), count)
    feed.number_some()
    now = timezone.now()
    Change.objects.update(at=now - timedelta(days=9))
    return now


def kept():
    return list(Change.objects.order_by("cursor").values_list("cursor", flat=True))


def test_only_what_was_announced_and_waits_no_more_is_forgotten_from_the_oldest_on():
    now = numbered_long_ago(5)
    change = Change.objects.get(cursor=3)
    waits = Announcement.objects.create(cursor=3, change=change, key="k", due_at=now)

    assert feed.forget(now, 4) == 2
    assert (kept(), ChangeCounter.objects.get().forgotten) == ([3, 4, 5], 2)

    waits.delete()
    assert feed.forget(now, 4) == 2
    assert (kept(), ChangeCounter.objects.get().forgotten) == ([5], 4)

    # Without a receiver nothing has to be announced.
    assert feed.forget(now, None) == 1
    assert (kept(), ChangeCounter.objects.get().forgotten) == ([], 5)


def test_forgetting_ends_at_the_first_that_is_younger():
    now = numbered_long_ago(4)
    Change.objects.filter(cursor=2).update(at=now)
    make_changes(make_location(), 1)

    assert feed.forget(now, None) == 1
    assert Change.objects.filter(cursor__isnull=True).count() == 1
    assert Change.objects.filter(cursor__isnull=False).count() == 3


def test_forgetting_goes_in_steps_until_its_time_is_over(monkeypatch):
    monkeypatch.setattr(feed, "FORGOTTEN_AT_ONCE", 2)
    now = numbered_long_ago(5)

    assert feed.forget(now, None, time.monotonic() - 1) == 0
    assert feed.forget(now, None) == 5
