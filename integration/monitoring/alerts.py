"""Alerts: once for each cause, again while it lasts, and once when it is over.

Rows first, then the channels: one that is down is tried again at the next look, a minute later,
and disturbs nothing else (docs/decisions/0023-alerts.md).
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from booon_console.lib import clock
from integration.models import Alert, Drain
from integration.monitoring import alert_channels, causes
from integration.monitoring.causes import Cause
from integration.sync import wakeup

log = structlog.get_logger(__name__)

# In one message; what is left over comes with the next look.
AT_ONCE = 50


def check_causes() -> None:
    """Write down what began and what ended, and tell what was not told yet."""
    record_alerts(causes.current_causes(clock.now()), clock.now())
    for channel in alert_channels.ALL:
        notify(channel)


@transaction.atomic
def record_alerts(found: list[Cause], now: datetime) -> None:
    lasting = {cause.key: cause for cause in found}
    for alert in Alert.objects.open().select_for_update(of=("self",), no_key=True).order_by("pk"):
        cause = lasting.pop(alert.key, None)
        if cause is None:
            alert.mark_unsent(cleared_at=now)
        elif is_to_be_reminded(alert, now):
            alert.mark_unsent(reminded_at=now, sentence=cause.sentence[:500])
    new = [
        Alert(
            key=cause.key,
            kind=cause.kind,
            seller_id=cause.seller_id,
            sentence=cause.sentence[:500],
            opened_at=now,
        )
        for cause in lasting.values()
    ]
    # Another process may have seen the same a moment ago.
    Alert.objects.bulk_create(new, ignore_conflicts=True)


def is_to_be_reminded(alert: Alert, now: datetime) -> bool:
    told_at = alert.reminded_at or alert.opened_at
    return now - told_at >= timedelta(hours=settings.ALERT_REMINDER_HOURS)


def notify(channel: alert_channels.Channel) -> None:
    """What could not be told stays untold, and keeps its place."""
    untold = Alert.objects.untold(channel.column)
    if not channel.is_set():
        untold.update(**{channel.column: F("tellings")})
        return
    if not (alerts := list(untold[:AT_ONCE])):
        return
    if trouble := channel.send(alerts):
        log.warning("alerts_not_told", channel=channel.column, trouble=trouble)
        return
    for alert in alerts:
        # As it was read: it may have come to an end meanwhile.
        Alert.objects.filter(pk=alert.pk).update(**{channel.column: alert.tellings})


@wakeup.quietly
def look_for_alerts() -> None:
    """One look at a time, whoever asks for it; no other at once, even if this one took long."""
    claim = Drain.objects.filter(kind=Drain.Kind.ALERTS).claim(wakeup.worker_id(), clock.now())
    if claim is None:
        return
    try:
        check_causes()
    finally:
        claim.release()
