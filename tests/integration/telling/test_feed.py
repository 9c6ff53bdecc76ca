import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from integration.models import Change, ChangeCounter
from integration.telling import feed
from tests.factories import make_location

pytestmark = pytest.mark.django_db

# Long enough for thousands of changes; 30 was run by hand.
SECONDS = 3.0


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


@pytest.mark.parametrize("after", [0, 5, 10**12, 2**63, 10**30])
def test_any_cursor_may_be_asked_for(after):
    make_changes(make_location(), 2)

    assert len(feed.read(after, 10)) == (2 if after == 0 else 0)


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
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="threads share one SQLite in memory")
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
