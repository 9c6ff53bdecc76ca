"""A reader of some sellers: no change of others, none of its own missed, no run of empty pages."""

import pytest

from integration.feed import feed, scoped
from integration.models import Change, ChangeCounter
from tests.factories import make_location
from tests.integration.feed.test_feed import make_changes

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def quantities(page):
    return [change.data["quantity"] for change in page.changes]


@pytest.fixture
def ours(db):
    return make_location()


@pytest.fixture
def theirs(db):
    return make_location()


def read(ours, after=None, limit=100):
    return scoped.read(after, limit, [ours.seller_id])


def test_only_changes_of_its_sellers_are_shown_and_the_cursor_passes_the_others(ours, theirs):
    make_changes(theirs, 3)
    make_changes(ours, 2, start=10)
    make_changes(theirs, 4)

    page = read(ours)

    assert (quantities(page), page.cursor, page.is_last) == ([10, 11], 9, True)
    assert quantities(read(ours, page.cursor)) == []
    make_changes(ours, 1, start=12)
    assert quantities(read(ours, page.cursor)) == [12]


def test_full_page_goes_on_behind_its_last_row(ours, theirs):
    make_changes(ours, 2)
    make_changes(theirs, 3)
    make_changes(ours, 1, start=2)

    first = read(ours, limit=2)
    second = read(ours, first.cursor, limit=2)

    assert (quantities(first), first.cursor) == ([0, 1], 2)
    assert (quantities(second), second.cursor) == ([2], 6)


def test_pages_of_any_size_bring_every_own_change_once(ours, theirs, monkeypatch):
    monkeypatch.setattr(scoped, "WINDOW", 7)
    for n in range(40):
        make_changes(theirs, n % 5)
        make_changes(ours, n % 3, start=100 * n)
    own = Change.objects.filter(seller=ours.seller).order_by("pk")
    expected = [change.data["quantity"] for change in own]

    for limit in (1, 2, 5, 500):
        seen, place = [], None
        while (page := read(ours, place, limit)).changes:
            assert len(page.changes) == limit or page.is_last
            seen += quantities(page)
            place = page.cursor
        assert seen == expected


def test_long_run_of_others_is_passed_in_one_page(ours, theirs, monkeypatch):
    monkeypatch.setattr(scoped, "WINDOW", 10)
    make_changes(theirs, 500)
    make_changes(ours, 1)

    page = read(ours, 0)

    assert (quantities(page), page.cursor) == ([0], 501)


def test_patience_ends_with_a_cursor_that_moved(ours, theirs, monkeypatch):
    make_changes(theirs, 50)
    make_changes(ours, 1)
    feed.number_some()
    monkeypatch.setattr(scoped, "WINDOW", 10)
    ticks = iter([0.0, 0.1, 0.2, 2.0])
    monkeypatch.setattr(scoped.time, "monotonic", lambda: next(ticks))

    page = read(ours, 0)

    assert (page.changes, page.cursor, page.is_last) == ([], 20, False)


def test_reader_that_comes_too_late_hears_it(ours, theirs):
    make_changes(theirs, 5)
    feed.number_some()
    ChangeCounter.objects.update(forgotten=3)
    Change.objects.filter(cursor__lte=3).delete()

    with pytest.raises(feed.TooLate):
        read(ours, 2)
    assert read(ours, 3).cursor == 5
    assert read(ours).cursor == 5


def test_empty_feed_and_cursors_beyond_it(ours):
    assert (read(ours).changes, read(ours).cursor) == ([], 0)
    with pytest.raises(feed.NeverGiven):
        read(ours, 1)


def test_key_of_no_seller_reads_nothing_and_still_moves_on(theirs):
    make_changes(theirs, 2)

    page = scoped.read(None, 100, [])

    assert (page.changes, page.cursor) == ([], 2)


def test_page_asks_for_as_much_with_many_foreign_changes_as_with_few(
    ours, theirs, django_assert_num_queries
):
    make_changes(ours, 5)
    make_changes(theirs, 1000)
    feed.number_some()
    feed.number_some()

    with django_assert_num_queries(6):
        read(ours, 0)
