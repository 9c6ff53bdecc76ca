"""What stands above every page, because whatever is read there depends on it."""

from dataclasses import dataclass

from django.db.models.functions import Now

from integration.models import Hold, Worker


@dataclass(frozen=True)
class Banner:
    sentence: str
    step: str


def banners() -> list[Banner]:
    """Two short queries, since every page asks."""
    found = []
    if hold := Hold.objects.over_everything():
        found.append(Banner(hold.sentence, "Nothing goes out until an Admin releases it."))
    if not Worker.objects.at_work(Now()).exists():
        found.append(
            Banner(
                "Nothing is being processed: no worker has sent a heartbeat for a minute.",
                "Start manage.py workers.",
            )
        )
    return found
