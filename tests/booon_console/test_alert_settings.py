"""What is asked of the settings for alerts, before anything starts."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as console

from booon_console.checks import alert_settings

IMPORT = "import booon_console.settings as s; print(s.ALERT_EMAILS, s.EMAIL_HOST, s.EMAIL_USE_TLS)"


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Settings as a process of its own reads them."""
    env = os.environ | {"DEBUG": "false"} | variables
    command = [sys.executable, "-c", IMPORT]
    return subprocess.run(command, cwd=console.BASE_DIR, env=env, capture_output=True, text=True)


def test_mail_server_and_receivers_come_from_the_environment():
    url = "smtp+tls://console:secret-canary@mail.booon.test:587"
    started = start(ALERT_EMAILS="ops@booon.test, oncall@booon.test", EMAIL_URL=url)

    said = "['ops@booon.test', 'oncall@booon.test'] mail.booon.test True"
    assert started.stdout.strip() == said


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"ALERT_EMAILS": "ops@booon.test"}, "Set EMAIL_URL"),
        ({"ALERT_WEBHOOK_URL": "http://chat.test/hook"}, "ALERT_WEBHOOK_URL must be https"),
        ({"ALERT_REMINDER_HOURS": "0"}, "must be a number of hours, above 0"),
        ({"BOOON_ENVIRONMENT": " "}, "BOOON_ENVIRONMENT must be a name"),
    ],
)
def test_what_can_not_work_is_refused_at_the_start(variables, error):
    started = start(**variables)

    assert started.returncode == 1
    assert error in started.stderr


def test_deployment_without_any_channel_is_warned_of(settings):
    assert [found.id for found in alert_settings()] == ["console.W004"]
    settings.ALERT_WEBHOOK_URL = "https://chat.test/hook"
    assert alert_settings() == []
    settings.ALERT_WEBHOOK_URL, settings.ALERT_EMAILS = "", ["ops@booon.test"]
    assert alert_settings() == []
