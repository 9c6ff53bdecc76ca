"""What `manage.py check` says about the settings that only Booon can know."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from booon_console import demo_environment, environment
from booon_console.lib import files

# Names that begin so are ours. Those below are no settings: our own processes give them on, or the
# client's example reads them.
OUR_PREFIXES = ("ALERT_", "BOOON_", "EASYECOM_")
OUR_OWN = {demo_environment.RUN_VARIABLE, "BOOON_WORKER_ID"}
OUR_OWN |= {"BOOON_CONSOLE_URL", "BOOON_CONSOLE_KEY"}
# EASYECOM_CARRIER_IDD is 0.97 of the name that was meant, TEST_DATABASE_URL 0.83 of another's.
LIKENESS = 0.85


def alert_settings(**kwargs: Any) -> list[CheckMessage]:
    """Somebody should hear of what stops, while nobody looks."""
    if settings.ALERT_EMAILS or settings.ALERT_WEBHOOK_URL:
        return []
    return [Warning("Set ALERT_EMAILS or ALERT_WEBHOOK_URL: nobody is alerted.", id="console.W004")]


def alert_addresses(**kwargs: Any) -> list[CheckMessage]:
    """A mail server may refuse the whole alert for one of them."""
    return [
        Warning(f"ALERT_EMAILS: {address!r} is no mail address.", id="console.W011")
        for address in settings.ALERT_EMAILS
        if not is_mail_address(address)
    ]


def is_mail_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


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
                "SYNC_LEASE should be longer than django-q's timeout: "
                "docs/decisions/0003-the-clock-chain.md.",
                id="console.W003",
            )
        )
    return found


def carrier_log_in(**kwargs: Any) -> list[CheckMessage]:
    """Of Booon's carrier: onboarding registers it for each location that is given no other."""
    names = "EASYECOM_CARRIER_USERNAME", "EASYECOM_CARRIER_PASSWORD"
    return [
        Warning(
            f"{name} is not set: no location goes live unless it is given a carrier of its own.",
            id="console.W012",
        )
        for name in names
        if not getattr(settings, name)
    ]


def names_of_settings(**kwargs: Any) -> list[CheckMessage]:
    """A name with a slip in it sets nothing, and its default goes unnoticed."""
    return [
        Warning(sentence, id="console.W005")
        for sentence in unknown_names(os.environ, environment.variables.names)
    ]


def unknown_names(given: Iterable[str], known: Iterable[str]) -> list[str]:
    """What to say of each name that is none of a setting's and was meant to be; never a value."""
    names = sorted(known)
    found = []
    for name in sorted({*given} - {*names} - OUR_OWN):
        is_ours = name.upper().startswith(OUR_PREFIXES)
        if meant := get_close_matches(name.upper(), names, 1, LIKENESS):
            found.append(f"{name} is no setting. Is {meant[0]} meant?")
        elif name.removesuffix("_FILE") in names:
            found.append(f"{name} is not read: only secrets may stand in files.")
        elif is_ours:
            found.append(f"{name} is no setting: docs/settings.md lists them.")
    return found


def state_file(**kwargs: Any) -> list[CheckMessage]:
    """What a host remembers must outlive a release, or its next start holds everything."""
    path = Path(settings.STATE_FILE).absolute()
    found: list[CheckMessage] = []
    is_temporary = settings.DEBUG or demo_environment.run_directory() is not None
    if not is_temporary and path.is_relative_to(settings.BASE_DIR):
        found.append(
            Warning(
                "STATE_FILE lies inside the code's folder: the next release or container has none, "
                "and its workers hold everything.",
                id="console.W006",
            )
        )
    if trouble := files.trouble_with(path):
        found.append(Warning(f"STATE_FILE {trouble}", id="console.W007"))
    elif not is_temporary and not path.parent.is_dir():
        found.append(
            Warning(
                f"The folder of STATE_FILE is not there: {path.parent}. Is it meant? The first "
                "worker would make it.",
                id="console.W007",
            )
        )
    return found


def database(**kwargs: Any) -> list[CheckMessage]:
    """A database beside the code is gone with the next release, and nobody is told."""
    path = Path(str(settings.DATABASES["default"]["NAME"])).absolute()
    if connection.vendor != "sqlite" or not path.is_relative_to(settings.BASE_DIR):
        return []
    said = "The database lies inside the code's folder: set DATABASE_URL."
    return [Warning(said, id="console.W010")]


def doors(**kwargs: Any) -> list[CheckMessage]:
    """What is open wider than it should be in production."""
    found: list[CheckMessage] = []
    if not settings.STAFF_MFA:
        found.append(
            Warning("STAFF_MFA is off: a password alone lets staff in.", id="console.W008")
        )
    if any(host.startswith("*") for host in settings.ALLOWED_HOSTS):
        found.append(Warning("ALLOWED_HOSTS lets every host name in.", id="console.W009"))
    return found
