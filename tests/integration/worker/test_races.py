"""Two workers that wake or take the same drain."""

from datetime import timedelta

from django.utils import timezone

from integration.models import Drain
from integration.models.worker import DRAIN_LEASE
from tests import races

pytestmark = races.marks


def inbox():
    return Drain.objects.filter(kind="inbox")


def test_drain_that_two_claim_at_once_is_run_by_one():
    now = timezone.now()

    mine, theirs = races.meet(lambda: inbox().claim("one", now), lambda: inbox().claim("two", now))

    assert theirs is None
    assert inbox().get().running_in == "one"
    assert mine.release() == 1


def test_drain_that_two_queue_at_once_is_queued_by_one():
    now = timezone.now()

    found = races.meet(lambda: inbox().mark_queued(now), lambda: inbox().mark_queued(now))

    assert found == (True, False)


def test_worker_whose_drain_was_taken_over_releases_nothing():
    now = timezone.now()
    mine = inbox().claim("one", now - DRAIN_LEASE - timedelta(seconds=1))

    theirs, released = races.meet(lambda: inbox().claim("two", now), mine.release)

    assert released == 0
    assert inbox().get().running_in == "two"
    assert theirs.release() == 1
