"""A PostgreSQL database as a file, and back; the password stands in no process's arguments."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Parameters = Mapping[str, Any]


class Failed(Exception):
    """What the program said."""


def dump(database: Parameters, file: Path) -> None:
    """Whole or not at all: the file is there once it could be read. Raises Failed."""
    partial = file.with_name(f"{file.name}.partial")
    partial.touch(mode=0o600)
    run(database, "pg_dump", "--format=custom", "--no-owner", f"--file={partial}")
    run(database, "pg_restore", "--list", str(partial))
    partial.replace(file)


def restore(database: Parameters, file: Path) -> None:
    """Into a database without tables. Raises Failed."""
    options = ["--no-owner", "--exit-on-error", "--single-transaction"]
    run(database, "pg_restore", *options, f"--dbname={database['NAME']}", str(file))


def run(database: Parameters, *command: str) -> None:
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    names["NAME"] = "PGDATABASE"
    given = {to: str(database[name]) for name, to in names.items() if database.get(name)}
    try:
        ended = subprocess.run(command, env=os.environ | given, capture_output=True, text=True)
    except FileNotFoundError:
        raise Failed(f"{command[0]} is not installed (postgresql-client).") from None
    if ended.returncode:
        raise Failed(f"{command[0]}: {ended.stderr.strip()}")
