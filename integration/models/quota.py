"""Each seller's quota at EasyEcom, and what its calls of a day were for."""

from __future__ import annotations

from django.db import models

from sellers.models import Seller


class Quota(models.Model):
    """A seller's rate limit at EasyEcom (GCRA), and today's count, shared by all workers."""

    seller = models.OneToOneField(
        Seller, on_delete=models.CASCADE, primary_key=True, related_name="quota"
    )
    # When the bucket is full again if nothing more is taken.
    full_at = models.DateTimeField()
    # EasyEcom said 429: nothing goes out before this.
    paused_until = models.DateTimeField(null=True, blank=True)
    day = models.DateField()
    used_today = models.PositiveIntegerField(default=0)
    polled_today = models.PositiveIntegerField(default=0)
    # While polling is slowed: no polling call goes out before this.
    polls_at = models.DateTimeField(null=True, blank=True)
    # EasyEcom said 429 with the whole day's calls used: nothing goes out before this.
    spent_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Calls of {self.seller}"


class CallCount(models.Model):
    """How many calls of a kind an account made on a day of EasyEcom's, which are India's."""

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(db_index=True)
    kind = models.CharField(max_length=32)
    is_polling = models.BooleanField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "day", "kind", "is_polling"], name="one_count_per_kind_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} × {self.count} on {self.day}"
