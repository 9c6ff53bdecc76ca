"""A file of sellers between its dry run and its being taken in, and what became of its rows."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from booon_console.fields import EncryptedTextField


class SellerFile(models.Model):
    """Its rows as they were read, so that what was shown is what is taken in.

    They hold passwords: encrypted, seen by nobody, and emptied once they were used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    rows = EncryptedTextField(blank=True, default="")
    uploaded_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    # For each seller in the file's sequence, what came of its rows. Empty until taken in.
    results = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
