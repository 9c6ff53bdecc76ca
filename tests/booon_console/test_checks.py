"""What `manage.py check` says: of slips in names, of STATE_FILE, and nothing where all is right."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as console

from booon_console.checks import (
    alert_addresses,
    carrier_log_in,
    doors,
    state_file,
    unknown_names,
)

KNOWN = {"ALLOWED_HOSTS", "EASYECOM_CARRIER_ID", "SECRET_KEY", "SECRET_KEY_FILE", "STATE_FILE"}
RIGHT = {
    "DJANGO_SETTINGS_MODULE": "booon_console.settings",
    "DEBUG": "false",
    "SECRET_KEY": "Zx8Qv1Lr7Tn4Wc9Yb2Kd6Hm3Jp5Fs0GaUeIoXyNqBtRwMkVhDlPc",
    "FIELD_KEYS": "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0=",
    "ALLOWED_HOSTS": "console.booon.test",
    "PUBLIC_URL": "https://console.booon.test",
    "EASYECOM_CARRIER_ID": "7042",
    "EASYECOM_CARRIER_USERNAME": "booon",
    "EASYECOM_CARRIER_PASSWORD": "right",
    "EASYECOM_MARKETPLACE_ID": "61",
    "ALERT_WEBHOOK_URL": "https://chat.test/hook",
}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "EASYECOM_CARRIER_IDD",
            "EASYECOM_CARRIER_IDD is no setting. Is EASYECOM_CARRIER_ID meant?",
        ),
        ("SECRETKEY", "SECRETKEY is no setting. Is SECRET_KEY meant?"),
        ("secret_key", "secret_key is no setting. Is SECRET_KEY meant?"),
        (
            "ALLOWED_HOSTS_FILE",
            "ALLOWED_HOSTS_FILE is not read: only secrets may stand in files.",
        ),
        (
            "EASYECOM_COURAGE",
            "EASYECOM_COURAGE is no setting: docs/settings.md lists them.",
        ),
    ],
)
def test_slip_in_a_name_is_named(name, said):
    assert unknown_names(["PATH", "SECRET_KEY", name], KNOWN) == [said]


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOSTNAME",
        "AWS_SECRET_KEY",
        "TEST_DATABASE_URL",
        "BOOON_WORKER_ID",
        "BOOON_CONSOLE_KEY",
    ],
)
def test_what_others_read_is_no_slip(name):
    assert unknown_names([name], KNOWN | {"DATABASE_URL"}) == []


def test_state_file_inside_the_codes_folder_is_warned_of(settings):
    settings.STATE_FILE = str(settings.BASE_DIR / "state.json")
    assert [found.id for found in state_file()] == ["console.W006"]

    settings.DEBUG = True
    assert state_file() == []


def test_state_file_that_can_not_be_written_is_warned_of_with_its_path(settings, tmp_path):
    settings.STATE_FILE = str(tmp_path / "state.json")
    assert state_file() == []

    (tmp_path / "a file").touch()
    settings.STATE_FILE = str(tmp_path / "a file" / "state.json")
    [found] = state_file()
    assert (found.id, found.msg) == (
        "console.W007",
        f"STATE_FILE {settings.STATE_FILE} can't be a file.",
    )


def test_missing_folder_of_the_state_file_is_named(settings, tmp_path):
    settings.STATE_FILE = str(tmp_path / "booon" / "state.json")

    [found] = state_file()

    assert found.id == "console.W007"
    assert found.msg.startswith(f"The folder of STATE_FILE is not there: {tmp_path / 'booon'}.")


def test_what_is_no_mail_address_is_named(settings):
    settings.ALERT_EMAILS = ["ops@booon.test", "oncall", "a b@booon.test"]

    assert [found.msg for found in alert_addresses()] == [
        "ALERT_EMAILS: 'oncall' is no mail address.",
        "ALERT_EMAILS: 'a b@booon.test' is no mail address.",
    ]


@pytest.mark.parametrize("name", ["EASYECOM_CARRIER_USERNAME", "EASYECOM_CARRIER_PASSWORD"])
def test_log_in_of_the_carrier_that_is_not_set_is_named(settings, name):
    assert carrier_log_in() == []

    setattr(settings, name, "")

    [found] = carrier_log_in()
    assert found.id == "console.W012"
    assert found.msg.startswith(f"{name} is not set")


def test_doors_that_stand_open_are_named(settings):
    settings.STAFF_MFA, settings.ALLOWED_HOSTS = True, ["console.booon.test"]
    assert doors() == []

    settings.STAFF_MFA, settings.ALLOWED_HOSTS = False, ["*"]
    assert [found.id for found in doors()] == ["console.W008", "console.W009"]


def check(folder, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    env = {"PATH": os.environ["PATH"], "STATE_FILE": str(folder / "state.json")} | RIGHT
    env["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
    return subprocess.run(
        command, cwd=console.BASE_DIR, env=env | variables, capture_output=True, text=True
    )


@pytest.mark.slow
def test_right_configuration_passes_in_silence(tmp_path):
    checked = check(tmp_path)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("System check identified no issues")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"PUBLIC_URL": "http://console.booon.test"}, "security.W016"),
        ({"STAFF_MFA": "false"}, "console.W008"),
        ({"ALLOWED_HOSTS": "*"}, "console.W009"),
        ({"STATE_FILE": "state.json"}, "console.W006"),
        ({"EASYECOM_CARRIER_IDD": "7042"}, "console.W005"),
        ({"EASYECOM_CARRIER_ID": "0"}, "console.W001"),
        ({"EASYECOM_CARRIER_PASSWORD": ""}, "console.W012"),
        ({"ALERT_EMAILS": "ops", "EMAIL_URL": "smtp://127.0.0.1"}, "console.W011"),
        ({"STATE_FILE": "/nowhere/booon/state.json"}, "is not there: /nowhere/booon."),
        ({"ALERT_WEBHOOK_URL": ""}, "console.W004"),
        ({"DATABASE_URL": "sqlite:///db.sqlite3"}, "console.W010"),
    ],
)
def test_what_is_not_right_fails_and_is_named(tmp_path, variables, said):
    checked = check(tmp_path, **variables)

    assert checked.returncode == 1
    assert said in checked.stderr
