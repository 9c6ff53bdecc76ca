"""Booon's API keys, kept as digests."""

from __future__ import annotations

from django.db import models


class ApiKey(models.Model):
    """What Booon's platform shows at the API. The key itself is printed once and not kept."""

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name
