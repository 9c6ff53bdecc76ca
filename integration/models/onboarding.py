"""What onboarding a location needs besides EasyEcom's answers: a person's word, and a self-test."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from booon_console.fields import EncryptedTextField
from integration.models.deliveries import WebhookEndpoint
from integration.models.keys import ApiKey
from integration.models.seller_links import SellerLink
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


class HeldToken(models.Model):
    """A webhook token, an API key or a seller's link, in the hands of whoever had it made: so long
    it is shown again to them, also after a reload, Back, or a form that was sent twice. Encrypted,
    and deleted soon after.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # One of the three.
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="+", null=True
    )
    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+", null=True)
    link = models.ForeignKey(SellerLink, on_delete=models.CASCADE, related_name="+", null=True)
    token = EncryptedTextField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "user"], name="one_held_token_of_each")
        ]

    def __str__(self) -> str:
        return f"Token of {self.endpoint_id or self.api_key or self.link_id}"


class LinkToken(models.Model):
    """A webhook token in the browser that had it made by a seller's link: so long it is shown there
    again. Encrypted, and deleted soon after.
    """

    link = models.ForeignKey(SellerLink, on_delete=models.CASCADE, related_name="+")
    # The digest of what only that browser has.
    browser = models.CharField(max_length=64)
    endpoint = models.OneToOneField(WebhookEndpoint, on_delete=models.CASCADE, related_name="+")
    token = EncryptedTextField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Token of {self.endpoint_id}"


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
