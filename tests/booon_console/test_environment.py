"""Whose settings those are: a developer's `.env`, or the environment of production."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as console

FORGOTTEN = "DEBUG=true\nSTAFF_MFA=false\nSECRET_KEY=a-developers\n"
FORGOTTEN += "FIELD_KEYS=b25seS1mb3ItZGVidWdnaW5nLW5ldmVyLWluLXByb2Q=\n"
PRODUCTION = {
    "SECRET_KEY": "productions-own",
    "FIELD_KEYS": "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0=",
    "ALLOWED_HOSTS": "console.booon.test",
    "PUBLIC_URL": "https://console.booon.test",
    "STATE_FILE": "/var/lib/booon-console/state.json",
}
ASKED = "s.DEBUG, s.STAFF_MFA, s.BOOON_ENVIRONMENT, s.SECRET_KEY"


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The console's settings in a folder of their own, where somebody once ran `make setup`."""
    unused = shutil.ignore_patterns("static", "__pycache__")
    shutil.copytree(console.BASE_DIR / "booon_console", tmp_path / "booon_console", ignore=unused)
    (tmp_path / ".env").write_text(FORGOTTEN)
    return tmp_path


def start(checkout: Path, variables: dict[str, str], asked: str = ASKED):
    """Settings as a fresh process reads them, with nothing else in its environment."""
    command = [sys.executable, "-c", f"import booon_console.settings as s; print({asked})"]
    env = {"PATH": os.environ["PATH"]} | variables
    return subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True)


def without(name: str) -> dict[str, str]:
    return {each: value for each, value in PRODUCTION.items() if each != name}


def test_forgotten_env_file_switches_nothing_on_or_off(checkout):
    started = start(checkout, PRODUCTION)

    assert started.stdout.split() == ["False", "True", "production", "productions-own"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "PUBLIC_URL"])
def test_each_of_productions_settings_keeps_the_env_file_out(checkout, name):
    started = start(checkout, {name: PRODUCTION[name]})

    assert started.returncode == 1
    assert "DEBUG is off, and .env is a developer's." in started.stderr


def test_secret_in_a_file_keeps_the_env_file_out_too(checkout):
    (checkout / "key").write_text("productions-own\n")

    started = start(checkout, {"SECRET_KEY_FILE": str(checkout / "key")})

    assert started.returncode == 1
    assert "Set FIELD_KEYS in the environment" in started.stderr


def test_developer_without_any_settings_has_the_env_file(checkout):
    started = start(checkout, {})

    assert started.stdout.split() == ["True", "False", "development", "a-developers"]


def test_developer_who_says_debug_has_it_beside_an_address(checkout):
    started = start(checkout, {"DEBUG": "true", "PUBLIC_URL": "https://tunnel.test"})

    assert started.stdout.split() == ["True", "False", "development", "a-developers"]


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS", "PUBLIC_URL", "STATE_FILE"]
)
def test_what_production_needs_has_no_default(checkout, name):
    started = start(checkout, without(name))

    assert started.returncode == 1
    assert f"Set {name} in the environment: DEBUG is off" in started.stderr


def test_secrets_may_stand_in_files(checkout):
    (checkout / "key").write_text("from-a-file\n")
    (checkout / "database").write_text("postgres://booon:canary@db.test:5432/booon\n")
    files = {
        "SECRET_KEY_FILE": str(checkout / "key"),
        "DATABASE_URL_FILE": str(checkout / "database"),
    }

    started = start(
        checkout,
        without("SECRET_KEY") | files,
        "s.SECRET_KEY, s.DATABASES['default']['HOST'], s.DATABASES['default']['PASSWORD']",
    )

    assert started.stdout.split() == ["from-a-file", "db.test", "canary"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FIELD_KEYS_FILE": "key"}, "Set FIELD_KEYS or FIELD_KEYS_FILE, not both."),
        ({"EMAIL_URL_FILE": "no-such-canary"}, "EMAIL_URL_FILE can't be read: FileNotFoundError."),
        ({"EMAIL_URL_FILE": "empty"}, "EMAIL_URL_FILE names an empty file."),
    ],
)
def test_file_that_can_not_be_meant_is_refused(checkout, variables, said):
    (checkout / "key").write_text(PRODUCTION["FIELD_KEYS"])
    (checkout / "empty").write_text("\n")

    started = start(checkout, PRODUCTION | variables)

    assert started.returncode == 1
    assert said in started.stderr
    assert "canary" not in started.stderr


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"DATABASE_POOL": "true"}, "booon-console web"),
        ({}, "booon-console python"),
        ({"DATABASE_URL": "postgres://db.test/booon?application_name=mine"}, "mine"),
    ],
)
def test_connections_bear_the_name_of_their_process(checkout, variables, name):
    variables = PRODUCTION | {"DATABASE_URL": "postgres://db.test/booon"} | variables

    started = start(checkout, variables, "s.DATABASES['default']['OPTIONS']['application_name']")

    assert started.stdout.strip() == name


FORMS = {
    "DATABASE_URL": "DATABASE_URL must be postgres://user:password@host:5432/name, or sqlite:",
    "EMAIL_URL": "EMAIL_URL must be smtp://, smtp+tls:// or smtp+ssl://user:password@host:port.",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres//u:pw-Canary@h/booon"),
        ("DATABASE_URL", "postgres://u:pw#Can/ary-Canary@h:54x/x"),
        ("DATABASE_URL", "postgres://u:Canary/pw@h/x"),
        ("DATABASE_URL", "postgres://u:12#Canary@h/x"),
        ("DATABASE_URL", "mysql://u:pw-Canary@h/x"),
        ("DATABASE_URL", "Canary"),
        ("DATABASE_URL", "postgres://"),
        ("EMAIL_URL", "smtp//x:pw-Canary@h"),
        ("EMAIL_URL", "smtp://x:pw#Canary@h:2x"),
    ],
)
def test_address_that_can_not_be_read_is_named_and_nothing_of_it_is_said(checkout, name, value):
    """The journal keeps what a process says as it starts."""
    started = start(checkout, PRODUCTION | {name: value})

    assert started.returncode == 1
    assert started.stderr.splitlines()[-1].endswith("are percent-encoded.")
    assert FORMS[name] in started.stderr
    assert "anary" not in started.stderr + started.stdout and "pw" not in started.stderr
