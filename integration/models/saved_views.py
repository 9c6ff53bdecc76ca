"""A list's filters, search and sorting under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """Only an address: what it shows is what whoever opens it may see."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Of which list: its model, as "integration.order".
    page = models.CharField(max_length=100)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        permissions = [("share_view", "Can share saved views of lists with colleagues")]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["page", "user", "name"], name="one_saved_view_per_name_and_person"
            )
        ]

    def __str__(self) -> str:
        return self.name
