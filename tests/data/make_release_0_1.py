"""Makes release_0_1.json.gz: a database of release 0.1 as it was left, with work still in it.

It is run by the code of that time, not by today's:

    git worktree add ../release-0.1 93b2d4a && cd ../release-0.1
    make setup && .venv/bin/python ../console/tests/data/make_release_0_1.py out.json.gz

The demo is told on a database of its own under the keys of tests/settings.py. Then its workers
stop, and more comes in that nobody has done yet. Buyers, sellers and secrets are the demo's.
"""

# ruff: noqa: E402
import gzip
import json
import os
import sqlite3
import sys
from io import StringIO
from pathlib import Path
from typing import Any

sys.path.insert(0, os.getcwd())

from booon_console import demo_environment, env_file

# Those of tests/settings.py, so that the tests can read what is encrypted and signed.
env_file.new_secret_key = lambda: "tests-only-" + "k" * 50
env_file.new_field_key = lambda: "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0="
sys.argv = ["demo", "--once", *sys.argv[1:]]
demo_environment.enter()

import django

django.setup()

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django_q.models import OrmQ
from integration.demo.players import TEXTILES
from integration.demo.purchases import ARJUN, MEERA, PURCHASES, Purchase
from integration.engine.broker import enqueue

from integration import jobs
from integration.management.commands.demo import Command, Signals
from integration.models import BulkRun
from sellers import second_factor
from sellers.models import StaffScope

UNSENT = Purchase("BN-1009", TEXTILES, 0, "cod", MEERA, (("KURTA-INDIGO", 1),))
ANOTHER = Purchase("BN-1010", TEXTILES, 1, "prepaid", ARJUN, (("SAREE-RANI", 1),))
HALFWAY = next(each for each in PURCHASES if each.number == "BN-1007")
STAFF = {"username": "ravi", "password": "release-0.1-password"}
# Rows of these say what `migrate` did; they are what the tests migrate to, not what they load.
NOT_ROWS = {"django_migrations", "sqlite_sequence"}


def main(out: Path) -> None:
    directory = demo_environment.run_directory()
    command = Command()
    journey = command.journey(directory)
    signals = Signals()
    try:
        command.tell(journey)
    finally:
        journey.processes.stop(signals)
        journey.booon.stop()
    known = leave_work(journey)
    connection.close()
    kept = {
        "made_at": django.utils.timezone.now().isoformat(),
        "known": known,
        "state_file": json.loads(Path(settings.STATE_FILE).read_text()),
        "migrations": leaves(),
        "tables": tables(settings.DATABASES["default"]["NAME"]),
    }
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    out.write_bytes(gzip.compress(text.encode(), mtime=0))


def leave_work(journey: Any) -> dict[str, Any]:
    """What comes in while no worker is there. Returns what the tests could not read from rows."""
    platform = Client(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"Bearer {new_key()}")
    key = platform.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    cursor = platform.get("/api/v1/changes/", {"limit": 100}).json()["cursor"]
    for purchase in (UNSENT, ANOTHER):
        put(platform, purchase.path, purchase.body(journey.began_at), 201)
    put(platform, f"{HALFWAY.path}shipment/", HALFWAY.shipment(), 200)
    webhook = journey.onboarded[TEXTILES.keys[0]]["webhooks"]["inventory"]
    endpoint = {"path": "/" + webhook["url"].split("/", 3)[3], "token": webhook["token"]}
    level = {"sku": "SAREE-IVORY", "inventory": 41}
    body = {"inventoryData": [{**level, "location_key": TEXTILES.keys[0]}]}
    answer = Client(SERVER_NAME="127.0.0.1").post(
        endpoint["path"],
        body,
        content_type="application/json",
        headers={"Access-Token": endpoint["token"]},
    )
    assert answer.status_code == 200, answer.content
    people = make_staff()
    queue_all()
    given = {each.number: each.body(journey.began_at) for each in (UNSENT, ANOTHER)}
    return {"api_key": key, "cursor": cursor, "webhook": endpoint, "given": given, **people}


def new_key() -> str:
    said = StringIO()
    call_command("create_api_key", "of before", stdout=said)
    return said.getvalue().strip()


def put(platform: Client, path: str, body: Any, status: int) -> None:
    answer = platform.put(f"/api/v1{path}", body, content_type="application/json")
    assert answer.status_code == status, answer.content


def make_staff() -> dict[str, Any]:
    """An Operator who sees one seller and has a second factor; a session, a wrong password, a
    change in the admin's own log, a run that was started and one that was not."""
    ravi = User.objects.create_user(**STAFF, email="ravi@booon.example", is_staff=True)
    ravi.groups.set(Group.objects.filter(name="Operator"))
    kept = StaffScope.objects.create(user=ravi)
    kept.sellers.set(kept.sellers.model.objects.filter(code=TEXTILES.code))
    spare = second_factor.confirm(second_factor.of(ravi))
    mala = User.objects.create_superuser("mala", "mala@booon.example", "release-0.1-admin")
    browser = Client(SERVER_NAME="127.0.0.1")
    login = "/admin/login/?next=/admin/"
    browser.post(login, {"username": "nobody", "password": "wrong"})
    assert browser.post(login, STAFF).status_code == 302
    admin = Client(SERVER_NAME="127.0.0.1")
    admin.force_login(mala, "django.contrib.auth.backends.ModelBackend")
    change = {"password1": "release-0.1-changed", "password2": "release-0.1-changed"}
    clerk = User.objects.create_user("clerk", password="x", is_staff=True)
    clerk.groups.set(Group.objects.filter(name="Viewer"))
    changed = admin.post(f"/admin/auth/user/{clerk.pk}/password/", change)
    assert changed.status_code == 302, changed.content
    for _ in range(2):
        frozen = admin.post("/admin/integration/order/bulk/?q=BN")
        assert frozen.status_code == 302, frozen.content
    run = BulkRun.objects.first()
    started = admin.post(
        f"/admin/integration/bulkrun/{run.pk}/start/", {"reason": "Again, please."}
    )
    assert started.status_code == 302, started.content
    return {"staff": STAFF | {"spare_code": spare[0]}, "session": browser.session.session_key}


def queue_all() -> None:
    """Every task there is, as its schedule or a wake-up queues it."""
    OrmQ.objects.all().delete()
    drains = ["outbox", "inbox", "announcements", "bulk"]
    for task in [*(f"drain_{kind}" for kind in drains), "beat", *jobs.SCHEDULES]:
        enqueue(f"integration.jobs.{task}")


def leaves() -> list[list[str]]:
    """The last migration of each app."""
    return sorted(map(list, MigrationLoader(None).graph.leaf_nodes()))


def tables(file: str) -> dict[str, Any]:
    """Columns and rows of each, as they are stored; bytes as {"hex": …}."""
    with sqlite3.connect(file) as rows:
        names = [
            name
            for (name,) in rows.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]
        return {
            name: content(rows.execute(f'SELECT * FROM "{name}" ORDER BY 1'))
            for name in names
            if name not in NOT_ROWS
        }


def content(cursor: sqlite3.Cursor) -> dict[str, Any]:
    columns = [column for column, *_ in cursor.description]
    return {"columns": columns, "rows": [list(map(plain, row)) for row in cursor]}


def plain(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


main(Path(sys.argv[-1]))
