"""A PostgreSQL server of the harness's own, in a folder that is thrown away: it may be crashed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from integration.worker.process_group import ProcessGroup
from tests.integration.served import free_port
from tests.postgres_answers import answers

OWNER = "postgres"
# Debian's place for what is not on the path.
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
SETTINGS = ["-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=64MB"]
START_SECONDS = 60
# The shell gives the log its place as the output, and its own place to the command.
WITH_LOG = ["/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1']


def binary(name: str) -> str:
    """Raises FileNotFoundError where PostgreSQL's server is not installed."""
    found = shutil.which(name) or next(
        (str(folder / name) for folder in reversed(BINARIES) if (folder / name).exists()), None
    )
    if found is None:
        raise FileNotFoundError(f"{name}: install PostgreSQL's server, the harness crashes one.")
    return found


def as_owner() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", "--"]


class Postgres:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="booon-trust-pg-"))
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam(OWNER).pw_uid, -1)
        self.data, self.port = self.folder / "data", free_port()
        run(binary("initdb"), "-D", self.data, "-U", OWNER, "-A", "trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://{OWNER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """In a process group whose guard ends it when the harness ends, however that ends."""
        options = [*SETTINGS, "-p", str(self.port), "-k", str(self.folder)]
        server = [*as_owner(), binary("postgres"), "-D", str(self.data), *options]
        self.group = ProcessGroup([*WITH_LOG, str(self.folder / "log"), *server], os.environ)
        give_up_at = time.monotonic() + START_SECONDS
        while not answers(self.url):
            if time.monotonic() > give_up_at or not self.group.is_alive():
                raise TimeoutError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, mode: str) -> None:
        """`fast` ends every connection, `immediate` is a crash: the next start recovers."""
        run(binary("pg_ctl"), "-D", self.data, "-m", mode, "-w", "stop")
        self.group.kill()

    def do(self, statement: str, *values: Any) -> int:
        """One statement; how many rows it touched."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement, values).rowcount  # type: ignore[arg-type]

    def remove(self) -> None:
        self.group.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def run(*command: str | Path) -> None:
    subprocess.run(
        [*as_owner(), *command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
