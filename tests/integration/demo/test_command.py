"""How the demo ends when a step does not hold."""

import io
import os
import signal
import threading
from collections.abc import Callable

import pytest
from django.conf import settings

from integration.demo.journey import Journey
from integration.demo.processes import Signals
from integration.demo.telling import expect
from integration.management.commands.demo import Command

KEY = "a-key-to-try"
OneStep = Callable[[Callable[[Journey], None]], None]


@pytest.fixture
def stderr() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def command(journey: Journey, stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr(settings, "BASE_DIR", journey.directory.parent)
    return Command(stderr=stderr, no_color=True)


def test_a_step_that_does_not_hold_ends_it_with_what_was_expected_and_seen(
    command: Command, journey: Journey, stderr: io.StringIO, one_step: OneStep
) -> None:
    one_step(lambda _: expect(False, "3 registrations", 4))

    with pytest.raises(SystemExit) as end:
        command.run_story(journey)

    said = stderr.getvalue()
    assert end.value.code == 1
    assert "Step 1 did not hold: the only step" in said
    assert "expected  3 registrations" in said
    assert "seen      4" in said
    assert f"{journey.directory.name}/*.log" in said


def test_a_surprise_is_told_by_name_and_kept_in_the_log(
    command: Command, journey: Journey, stderr: io.StringIO, one_step: OneStep
) -> None:
    def stumble(_: Journey) -> None:
        raise KeyError("a token, maybe")

    one_step(stumble)

    with pytest.raises(SystemExit):
        command.run_story(journey)

    assert "KeyError, told in demo.log" in stderr.getvalue()
    assert "a token" not in stderr.getvalue()
    assert "in stumble" in (journey.directory / "demo.log").read_text()


def test_a_story_that_holds_says_how_long_its_steps_took(
    command: Command, journey: Journey, told: io.StringIO, one_step: OneStep
) -> None:
    one_step(lambda journey: journey.teller.rows(("BN-1", "received"), ("BN-10", "manifested")))

    command.run_story(journey)

    lines = [line.strip() for line in told.getvalue().splitlines()]
    assert "[  0.0 s] Step 1 of 1: the only step" in lines
    assert "BN-1   received" in lines
    assert "seen to hold, step took 0.0 s" in lines
    assert lines[-1] == "All 1 steps were seen to hold."


def test_it_stays_up_with_its_addresses_and_log_in_until_it_is_interrupted(
    command: Command, journey: Journey, told: io.StringIO, signals: Signals
) -> None:
    ctrl_c = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    ctrl_c.start()

    command.stay(journey, KEY)

    assert f"{settings.PUBLIC_URL}/admin/" in told.getvalue()
    assert "demo-admin / a-password" in told.getvalue()
    assert f"BOOON_CONSOLE_KEY={KEY}\n" in told.getvalue()
    assert f"{settings.EASYECOM_BASE_URL}/" in told.getvalue()
    assert signals.is_stopping


def test_a_part_that_dies_while_it_stays_up_ends_it(
    command: Command, journey: Journey, stderr: io.StringIO
) -> None:
    journey.processes.start("sandbox", "/bin/false")

    with pytest.raises(SystemExit):
        command.stay(journey, KEY)

    assert "sandbox to stay up" in stderr.getvalue()
