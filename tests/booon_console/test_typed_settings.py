"""A setting that can't be right is refused in one line: its name, its value, what is expected."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as console

from booon_console.environment import SECRETS
from tests.booon_console.test_settings import PAGE, ROW

WHOLE = "must be a whole number"
SECONDS = "must be a number of seconds"
HOURS = "must be a number of hours, above 0"
DELAYS = "must be numbers of seconds, separated by commas"
FLAG = "must be true or false"
# What can't be right of each setting, and what is said then of what would be.
WRONG = {
    "DEBUG": ("maybe", FLAG),
    "DATABASE_POOL": ("maybe", FLAG),
    "STAFF_MFA": ("", FLAG),
    "LOG_LEVEL": ("LOUD", "must be DEBUG or INFO or WARNING or ERROR or CRITICAL"),
    "PROXIES": ("-1", f"{WHOLE} of at least 0"),
    "EASYECOM_CARRIER_ID": ("seven", f"{WHOLE} of at least 0"),
    "EASYECOM_MARKETPLACE_ID": ("6.1", WHOLE),
    "EASYECOM_MARKET_SHIPPED": ("yes", WHOLE),
    "EASYECOM_TIMEOUT": ("nan", f"{SECONDS}, above 0 and at most 30"),
    "EASYECOM_IN_FLIGHT": ("0", f"{WHOLE} of at least 1"),
    "UNKNOWN_ORDER_POLICY": ("send", "must be hold or resend"),
    "IN_DOUBT_DELAYS": ("60,soon", DELAYS),
    "RETRY_DELAYS": ("-5", DELAYS),
    "OUTBOX_SHARDS": ("257", f"{WHOLE} from 1 to 256"),
    "SYNC_LEASE": ("90s", f"{SECONDS}, at least 1"),
    "POLLING_SHARE": ("15%", "must be a number of parts of 1, above 0 and at most 1"),
    "AWB_LIMIT_HOURS": ("a day", HOURS),
    "MANIFEST_LIMIT_HOURS": ("0", HOURS),
    "STOCK_READ_HOURS": ("inf", HOURS),
    "STOCK_DRIFT_POLICY": ("Mend", "must be mend or report"),
    "CHANGES_KEPT_DAYS": ("0", f"{WHOLE} of at least 1"),
    "BUYERS_KEPT_DAYS": ("half a year", f"{WHOLE} of at least 1"),
    "API_CALLS_PER_MINUTE": ("1000001", f"{WHOLE} from 0 to 1000000"),
    "API_KEY_DAYS": ("never", f"{WHOLE} from 0 to 3650"),
    "BOOON_WEBHOOK_TIMEOUT": ("31", f"{SECONDS}, above 0 and at most 30"),
    "BOOON_WEBHOOK_IN_FLIGHT": ("65", f"{WHOLE} from 1 to 64"),
    "BOOON_WEBHOOK_DELAYS": (",", DELAYS),
    "BOOON_WEBHOOK_TRIES_FOR": ("3d", f"{SECONDS}, at least 0"),
    "BOOON_WEBHOOK_PROBE": ("0", f"{SECONDS}, above 0"),
    "ALERT_REMINDER_HOURS": ("0", HOURS),
    "ALERT_QUEUE_MINUTES": ("ten", "must be a number of minutes, above 0"),
    "WORKERS_EXPECTED": ("two\nthree", f"{WHOLE} of at least 1"),
    "PUBLIC_URL": ("http://[console", "must be an http or https address"),
    "EASYECOM_BASE_URL": ("http://[easyecom", "must be https (http only on loopback)"),
    "BOOON_ENVIRONMENT": ("e" * 65, "must be a name of at most 64 characters"),
}
# The same, of what is or may hold a secret: its value is not repeated.
SECRET = {
    "FIELD_KEYS": ("canary-é", "must be Fernet keys"),
    "DATABASE_URL": ("mysql://canary", "must be postgres://"),
    "BOOON_WEBHOOK_URL": ("http://canary.test", "must be https"),
    "BOOON_WEBHOOK_SECRET": ("canary", "must be whsec_"),
    "BOOON_WEBHOOK_SECRET_OLD": ("canary", "must be whsec_"),
    "EMAIL_URL": ("imap://canary", "must be smtp://"),
    "ALERT_WEBHOOK_URL": ("http://[canary", "must be https"),
    "METRICS_TOKEN": ("canary", "must have at least 16"),
}
# Any text may be right. Of ALERT_EMAILS and STATE_FILE `manage.py check` says what is not.
TEXT = {"SECRET_KEY", "ALLOWED_HOSTS", "STATE_FILE", "ALERT_EMAILS", "ALERT_FROM"}
TEXT |= {"EASYECOM_CARRIER_USERNAME", "EASYECOM_CARRIER_PASSWORD"}
# Those that name a file with a secret.
FILES = {f"{name}_FILE" for name in SECRETS}

# All in one process: it is the settings' own start that is looked at, once for each.
ALONE = """
import json, os, sys
from importlib import import_module

right = dict(os.environ)
said = {}
for name, value in json.load(sys.stdin).items():
    os.environ.clear()
    os.environ.update(right | {name: value})
    for each in [each for each in sys.modules if each.startswith("booon_console")]:
        del sys.modules[each]
    try:
        import_module("booon_console.settings")
    except Exception as problem:
        said[name] = [type(problem).__name__, str(problem)]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    given = {name: value for name, (value, _) in (WRONG | SECRET).items()}
    started = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=console.BASE_DIR,
        env=os.environ | {"DATABASE_POOL": "false"},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(started.stdout)


def test_each_setting_of_the_list_is_looked_at():
    documented = {name for name in ROW.findall(PAGE.read_text()) if name not in FILES}

    assert documented == {*WRONG, *SECRET, *TEXT}


@pytest.mark.parametrize("name", WRONG)
def test_what_can_not_be_right_is_refused_with_name_value_and_what_is_expected(said, name):
    value, expected = WRONG[name]

    assert said[name] == ["ImproperlyConfigured", f"{name} {expected}; it is {value!r}."]


@pytest.mark.parametrize("name", SECRET)
def test_what_may_be_secret_is_refused_without_its_value(said, name):
    kind, sentence = said[name]

    assert kind == "ImproperlyConfigured"
    assert sentence.startswith(f"{name} {SECRET[name][1]}")
    assert "canary" not in sentence
    assert "\n" not in sentence


def test_a_long_value_is_not_repeated_whole():
    started = start(["-c", "import booon_console.settings"], WORKERS_EXPECTED="9" * 5000)

    assert started.stderr.strip().endswith(f"it is '{'9' * 100}'.")


def start(arguments: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "booon_console.settings"} | variables
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=console.BASE_DIR, env=env, capture_output=True, text=True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["manage.py", "check"],
        ["manage.py", "workers"],
        ["-c", "import booon_console.wsgi"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_command_and_web_server_say_one_line_and_end_with_1(arguments):
    started = start(arguments, WORKERS_EXPECTED="two")

    assert started.returncode == 1
    assert started.stdout == ""
    assert started.stderr == "WORKERS_EXPECTED must be a whole number of at least 1; it is 'two'.\n"
