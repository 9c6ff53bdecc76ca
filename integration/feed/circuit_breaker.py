"""Sparing a receiver that fails at everything: after some failures in a row it is only probed.

One announcement at a time, another each time, until one is taken; then all goes on by itself.
"""

from datetime import datetime, timedelta

from django.conf import settings

from integration.models import Announcement, Receiver, record_event

FAILURES = 10
IS_SPARED = (
    f"Booon's receiver failed {FAILURES} times in a row: it is only probed until it takes one."
)
IS_BACK = "Booon's receiver takes webhooks again: all that waited is told."


def allows(receiver: Receiver, now: datetime) -> bool:
    """Whether anything may be sent now."""
    return receiver.probe_at is None or receiver.probe_at <= now


def record_result(receiver: Receiver, is_taken: bool, now: datetime) -> None:
    """What one try says of the receiver. Its row is locked, and saved by the caller."""
    if is_taken:
        if receiver.opened_at is not None:
            close(receiver, now)
            record_event("receiver", IS_BACK, at=now)
        receiver.failures = 0
        return
    receiver.failures += 1
    if receiver.opened_at is None and receiver.failures >= FAILURES:
        receiver.opened_at = now
        record_event("receiver", IS_SPARED, at=now)
    if receiver.opened_at is not None:
        receiver.probe_at = now + timedelta(seconds=settings.BOOON_WEBHOOK_PROBE)


def close(receiver: Receiver, now: datetime) -> None:
    """All that was put off or given up meanwhile is due: it was not its own fault."""
    Announcement.objects.waiting().filter(due_at__gt=now).update(due_at=now)
    if receiver.opened_at is not None:
        revive(receiver.opened_at, now)
    receiver.opened_at = receiver.probe_at = None
    receiver.failures = 0


def revive(since: datetime, now: datetime) -> None:
    """In their old place: what came after them under their key waits again."""
    given_up = Announcement.objects.filter(given_up_at__gte=since)
    keys = set(given_up.values_list("key", flat=True))
    given_up.update(given_up_at=None, gives_up_at=None, tries=0)
    Announcement.objects.waiting().filter(key__in=keys).update(due_at=None)
    Announcement.objects.call_up(keys, now)
