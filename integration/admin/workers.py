"""The machine room: workers' signs of life."""

from django.contrib import admin
from django.utils import timezone

from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import badge, moment
from integration.front.bands import is_silent
from integration.models import Worker


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["id", "host", "health", moment("beat_at", "last beat")]
    seller_path = None
    fields = [
        "id",
        "host",
        "health",
        moment("started_at", "Started"),
        moment("pulsed_at", "Supervisor's last pulse"),
        moment("beat_at", "Cluster's last beat"),
    ]
    ordering = ["-started_at"]
    is_short = True

    @admin.display(description="health")
    def health(self, worker: Worker) -> str:
        return (
            badge("bad", "silent")
            if is_silent(worker.beat_at, timezone.now())
            else badge("good", "at work")
        )
