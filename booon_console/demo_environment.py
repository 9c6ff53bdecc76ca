"""The surroundings of `manage.py demo`, made before settings load; standard library alone.

Each run has a directory of its own under .demo/, for its fresh database and its logs. Its secrets
live in the environment of its processes only and are written nowhere.
"""

import base64
import fcntl
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

from booon_console import env_file

DEMO_DIR = Path(__file__).resolve().parent.parent / ".demo"
RUN_VARIABLE = "BOOON_DEMO_RUN"
PORTS = (8000, 8100, 8200)  # web, sandbox and Booon's receiver, where they are free

# All that is kept of the surroundings: whatever DATABASE_URL or credentials somebody has
# exported must not reach a demo. DEBUG=false keeps a developer's .env out as well.
KEPT_NAMES = {"PATH", "HOME", "USER", "LANG", "TERM", "TMPDIR", "COLUMNS"}
KEPT_PREFIXES = ("LC_", "LD_", "DYLD_", "PYTHON")

# Held until this process ends, which tells other demos that the run's directory is in use.
held: list[IO[str]] = []


def enter() -> None:
    """Make this process, and all it starts, those of a new demo run."""
    run = new_run(DEMO_DIR)
    # A run that ends by itself stays off the ports that a person expects something at.
    web, sandbox, booon = free_ports((0, 0, 0) if "--once" in sys.argv else PORTS)
    surroundings = {name: value for name, value in os.environ.items() if is_kept(name)}
    os.environ.clear()
    os.environ.update(surroundings | variables(run, web, sandbox, booon))


def run_directory(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where this run keeps its database and logs; None outside a demo."""
    return Path(environ[RUN_VARIABLE]) if RUN_VARIABLE in environ else None


def is_kept(name: str) -> bool:
    return name in KEPT_NAMES or name.startswith(KEPT_PREFIXES)


def variables(run: Path, web: int, sandbox: int, booon: int) -> dict[str, str]:
    return {
        RUN_VARIABLE: str(run),
        "DJANGO_SETTINGS_MODULE": "booon_console.settings",
        "DEBUG": "false",
        "BOOON_ENVIRONMENT": "demo",
        "STAFF_MFA": "false",
        "STATE_FILE": str(run / "state.json"),
        "SECRET_KEY": env_file.new_secret_key(),
        "FIELD_KEYS": env_file.new_field_key(),
        "DATABASE_URL": f"sqlite:///{quote(str(run / 'db.sqlite3'))}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "BOOON_WEBHOOK_URL": f"http://127.0.0.1:{booon}/changes",
        "BOOON_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "EASYECOM_BASE_URL": f"http://127.0.0.1:{sandbox}",
        "EASYECOM_CARRIER_ID": "7042",
        "EASYECOM_CARRIER_USERNAME": "booon-carrier",
        "EASYECOM_CARRIER_PASSWORD": secrets.token_urlsafe(16),
        "EASYECOM_MARKETPLACE_ID": "61",
        # Short clocks, so that what takes a day is seen in a minute: 18 seconds to be late.
        "IN_DOUBT_DELAYS": "1,2,3",
        "AWB_LIMIT_HOURS": "0.005",
        "MANIFEST_LIMIT_HOURS": "0.005",
        # And a long one, so that what can't be reached stays to be seen.
        "RETRY_DELAYS": "900",
    }


def new_run(directory: Path) -> Path:
    """A directory for one run; those of runs that have ended are deleted."""
    directory.mkdir(mode=0o700, exist_ok=True)
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for old in directory.glob("run-*"):
            if not is_in_use(old):
                shutil.rmtree(old, ignore_errors=True)
        run = Path(tempfile.mkdtemp(prefix="run-", dir=directory))
        mine = open(run / "lock", "w")  # noqa: SIM115
        fcntl.flock(mine, fcntl.LOCK_EX)
        held.append(mine)
    return run


def is_in_use(run: Path) -> bool:
    try:
        with open(run / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def free_ports(wanted: tuple[int, ...]) -> list[int]:
    """Those wanted, each exchanged for any free one where it is taken (or 0)."""
    sockets = [listener(port) for port in wanted]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def listener(port: int) -> socket.socket:
    found = socket.socket()
    # As servers do: what a server that has just ended leaves behind does not count as taken.
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
        found.listen()
    except OSError:
        found.close()
        return listener(0)
    return found
