"""The demo's children: logged, watched, stopped; and the signals that end it."""

import signal

import pytest

from integration.demo.journey import Journey
from integration.demo.processes import Interrupted, Signals
from integration.demo.telling import NotSeen


def said(journey: Journey, name: str) -> str:
    log = journey.directory / f"{name}.log"
    return log.read_text() if log.exists() else ""


def test_what_a_child_says_is_in_its_log(journey: Journey) -> None:
    journey.processes.start("talker", "/bin/sh", "-c", "echo one; echo two >&2; sleep 60")

    journey.wait(lambda: said(journey, "talker"), lambda text: "two" in text, "both lines")

    assert said(journey, "talker") == "one\ntwo\n"


def test_a_child_that_ends_by_itself_is_noticed_by_name(journey: Journey) -> None:
    journey.processes.start("web", "/bin/false")

    with pytest.raises(NotSeen, match="web to stay up.* web.log says why"):
        journey.wait(lambda: False, bool, "nothing that will ever be")


def test_a_child_that_will_not_stop_is_killed_when_the_second_signal_comes(
    journey: Journey, signals: Signals
) -> None:
    journey.processes.start("deaf", "/bin/sh", "-c", "trap '' TERM; echo up; sleep 60")
    journey.wait(lambda: said(journey, "deaf"), bool, "its trap is set")
    signals.is_stopping = True

    signal.raise_signal(signal.SIGINT)
    journey.processes.stop(signals)

    assert journey.processes.running == {}


def test_the_first_signal_interrupts_and_the_next_only_hurry(signals: Signals) -> None:
    with pytest.raises(Interrupted) as why:
        signal.raise_signal(signal.SIGTERM)
    assert why.value.signum == signal.SIGTERM

    signal.raise_signal(signal.SIGINT)

    assert signals.is_hurried


def test_a_command_that_fails_is_told_with_its_exit_code(journey: Journey) -> None:
    with pytest.raises(NotSeen, match="`manage.py no_such_command` to end with exit 0, saw exit 1"):
        journey.processes.command("no_such_command")

    assert "no_such_command" in (journey.directory / "commands.log").read_text()
