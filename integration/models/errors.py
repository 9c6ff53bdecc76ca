"""What EasyEcom says when it refuses, and what people have come to know of it."""

from __future__ import annotations

from django.db import models


class KnownError(models.Model):
    """A pattern of EasyEcom's words, and what it means to whoever has to mend it."""

    # `*` stands for anything; letters' case and spaces don't count.
    pattern = models.CharField(max_length=200, unique=True)
    sentence = models.CharField(max_length=300)
    next_step = models.CharField(max_length=300)
    # Whether the same call may succeed later with nothing changed.
    is_retryable = models.BooleanField(default=False)
    named_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern


class ErrorMessage(models.Model):
    """One way in which EasyEcom refused, its numbers left out, and how often it did."""

    digest = models.CharField(max_length=64, unique=True)
    shape = models.CharField(max_length=300)
    sample = models.CharField(max_length=500)
    known = models.ForeignKey(
        KnownError, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.shape
