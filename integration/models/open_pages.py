"""Who has which page open."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

# An open page tells of itself every 20 s: a browser that was closed says nothing.
GONE = timedelta(seconds=60)


class OpenPage(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Of which row: its model and key, as "integration.order:17".
    page = models.CharField(max_length=100)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["page", "user"], name="one_open_page_per_person")
        ]

    def __str__(self) -> str:
        return self.page

    @staticmethod
    def see(page: str, user_id: int, now: datetime) -> None:
        """This person has it open now. One who was away for longer has opened it anew."""
        mine = OpenPage.objects.filter(page=page, user=user_id, seen_at__gt=now - GONE)
        if mine.update(seen_at=now):
            return
        OpenPage.objects.bulk_create(
            [OpenPage(page=page, user_id=user_id, opened_at=now, seen_at=now)],
            update_conflicts=True,
            unique_fields=["page", "user"],
            update_fields=["opened_at", "seen_at"],
        )

    @staticmethod
    def of_others(page: str, user_id: int, now: datetime) -> list[OpenPage]:
        """Who else has it open, the longest first, with their users."""
        rows = OpenPage.objects.filter(page=page, seen_at__gt=now - GONE).exclude(user=user_id)
        return list(rows.select_related("user").order_by("opened_at", "pk"))
