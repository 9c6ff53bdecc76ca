"""What `manage.py check` says about the settings that only Booon can know."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning


def alert_settings(**kwargs: Any) -> list[CheckMessage]:
    """Somebody should hear of what stops, while nobody looks."""
    if settings.ALERT_EMAILS or settings.ALERT_WEBHOOK_URL:
        return []
    return [Warning("Set ALERT_EMAILS or ALERT_WEBHOOK_URL: nobody is alerted.", id="console.W004")]


def easyecom_settings(**kwargs: Any) -> list[CheckMessage]:
    """Ids that EasyEcom issues to Booon, and a lease that outlasts the worker's time limit."""
    found: list[CheckMessage] = []
    if not settings.EASYECOM_CARRIER_ID:
        found.append(
            Warning(
                "EASYECOM_CARRIER_ID is not set: no carrier is registered, no location goes live.",
                id="console.W001",
            )
        )
    if "EASYECOM_MARKETPLACE_ID" not in os.environ:
        found.append(
            Warning(
                "EASYECOM_MARKETPLACE_ID is not set: orders go out under 10, EasyEcom's Offline.",
                id="console.W002",
            )
        )
    if settings.Q_CLUSTER["timeout"] >= settings.SYNC_LEASE:
        found.append(
            Warning(
                "SYNC_LEASE should be longer than django-q's timeout (docs/decisions/0003).",
                id="console.W003",
            )
        )
    return found
