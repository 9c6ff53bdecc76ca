"""What onboarding a location needs besides EasyEcom's answers: a person's word, and a self-test."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from integration.models.deliveries import WebhookEndpoint
from sellers.models import Location


class Declaration(models.Model):
    """What EasyEcom tells nobody: a named person says that it is done in the seller's account.

    The row goes when it is taken back; who said what stays in the events.
    """

    class What(models.TextChoices):
        CHANNEL = "channel", "Booon is added as a channel under this location"
        PRODUCTS_OFF = "products_off", "Create Products Automatically is off"
        API_MODE = "api_mode", "API Mode is on"

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="declarations")
    what = models.CharField(max_length=16, choices=What)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "what"], name="one_declaration_of_each")
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.by}"


class SelfTest(models.Model):
    """The latest delivery that the console posted to an endpoint of its own, and what came of it.

    Its token opens nothing but this one test, once, until `open_until`.
    """

    endpoint = models.OneToOneField(
        WebhookEndpoint, on_delete=models.CASCADE, primary_key=True, related_name="self_test"
    )
    digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    open_until = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField()
    # "" while it is under way and when it went well.
    trouble = models.CharField(max_length=500, blank=True, default="")
    elapsed_ms = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Self-test of {self.endpoint_id}"

    def is_open(self, now: datetime) -> bool:
        return bool(self.digest) and now < self.open_until
