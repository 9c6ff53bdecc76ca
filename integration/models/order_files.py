"""A file of orders between its preview and its import, and what became of its orders."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class OrderFile(models.Model):
    """Kept as it was uploaded, so that what was previewed is what is imported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    body = models.BinaryField()
    uploaded_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    # For each order in the file's sequence: its result, and its troubles. Empty until imported.
    results = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
