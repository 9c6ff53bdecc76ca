"""Whose a drain is, while hosts are slow and while they are dead."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Drain, Worker

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def inbox():
    return Drain.objects.filter(kind=Drain.Kind.INBOX)


def host(name: str, silent_for: float, now) -> None:
    pulsed_at = now - timedelta(seconds=silent_for)
    Worker.objects.create(id=name, host=name, started_at=pulsed_at, pulsed_at=pulsed_at)


def test_drain_of_a_host_whose_pulse_is_15_seconds_old_is_free():
    now = timezone.now()
    host("dead", 15.1, now)
    assert inbox().claim("dead", now - timedelta(seconds=20))

    assert inbox().idle(now).exists()
    assert inbox().mark_queued(now)
    assert inbox().claim("healthy", now)
    assert inbox().get().running_in == "healthy"


def test_slow_host_that_pulses_keeps_its_drain_until_its_lease_ends():
    now = timezone.now()
    host("slow", 14.9, now)
    claim = inbox().claim("slow", now - timedelta(seconds=59))

    assert not inbox().idle(now).exists()
    assert inbox().claim("healthy", now) is None
    assert inbox().get().running_in == "slow"
    assert claim.release() == 1


def test_host_that_was_thought_dead_releases_nothing_of_the_next_one():
    now = timezone.now()
    host("dead", 16, now)
    old = inbox().claim("dead", now - timedelta(seconds=20))
    inbox().claim("healthy", now)

    assert old.release() == 0
    assert inbox().get().running_in == "healthy"


def test_drain_that_a_dead_host_took_from_the_queue_is_queued_again_after_15_seconds():
    now = timezone.now()
    inbox().mark_queued(now - timedelta(seconds=15.1))
    assert inbox().mark_queued(now)

    assert not inbox().mark_queued(now + timedelta(seconds=14.9))
