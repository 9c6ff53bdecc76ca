"""A database of release 0.1 migrates, and goes on working (tests/data/make_release_0_1.py)."""

import gzip
import itertools
import json
import os
import pydoc
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings as configured
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task

from booon_console.fields import reveal
from integration.models import Binding, BulkRun, ChangeCounter, Hold, Order, StockLevel, Worker
from integration.sandbox.server import Sandbox
from integration.sync import database_guard, engine, gateway
from integration.webhooks import processing
from integration.worker import tasks
from sellers import second_factor
from sellers.models import CarrierRegistration, Location, Seller
from tests import databases
from tests.integration.processes import wait_for
from tests.integration.sandbox.helpers import calling, item
from tests.integration.workers import Workers

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

RELEASE = json.loads(
    gzip.decompress((Path(__file__).parent / "data/release_0_1.json.gz").read_bytes())
)
KNOWN = RELEASE["known"]
# Of a machine that is busy.
PATIENCE = 150
TEXTILES = "anand-textiles"
PEENYA, SURAT = "blr29488101841", "srt29488101842"
# What `migrate` puts in place anew, or more of.
# What an update may add to: permissions, and what EasyEcom's refusals are known to mean.
GROWS = {
    "auth_permission",
    "auth_group_permissions",
    "django_content_type",
    "integration_knownerror",
}
# Tables of apps that the console has no more.
GONE = {name for name in RELEASE["tables"] if name.startswith(("axes_", "django_session"))}


def load() -> None:
    """The tables as release 0.1 left them, in place of what its migrations put there."""
    labels = set(apps.app_configs)
    leaves = [tuple(leaf) for leaf in RELEASE["migrations"] if leaf[0] in labels]
    MigrationExecutor(connection).migrate(leaves)
    with connection.cursor() as cursor:
        for name in GONE:
            columns = ", ".join(f'"{each}" text' for each in RELEASE["tables"][name]["columns"])
            cursor.execute(f'CREATE TABLE "{name}" ({columns})')
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        for name in RELEASE["tables"]:
            cursor.execute(f'DELETE FROM "{name}"')
        for name, table in RELEASE["tables"].items():
            insert(cursor, name, **table)
            count_on(cursor, name)


def insert(cursor: Any, table: str, columns: list[str], rows: list[list[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(["%s"] * len(columns))
    sql = f'INSERT INTO "{table}" ({names}) VALUES ({values})'
    cursor.executemany(sql, [list(map(value_of, row)) for row in rows])


def value_of(cell: Any) -> Any:
    """As SQLite stored it. PostgreSQL is given text, and reads it as what the column holds."""
    if isinstance(cell, dict):
        return bytes.fromhex(cell["hex"])
    is_text = connection.vendor == "postgresql" and cell is not None
    return str(cell) if is_text else cell


def count_on(cursor: Any, table: str) -> None:
    """PostgreSQL counts ids by itself only while it gives them."""
    if connection.vendor != "postgresql":
        return
    for each in connection.introspection.get_sequences(cursor, table):
        column = each["column"]
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), "
            f'coalesce(max("{column}"), 0) + 1, false) FROM "{table}"'
        )


def rows_of(table: str) -> list[dict[str, Any]]:
    """As release 0.1 left them."""
    columns, rows = RELEASE["tables"][table].values()
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def upgraded(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Loaded and migrated once; each test has a copy."""
    with django_db_blocker.unblock(), databases.another() as name:
        load()
        call_command("migrate", verbosity=0)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        yield name


@pytest.fixture
def console(upgraded: str, django_db_blocker: Any, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The console on a copy of it, on the host that knew it before. Yields its database's name."""
    (binding,) = rows_of("integration_binding")
    settings.BOOON_ENVIRONMENT = binding["environment"]
    settings.EASYECOM_BASE_URL = binding["base_url"]
    settings.PUBLIC_URL = "http://127.0.0.1"
    settings.STATE_FILE = str(tmp_path / "state.json")
    Path(settings.STATE_FILE).write_text(json.dumps(RELEASE["state_file"]))
    gateway.session_of.cache_clear()
    with django_db_blocker.unblock(), databases.another(upgraded) as name:
        yield name
    gateway.session_of.cache_clear()


@pytest.fixture
def staff(console: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="mala"), configured.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def platform(console: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {KNOWN['api_key']}"})


def put(platform: Client, path: str, body: Any) -> int:
    address = f"/api/v1/sellers/{TEXTILES}/orders/{path}"
    return platform.put(address, body, content_type="application/json").status_code


def order(number: str) -> Order:
    return Order.objects.get(order_number=number, seller__code=TEXTILES)


def stages(*numbers: str) -> dict[str, str]:
    return {number: order(number).stage for number in numbers}


# EasyEcom ----------------------------------------------------------------------------------


@pytest.fixture
def easyecom(console: str, settings: Any) -> Iterator[Sandbox]:
    """It knows the account, its carriers and the order that waits, and listens elsewhere today."""
    with Sandbox() as sandbox:
        sandbox.tell("settings", cool_down_seconds=0)
        seller = Seller.objects.get(code=TEXTILES)
        skus = ["KURTA-INDIGO", "SAREE-RANI", "SAREE-IVORY", "JUTTI-MAROON"]
        sandbox.tell(
            "accounts",
            email=seller.api_username,
            password=reveal(seller.api_password),
            locations=[{"location_key": key} for key in (PEENYA, SURAT)],
            products=[{"sku": sku} for sku in skus],
        )
        for key in (PEENYA, SURAT):
            register(sandbox, seller, key)
        settings.EASYECOM_BASE_URL = sandbox.address
        Binding.objects.update(base_url=sandbox.address)
        sandbox.world.ledger.clear()
        yield sandbox


def register(sandbox: Sandbox, seller: Seller, key: str) -> None:
    """Under the ids that it gave in the days of release 0.1."""
    registration = CarrierRegistration.objects.get(location_key=key)
    ids = sandbox.world.ids
    ids["carrier"] = itertools.count(int(registration.company_carrier_id))
    log_in = {"email": seller.api_username, "password": reveal(seller.api_password)}
    with calling(sandbox.address) as caller:
        token = caller.log_in(key, **log_in).json()["data"]["token"]["jwt_token"]
        caller.session.headers["Authorization"] = f"Bearer {token}"
        caller.add_carrier()
        if key == PEENYA:
            ids["invoice"] = itertools.count(int(order("BN-1007").easyecom_invoice_id))
            caller.create("BN-1007", items=[item("BN-1007-1", "JUTTI-MAROON")])


def written(sandbox: Sandbox, kind: str) -> Counter[str]:
    """How often it did that, by the order's number."""
    lines = [line for line in sandbox.ask("ledger")["lines"] if line["committed"]]
    return Counter(line["order_number"] for line in lines if line["kind"] == kind)


# Its rows ----------------------------------------------------------------------------------


def test_no_row_is_lost_and_nothing_is_held(console):
    before = {
        name: len(table["rows"]) for name, table in RELEASE["tables"].items() if name not in GONE
    }
    with connection.cursor() as cursor:
        for name in before:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            (found,) = cursor.fetchone()
            assert found == before[name] or (name in GROWS and found > before[name]), name

    assert GONE and not GONE & set(connection.introspection.table_names())
    assert database_guard.lets_out()
    assert list(Hold.objects.open().values_list("seller__code", flat=True)) == ["anand-outlet"]


def test_secrets_of_before_are_read(console):
    assert len({reveal(seller.api_password) for seller in Seller.objects.all()}) == 8
    assert reveal(Location.objects.get(location_key=PEENYA).token).count(".") == 2


def test_awb_conflict_of_before_is_in_doubt_and_says_what_easyecom_holds(console):
    conflict = Order.objects.select_related("shipment").get(blocked_reason="awb_conflict")

    assert conflict.is_in_doubt
    assert conflict.shipment.awbs_at_easyecom == ["XB-55120"]


def test_every_list_and_page_of_the_admin_is_there(staff):
    pages = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
        most = None if model is Order else 5
        pages += [reverse(f"{name}_change", args=[key]) for key in keys[:most]]

    assert {page: code for page in pages if (code := staff.get(page).status_code) != 200} == {}
    assert len(pages) > 100


# Who may come in -----------------------------------------------------------------------------


def test_staff_keep_password_role_sellers_and_second_factor(console, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    given = {name: KNOWN["staff"][name] for name in ("username", "password")}

    browser = Client()
    assert browser.post("/admin/login/?next=/admin/", given).status_code == 302

    ravi = User.objects.get(username="ravi")
    assert [role.name for role in ravi.groups.all()] == ["Operator"]
    shown = browser.get("/admin/sellers/seller/").content.decode()
    assert "Anand Textiles" in shown and "Kaveri Kitchen" not in shown
    factor = second_factor.factor_of(ravi)
    assert second_factor.accepts(factor, KNOWN["staff"]["spare_code"])
    assert not second_factor.accepts(factor, KNOWN["staff"]["spare_code"])


def test_roles_keep_every_permission_of_before(console):
    names = {row["id"]: row["codename"] for row in rows_of("auth_permission")}
    roles = {row["id"]: row["name"] for row in rows_of("auth_group")}
    before = {
        (roles[row["group_id"]], names[row["permission_id"]])
        for row in rows_of("auth_group_permissions")
    }

    assert before - set(Permission.objects.values_list("group__name", "codename")) == set()


def test_session_of_before_leads_to_the_log_in(console):
    """It names the door of before, which counted no tries (booon_console/log_in.py)."""
    browser = Client()
    browser.cookies[configured.SESSION_COOKIE_NAME] = KNOWN["session"]

    with time_machine.travel(datetime.fromisoformat(RELEASE["made_at"])):
        answer = browser.get("/admin/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/")


# Booon's platform ----------------------------------------------------------------------------


def test_the_feed_goes_on_from_a_cursor_of_before_without_a_gap(platform):
    last = ChangeCounter.objects.current().last
    page = platform.get("/api/v1/changes/", {"after": KNOWN["cursor"], "limit": 500}).json()
    given = [int(each["cursor"]) for each in page["results"]]
    assert given == list(range(int(KNOWN["cursor"]) + 1, last + 1))
    # What nobody has read gets its number once a worker is there.
    now = timezone.now()
    Worker.objects.create(id="1", host="here", started_at=now, pulsed_at=now)
    processing.drain(5)

    news = platform.get("/api/v1/changes/", {"after": page["cursor"]}).json()["results"]

    told = [(int(each["cursor"]) - last, each["type"], told_of(each["data"])) for each in news]
    assert told == [
        (1, "order.stage_changed", "BN-1009"),
        (2, "order.stage_changed", "BN-1010"),
        (3, "stock.updated", "SAREE-IVORY"),
    ]


def told_of(data: dict[str, Any]) -> str:
    return data.get("order_number") or data["sku"]


def test_an_order_of_before_that_is_given_again_is_the_same_order(platform):
    """Booon's platform repeats what it is not sure of, across the upgrade too."""
    kept = dict(Order.objects.values_list("order_number", "fingerprint"))
    assert len(KNOWN["given"]) == 2

    for number, body in KNOWN["given"].items():
        assert put(platform, f"{number}/", body) == 200
        # Had it come to another one, a sent order would be answered 409.
        assert order(number).fingerprint == kept[number]
    assert Order.objects.count() == len(rows_of("integration_order"))


# Work that was left --------------------------------------------------------------------------


def test_every_queued_task_is_one_of_todays(console):
    queued = [row.func() for row in OrmQ.objects.order_by("pk")]

    assert len(queued) == 13
    assert all(each.startswith("integration.jobs.") for each in queued)
    for each in queued:
        # As django-q finds it.
        assert pydoc.locate(each) is getattr(tasks, each.rpartition(".")[2])


def test_schedules_of_before_name_todays_tasks_and_keep_their_time(console):
    before = {row["name"]: row["next_run"] for row in rows_of("django_q_schedule")}

    now = {each.name: each for each in Schedule.objects.all()}

    assert {name: each.next_run.replace(tzinfo=None) for name, each in now.items()} == {
        name: datetime.fromisoformat(at) for name, at in before.items()
    }
    assert {each.func for each in now.values()} == {
        f"integration.worker.tasks.{name}" for name in before
    }


def test_orders_that_stood_halfway_go_on(platform, easyecom):
    drain_until({"BN-1007": "carrier_assigned", "BN-1009": "awaiting_carrier"})
    assert put(platform, "BN-1009/shipment/", {"courier": "Delhivery", "awb_number": "8"}) == 200
    drain_until({"BN-1009": "carrier_assigned", "BN-1010": "awaiting_carrier"})

    created = written(easyecom, "create_order")
    assert (created["BN-1007"], created["BN-1009"], created["BN-1010"]) == (0, 1, 1)
    assert written(easyecom, "assign_awb") == {"BN-1007": 1, "BN-1009": 1}


def drain_until(wanted: dict[str, str]) -> None:
    wait_for(lambda: engine.drain(2) is None and stages(*wanted) == wanted, PATIENCE)


def test_webhooks_of_before_are_applied_and_its_endpoints_take_more(console):
    level = StockLevel.objects.get(location__location_key=PEENYA, sku="SAREE-IVORY")
    assert level.quantity == 12
    processing.drain(5)
    level.refresh_from_db()
    assert level.quantity == 41

    body = {"inventoryData": [{"sku": "SAREE-IVORY", "inventory": 40, "location_key": PEENYA}]}
    token = {"Access-Token": KNOWN["webhook"]["token"]}
    path = KNOWN["webhook"]["path"]
    answer = Client().post(path, body, content_type="application/json", headers=token)
    processing.drain(5)

    level.refresh_from_db()
    assert (answer.status_code, level.quantity) == (200, 40)


def test_workers_do_what_was_queued_and_what_is_scheduled(console, easyecom):
    Schedule.objects.update(next_run=datetime.fromisoformat(RELEASE["made_at"]))
    last = OrmQ.objects.latest("pk").pk
    wanted = {
        "BN-1007": "carrier_assigned",
        "BN-1009": "awaiting_carrier",
        "BN-1010": "awaiting_carrier",
    }
    asked = BulkRun.objects.get(state="running").items.filter(seller__code=TEXTILES)

    workers = Workers(
        url_of(console),
        BOOON_ENVIRONMENT="demo",
        EASYECOM_BASE_URL=easyecom.address,
        STATE_FILE=configured.STATE_FILE,
    )
    try:
        wait_for(lambda: not OrmQ.objects.filter(pk__lte=last).exists(), PATIENCE)
        wait_for(lambda: stages(*wanted) == wanted, PATIENCE)
        wait_for(lambda: not Schedule.objects.filter(task=None).exists(), PATIENCE)
        wait_for(lambda: not asked.filter(asked_at=None).exists(), PATIENCE)
    finally:
        said = workers.end()

    assert "task failed" not in said
    assert not Task.objects.filter(success=False).exists()
    assert not Hold.objects.open().filter(doubts_database=True).exists()
    created = written(easyecom, "create_order")
    assert (created["BN-1007"], created["BN-1009"], created["BN-1010"]) == (0, 1, 1)
    assert set(created.values()) == {1}
    assert written(easyecom, "assign_awb") == {"BN-1007": 1}


def url_of(name: str) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
