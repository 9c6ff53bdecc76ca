"""The console and its EasyEcom as child processes, each in a process group of its own.

They are killed by pid, started again when they have ended, and carry the run's mark in their
environment, so that whatever is left of them at the end is found.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

from integration.worker.process_group import ProcessGroup
from tests.faults.points import FOLDER_VARIABLE, SABOTAGE_VARIABLE
from tests.faults.postgres import WITH_LOG
from tests.integration.processes import children, group_of

TOP = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(TOP / "manage.py")]
MARK = "TRUST_RUN"
SPOILERS = (FOLDER_VARIABLE, SABOTAGE_VARIABLE)
# A cluster that hangs is replaced after this many seconds; the console's own default is 75.
SILENCE = 45
COMMAND_SECONDS = 150

# Short waits, so that a run of minutes sees what otherwise takes a day.
HASTE = {
    "EASYECOM_TIMEOUT": "3",
    "SYNC_LEASE": "6",
    "IN_DOUBT_DELAYS": "1,1,2",
    "RETRY_DELAYS": "0.5,1,2",
}


class Child:
    """One command that is kept running, unless it is held down."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self.command, self.folder = name, command, folder
        self.group: ProcessGroup | None = None
        self.starts = 0

    @property
    def pid(self) -> int:
        return self.group.pid if self.group else 0

    def start(self, env: Mapping[str, str]) -> None:
        log = str(self.folder / f"{self.name}.log")
        self.group = ProcessGroup([*WITH_LOG, log, *self.command], env)
        self.starts += 1

    def is_alive(self) -> bool:
        return self.group is not None and self.group.is_alive()

    def kill(self) -> None:
        """SIGKILL to its group."""
        if self.group is not None:
            self.group.kill()
            self.group = None


class Children:
    """Web server, workers and their environment. `keep` starts what has ended."""

    def __init__(self, database_url: str, easyecom: str, web_port: int, workers: int = 1) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="booon-trust-"))
        (self.folder / "armed").mkdir()
        (self.folder / "hits").touch()
        self.read = 0
        self.mark = secrets.token_hex(8)
        self.address = f"http://127.0.0.1:{web_port}"
        self.env = (
            os.environ
            | HASTE
            | {
                "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
                "DATABASE_URL": database_url,
                "DEBUG": "false",
                "SECRET_KEY": secrets.token_urlsafe(48),
                "FIELD_KEYS": Fernet.generate_key().decode(),
                "ALLOWED_HOSTS": "127.0.0.1",
                "PUBLIC_URL": self.address,
                "EASYECOM_BASE_URL": easyecom,
                "EASYECOM_CARRIER_ID": "7042",
                "EASYECOM_CARRIER_USERNAME": "booon-carrier",
                "EASYECOM_CARRIER_PASSWORD": secrets.token_urlsafe(12),
                "EASYECOM_MARKETPLACE_ID": "61",
                "BOOON_ENVIRONMENT": "trust",
                "STATE_FILE": str(self.folder / "state.json"),
                "STAFF_MFA": "false",
                "LOG_LEVEL": "WARNING",
                FOLDER_VARIABLE: str(self.folder),
                MARK: self.mark,
            }
        )
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"]
        granian += ["--host", "127.0.0.1", "--port", str(web_port), "--working-dir", str(TOP)]
        self.web = Child("web", [*granian, "booon_console.wsgi:application"], self.folder)
        command = [*MANAGE, "workers", "--silence", str(SILENCE)]
        self.workers = [Child(f"workers-{n}", command, self.folder) for n in range(1, workers + 1)]
        self.lock = threading.RLock()
        self.stopped: dict[int, float] = {}
        self.is_over = threading.Event()
        self.keeper = threading.Thread(target=self.keep_on, daemon=True)

    @property
    def all(self) -> list[Child]:
        return [self.web, *self.workers]

    def start(self) -> None:
        with self.lock:
            for child in self.all:
                child.start(self.env)
        self.keeper.start()

    def keep_on(self) -> None:
        while not self.is_over.wait(0.1):
            self.keep()

    def keep(self) -> None:
        """Start what has ended, and let go on what has been stopped for long enough."""
        with self.lock:
            for child in self.all:
                if not child.is_alive():
                    child.kill()
                    child.start(self.env)
            for pid, until in list(self.stopped.items()):
                if time.monotonic() >= until:
                    del self.stopped[pid]
                    send(pid, signal.SIGCONT)

    def restart(self, **variables: str) -> None:
        """All at once, as a deployment does, with other settings."""
        with self.lock:
            self.env = self.env | variables
            for child in self.all:
                child.kill()
                child.start(self.env)

    def pause(self, pid: int, seconds: float) -> None:
        with self.lock:
            if send(pid, signal.SIGSTOP):
                self.stopped[pid] = time.monotonic() + seconds

    def will_go_on(self, pid: int, seconds: float) -> None:
        """For one that has stopped itself."""
        with self.lock:
            self.stopped[pid] = time.monotonic() + seconds

    def go_on(self) -> None:
        with self.lock:
            for pid in list(self.stopped):
                send(pid, signal.SIGCONT)
            self.stopped.clear()

    def pids(self, role: str, n: int = 0) -> list[int]:
        """The processes of a role now: web, web_worker, supervisor, cluster, idle workers."""
        with self.lock, suppress(OSError, StopIteration, ValueError):
            if role == "web":
                return [self.web.pid]
            if role == "web_worker":
                return children(self.web.pid)[-1:]
            supervisor = self.workers[n % len(self.workers)].pid
            if role == "supervisor":
                return [supervisor]
            main = next(pid for pid in children(supervisor) if group_of(pid) != pid)
            if role == "cluster":
                return [main]
            [sentinel] = children(main)
            return children(sentinel)
        return []

    def command(
        self, *arguments: str, code: str = "", is_honest: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """`manage.py …` in the foreground: an honest build without failpoints, or that of the
        others."""
        spoilers = SPOILERS if is_honest else ()
        env = {name: value for name, value in self.env.items() if name not in spoilers}
        with open(self.folder / "commands.log", "a") as log:
            return subprocess.run(
                [*MANAGE, *arguments, *(["-c", code] if code else [])],
                cwd=TOP,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                timeout=COMMAND_SECONDS,
            )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """`manage.py …` in the background, where failpoints may hit it."""
        with open(self.folder / "commands.log", "a") as log:
            return subprocess.Popen(
                [*MANAGE, *arguments],
                cwd=TOP,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def arm(self, key: str, action: str, passes: int = 0) -> None:
        order = self.folder / "armed" / f".new.{key}"
        order.write_text(json.dumps({"action": action, "passes": passes}))
        os.rename(order, self.folder / "armed" / key)

    def armed(self) -> list[str]:
        return [path.name for path in (self.folder / "armed").iterdir() if path.name[0] != "."]

    def disarm(self) -> list[str]:
        """What was never hit."""
        left = self.armed()
        for name in left:
            (self.folder / "armed" / name).unlink(missing_ok=True)
        return left

    def new_hits(self) -> list[dict[str, Any]]:
        """Those since the last time."""
        lines = (self.folder / "hits").read_text().splitlines()
        new, self.read = lines[self.read :], len(lines)
        return [json.loads(line) for line in new]

    def said(self) -> str:
        """The ends of their logs, for a failure's message."""
        ends = {path.name: path.read_text()[-1500:] for path in self.folder.glob("*.log")}
        return "\n".join(f"--- {name}\n{end}" for name, end in sorted(ends.items()))

    def end(self) -> None:
        self.is_over.set()
        if self.keeper.is_alive():
            self.keeper.join(10)
        with self.lock:
            self.go_on()
            for child in self.all:
                child.kill()


def send(pid: int, signum: signal.Signals) -> bool:
    """False when nobody has that pid."""
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return False
    return pid > 0


def strays(mark: str, seconds: float = 5) -> list[int]:
    """Processes that still carry a run's mark after so long."""
    give_up_at = time.monotonic() + seconds
    while found := carriers(f"{MARK}={mark}".encode()):
        if time.monotonic() > give_up_at:
            return found
        time.sleep(0.1)
    return []


def carriers(mark: bytes) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes() and group_of(int(path.parent.name)) is not None:
                found.append(int(path.parent.name))
    return found
