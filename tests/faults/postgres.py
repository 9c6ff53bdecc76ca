"""A PostgreSQL server of the harness's own, in a folder that is thrown away: it may be crashed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.integration.served import free_port

OWNER = "postgres"
# Debian's place for what is not on the path.
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
SETTINGS = "-c listen_addresses=127.0.0.1 -c max_connections=100 -c shared_buffers=64MB"


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
    return ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []


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
        options = f"{SETTINGS} -p {self.port} -k {self.folder}"
        log = self.folder / "log"
        run(binary("pg_ctl"), "-D", self.data, "-o", options, "-l", log, "-w", "-t", "60", "start")

    def stop(self, mode: str) -> None:
        """`fast` ends every connection, `immediate` is a crash: the next start recovers."""
        run(binary("pg_ctl"), "-D", self.data, "-m", mode, "-w", "stop")

    def do(self, statement: str, *values: Any) -> int:
        """One statement; how many rows it touched."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement, values).rowcount  # type: ignore[arg-type]

    def remove(self) -> None:
        subprocess.run(
            [*as_owner(), binary("pg_ctl"), "-D", self.data, "-m", "immediate", "stop"],
            cwd="/",
            capture_output=True,
        )
        shutil.rmtree(self.folder, ignore_errors=True)


def run(*command: str | Path) -> None:
    # pg_ctl leaves a server behind that would hold a pipe open: what it says goes nowhere.
    subprocess.run(
        [*as_owner(), *command],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
