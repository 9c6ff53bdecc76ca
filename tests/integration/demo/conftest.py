"""A journey that has not begun, in a directory of the test's own."""

import io
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style

from integration.demo import story
from integration.demo.journey import Journey
from integration.demo.processes import Processes, Signals
from integration.demo.telling import Teller


@pytest.fixture
def told() -> io.StringIO:
    """What the demo has said."""
    return io.StringIO()


@pytest.fixture
def journey(tmp_path: Path, told: io.StringIO) -> Iterator[Journey]:
    """What a test has started and not stopped is killed after it."""
    teller = Teller(OutputWrapper(told), no_style(), steps=1)
    journey = Journey(teller, tmp_path, Processes(tmp_path), "a-password")
    yield journey
    for group in journey.processes.running.values():
        group.kill()
    journey.console.session.close()
    journey.sandbox.session.close()


@pytest.fixture
def signals() -> Iterator[Signals]:
    """The demo's handlers; the test run gets its own back."""
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {signum: signal.getsignal(signum) for signum in kinds}
    yield Signals()
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.fixture
def one_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Journey], None]], None]:
    """The whole story is this step."""

    def is_the_story(step: Callable[[Journey], None]) -> None:
        monkeypatch.setattr(story, "STEPS", [("the only step", step)])

    return is_the_story
