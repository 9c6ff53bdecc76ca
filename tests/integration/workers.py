"""The console's own processes for tests, on a database of theirs."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from tests.integration.processes import children, group_of, members, wait_for

SERVER = os.environ.get("TEST_DATABASE_URL", "")


def environment(database_url: str, **more: str) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "booon_console.settings",
        "DEBUG": "true",
        "DATABASE_URL": database_url,
        "STATE_FILE": str(settings.STATE_FOLDER / f"{Path(urlsplit(database_url).path).name}.json"),
        **more,
    }


def ask(database_url: str, sql: str) -> list[Any]:
    if SERVER:
        with psycopg.connect(database_url, autocommit=True) as server:
            cursor = server.execute(sql)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []
    file = sqlite3.connect(urlsplit(database_url).path, timeout=10, isolation_level=None)
    try:
        return file.execute(sql).fetchall()
    finally:
        file.close()


def new_database(url: str) -> str:
    """An empty one."""
    if SERVER:
        drop(url)
        ask(SERVER, f'CREATE DATABASE "{urlsplit(url).path[1:]}"')
    return url


def drop(url: str) -> None:
    if SERVER:
        ask(SERVER, f'DROP DATABASE IF EXISTS "{urlsplit(url).path[1:]}" WITH (FORCE)')


# django-q's workers, its sentinel, pusher, monitor and main process, and our guard.
WHOLE = settings.Q_CLUSTER["workers"] + 5


class Workers:
    """A supervisor in a process group of its own, as a terminal would start it."""

    def __init__(
        self, database_url: str, *options: str, code: Path = settings.BASE_DIR, **more: str
    ) -> None:
        self.database_url = database_url
        self.process = subprocess.Popen(
            [sys.executable, str(code / "manage.py"), "workers", *options],
            cwd=code,
            env=environment(database_url, **more),
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def group(self) -> int:
        """The cluster's. 0 while there is none."""
        leaders = (pid for pid in children(self.process.pid) if group_of(pid) == pid)
        return next(leaders, 0)

    def main(self) -> int:
        """The cluster's main process."""
        return next(pid for pid in children(self.process.pid) if group_of(pid) != pid)

    def beats(self) -> list[Any]:
        return ask(self.database_url, "SELECT id FROM integration_worker WHERE beat_at IS NOT NULL")

    def wait_for_beat(self) -> int:
        """Returns the group that beats, whole."""
        wait_for(lambda: self.beats() and len(members(self.group())) == WHOLE, 60)
        return self.group()

    def wait_for_another_than(self, group: int) -> int:
        wait_for(lambda: self.group() not in {0, group}, 60)
        assert members(group) == []
        return self.wait_for_beat()

    def end(self) -> str:
        """What it said."""
        if self.process.poll() is None:
            group = self.group()
            self.process.kill()
            wait_for(lambda: not group or members(group) == [])
        return self.process.communicate()[1]
