"""Secrets that a process is given by its environment: what it writes, and what `ps` shows of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from booon_console.lib import dumps
from tests.integration.processes import members

pytestmark = pytest.mark.slow

GIVEN = {
    "SECRET_KEY": "CANARY41-" + "k" * 50,
    "FIELD_KEYS": "Q0FOQVJZNDItZmllbGQta2V5LW9mLXRlc3RzLS0tLS0=,"
    "Q0FOQVJZNDMtZmllbGQta2V5LW9mLXRlc3RzLS0tLS0=",
    "METRICS_TOKEN": "CANARY44-metrics-token",
    "BOOON_WEBHOOK_SECRET": "whsec_" + "CANARY45" * 4,
    "BOOON_WEBHOOK_SECRET_OLD": "whsec_" + "CANARY46" * 4,
    "BOOON_WEBHOOK_URL": "http://127.0.0.1:1/hook?key=CANARY47",
    "EASYECOM_CARRIER_PASSWORD": "CANARY48-carrier-password",
    "ALERT_WEBHOOK_URL": "http://127.0.0.1:1/hook/CANARY49",
    "ALERT_EMAILS": "ops@booon.test",
    "EMAIL_URL": "smtp+tls://mailer:CANARY50-mail@127.0.0.1:1",
    # Nobody listens there.
    "DATABASE_URL": "postgres://booon:CANARY51-database@127.0.0.1:1/booon",
}
PLAIN = {
    "PATH": os.environ["PATH"],
    "ALLOWED_HOSTS": "console.booon.test",
    "PUBLIC_URL": "https://console.booon.test",
    "EASYECOM_CARRIER_ID": "7042",
    "EASYECOM_CARRIER_USERNAME": "booon-carrier",
    "EASYECOM_MARKETPLACE_ID": "61",
    "LOG_LEVEL": "DEBUG",
}
# As pieces: a password may be cut out of its address.
CANARIES = [
    *(f"CANARY{n}" for n in (41, 44, 45, 46, 47, 48, 49, 50, 51)),
    *("Q0FOQVJZNDI", "Q0FOQVJZNDM"),
]


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        env=PLAIN | GIVEN | {"STATE_FILE": str(folder / "state.json")},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def found_in(words: str) -> list[str]:
    return [canary for canary in CANARIES if canary.casefold() in words.casefold()]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["check", "--deploy"], "System check"),
        (["migrate"], "127.0.0.1"),
        (["send_test_alert"], "ALERT_WEBHOOK_URL"),
        (["rotate_field_keys", "--check"], "127.0.0.1"),
        (["create_api_key", "Booon"], "127.0.0.1"),
        (["verify_webhook"], "Give a BODY"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_what_goes_wrong_is_said_without_them(tmp_path, command, says):
    child = start(tmp_path, *command)
    said, _ = child.communicate(timeout=60)

    assert says in said
    assert found_in(said) == []


def test_dump_is_made_without_a_password_that_others_can_read(tmp_path, monkeypatch):
    """`ps` shows what a program was called with."""
    called = tmp_path / "called"
    tool = tmp_path / "pg_dump"
    tool.write_text(f'#!/bin/sh\necho "$*" > {called}\n[ -n "$PGPASSWORD" ] && exit 3\nexit 4\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    database = {"HOST": "127.0.0.1", "USER": "booon", "NAME": "booon", "PASSWORD": "CANARY51"}

    with pytest.raises(dumps.Failed) as failed:
        dumps.dump(database, tmp_path / "dump")

    assert "--format=custom" in called.read_text()
    assert found_in(called.read_text() + str(failed.value)) == []


def test_workers_say_that_the_database_is_away_and_show_none_of_them(tmp_path):
    child = start(tmp_path, "workers")
    assert child.stdout is not None
    said = child.stdout.readline()
    shown = [Path(f"/proc/{pid}/cmdline").read_text() for pid in members(child.pid)]
    child.terminate()
    said += child.communicate(timeout=60)[0]

    assert any("manage.py\0workers" in line for line in shown)
    assert "workers can't pulse" in said
    assert found_in(said + " ".join(shown)) == []
