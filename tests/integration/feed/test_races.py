"""Two who number, take up, or tell at once."""

import pytest
from django.utils import timezone

from integration.feed import announcements, feed
from integration.feed.announcements import Try
from integration.models import Announcement, Attempt, Change, ChangeCounter
from integration.posting import Reply
from tests import races
from tests.factories import make_location
from tests.integration.feed.test_announcements import make_levels, the_receiver
from tests.moment import take_up_all

pytestmark = races.marks

TAKEN, FAILED = Reply(200, 5, ""), Reply(500, 5, "HTTP 500 Internal Server Error.")


def tries(reply, *cursors):
    now = timezone.now()
    rows = Announcement.objects.select_related("change").filter(cursor__in=cursors)
    return [Try(row, now, reply) for row in rows]


@pytest.fixture(autouse=True)
def counter(committed):
    """As after the first numbering of all, which its insertion already puts in line."""
    ChangeCounter.objects.create(pk=1)


def test_two_that_number_at_once_give_no_cursor_twice():
    make_levels(make_location(), 3)

    numbered = races.meet(feed.number_some, feed.number_some)

    assert numbered == (3, 0)
    assert sorted(Change.objects.values_list("cursor", flat=True)) == [1, 2, 3]
    assert ChangeCounter.objects.get().last == 3


def test_what_commits_while_others_are_numbered_gets_the_next_cursor():
    location = make_location()
    make_levels(location, 2)

    def late():
        make_levels(location, 1, sku="LATE")
        return feed.number_some()

    assert races.meet(feed.number_some, late) == (2, 1)

    assert Change.objects.get(data__sku="LATE").cursor == 3


def test_cursors_that_are_passed_over_are_not_given_meanwhile():
    make_levels(make_location(), 2)
    now = timezone.now()

    races.meet(lambda: ChangeCounter.objects.pass_over(0, now), feed.number_some)

    counter = ChangeCounter.objects.get()
    ((last, first),) = counter.gaps
    assert sorted(Change.objects.values_list("cursor", flat=True)) == [first + 1, first + 2]
    assert (last, counter.last) == (0, first + 2)


def test_two_that_take_up_at_once_announce_each_change_once(receiver):
    make_levels(make_location(), 3)
    now = timezone.now()
    announcements.ensure_receiver(now)
    feed.number_some()

    taken = races.meet(lambda: announcements.take_up(now), lambda: announcements.take_up(now))

    assert taken == (3, 0)
    assert (Announcement.objects.count(), the_receiver().taken_up) == (3, 3)


def test_resend_beside_taking_up_tells_nothing_twice(receiver):
    make_levels(make_location(), 2)
    now = timezone.now()
    announcements.ensure_receiver(now)
    feed.number_some()
    changes = list(Change.objects.order_by("cursor"))

    taken, again = races.meet(
        lambda: announcements.take_up(now), lambda: announcements.resend(changes, now)
    )

    assert (taken, [change.cursor for change in again]) == (2, [1, 2])
    assert Announcement.objects.count() == 2


def test_failures_that_two_write_down_at_once_are_all_counted(receiver):
    make_levels(make_location(), 2)
    take_up_all(timezone.now())
    first, second = tries(FAILED, 1), tries(FAILED, 2)

    races.meet(
        lambda: announcements.record_tries(first, timezone.now()),
        lambda: announcements.record_tries(second, timezone.now()),
    )

    assert (the_receiver().failures, Attempt.objects.count()) == (2, 2)


def test_receiver_that_is_spared_meanwhile_is_not_forgotten_by_a_success(receiver):
    make_levels(make_location(), 11)
    take_up_all(timezone.now())
    failed, taken = tries(FAILED, *range(1, 11)), tries(TAKEN, 11)

    races.meet(
        lambda: announcements.record_tries(failed, timezone.now()),
        lambda: announcements.record_tries(taken, timezone.now()),
    )

    row = the_receiver()
    assert (row.opened_at, row.failures) == (None, 0)
    assert not Announcement.objects.filter(due_at__gt=timezone.now()).exists()


def test_taking_up_beside_tries_forgets_no_failure(receiver):
    location = make_location()
    make_levels(location, 1)
    take_up_all(timezone.now())
    make_levels(location, 1, sku="NEW")
    failed = tries(FAILED, 1)

    races.meet(
        lambda: announcements.record_tries(failed, timezone.now()),
        lambda: announcements.take_up(timezone.now()),
    )

    row = the_receiver()
    assert (row.failures, row.taken_up) == (1, 2)
