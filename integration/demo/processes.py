"""The demo's child processes: started with a log each, watched, and ended with all that is theirs.

Each is in a process group of its own whose guard kills it when the demo dies, even by SIGKILL.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from django.conf import settings

from integration.demo.telling import NotSeen
from integration.worker.process_group import ProcessGroup

# The shell gives the log its place as the output, and its own place to the command.
WITH_LOG = ["/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1']
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
WORKERS = "workers"
STOP_SECONDS = 20.0
COMMAND_SECONDS = 150.0


class Interrupted(BaseException):
    """Somebody asked the demo to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class Signals:
    """The first signal interrupts whatever goes on; those after it only hurry the stopping."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.is_hurried = False
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self.note)

    def note(self, signum: int, frame: FrameType | None) -> None:
        if self.is_stopping:
            self.is_hurried = True
            return
        self.is_stopping = True
        raise Interrupted(signum)


class Processes:
    """Sandbox, web and workers; and the commands that run to their end."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: dict[str, ProcessGroup] = {}

    def start(self, name: str, *command: str) -> None:
        log = self.directory / f"{name}.log"
        self.running[name] = ProcessGroup([*WITH_LOG, str(log), *command], os.environ)

    @contextmanager
    def without_workers(self) -> Iterator[None]:
        group = self.running.pop(WORKERS)
        group.ask_to_stop()
        give_up_at = time.monotonic() + STOP_SECONDS
        while group.is_alive() and time.monotonic() < give_up_at:
            time.sleep(0.05)
        group.kill()
        yield
        self.start_workers()

    def start_workers(self) -> None:
        self.start(WORKERS, *MANAGE, WORKERS)

    def check(self) -> None:
        """Raises NotSeen when one of them has ended by itself."""
        for name, group in self.running.items():
            if not group.is_alive():
                raise NotSeen(f"{name} to stay up", f"that it ended; {name}.log says why")

    def command(self, *arguments: str, exit_code: int = 0, **variables: str) -> str:
        """What `manage.py …` prints. Raises NotSeen when it does not end as it should."""
        shown = f"`manage.py {' '.join(arguments[:1])}`"
        with open(self.directory / "commands.log", "a") as log:
            try:
                ended = subprocess.run(
                    [*MANAGE, *arguments],
                    env=os.environ | variables,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    timeout=COMMAND_SECONDS,
                    process_group=0,
                )
            except subprocess.TimeoutExpired:
                raise NotSeen(f"{shown} to end", f"nothing in {COMMAND_SECONDS:.0f} s") from None
        if ended.returncode != exit_code:
            seen = f"exit {ended.returncode}; commands.log says why"
            raise NotSeen(f"{shown} to end with exit {exit_code}", seen)
        return ended.stdout

    def stop(self, signals: Signals) -> None:
        """Asks all to stop, lets them finish, and kills what is left."""
        signals.is_stopping = True
        for group in self.running.values():
            group.ask_to_stop()
        give_up_at = time.monotonic() + STOP_SECONDS
        while any(group.is_alive() for group in self.running.values()):
            if signals.is_hurried or time.monotonic() > give_up_at:
                break
            time.sleep(0.05)
        for group in self.running.values():
            group.kill()
        self.running.clear()


def web_server(host: str, port: int) -> Sequence[str]:
    """As `make run` starts it."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
        *("--host", host, "--port", str(port), "--working-dir", str(settings.BASE_DIR)),
        "booon_console.wsgi:application",
    ]
