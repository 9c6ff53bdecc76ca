"""How far the product pull of a location is, and what it has seen whole."""

from __future__ import annotations

from django.db import models

from sellers.models import Location


class ProductPull(models.Model):
    """One row per location. The place itself, EasyEcom's next page, stands on the sync job.

    `began_at` is empty while no pull is under way. The counts are those of the pull under way,
    or of the last one.
    """

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, primary_key=True, related_name="product_pull"
    )
    # When the last pull that ended began: what changed before then is known.
    watermark = models.DateTimeField(null=True, blank=True)
    # When the last full pull that ended began.
    full_began_at = models.DateTimeField(null=True, blank=True)
    full_wanted = models.BooleanField(default=False)
    began_at = models.DateTimeField(null=True, blank=True)
    is_full = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    products = models.PositiveIntegerField(default=0)
    # Rows that could not be read.
    skipped = models.PositiveIntegerField(default=0)
    # Products that the last full pull found gone.
    gone = models.PositiveIntegerField(default=0)
    # A page once seen, to meet again where the pages go round (integration/engine/pages.py).
    milestone = models.TextField(blank=True, default="", editable=False)

    def __str__(self) -> str:
        return f"Product pull of {self.location_id}"
