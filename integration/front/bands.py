"""What stands above every page, because whatever is read there depends on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Now

from integration.models import Hold, Worker

SILENCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Band:
    sentence: str
    step: str


def bands() -> list[Band]:
    """Two short queries, since every page asks."""
    found = []
    if hold := Hold.objects.over_everything():
        found.append(Band(hold.sentence, "Nothing goes out until an Admin releases it."))
    if not Worker.objects.filter(beat_at__gte=Now() - SILENCE).exists():
        found.append(
            Band(
                "Nothing is being processed: no worker has given a sign of life for a minute.",
                "Start manage.py workers.",
            )
        )
    return found


def is_silent(beat_at: datetime | None, now: datetime) -> bool:
    return beat_at is None or beat_at < now - SILENCE
