"""Every secret and every buyer of canaries.py, after a journey that used them all: where they are
found then."""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from booon_console.logs import logging_config
from booon_console.roles import ADMIN, AUDITOR, OPERATOR, VIEWER
from integration.admin import evidence
from integration.admin.exports import Exports
from integration.bulk import runs
from integration.models import ApiCall, ApiKey, BulkRun, ErrorMessage, Event, KnownError, Order
from integration.monitoring import alerts
from integration.sync import engine
from integration.sync.database_guard import Watcher
from sellers.models import Location
from tests.integration.canaries import (
    BELONGS,
    BUYERS,
    KINDS,
    OF_ACCOUNT,
    SECRETS,
    everybody_uses_theirs,
    refusal,
    refuse_everything,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Canaries = Mapping[str, str]


@pytest.fixture
def canaries(easyecom, settings, tmp_path, monkeypatch) -> Canaries:
    """All of them, by name, once the journey is over."""
    settings.STATE_FILE = str(tmp_path / "state.json")
    settings.EASYECOM_CARRIER_PASSWORD = OF_ACCOUNT["Booon's carrier password"]
    # What staff and sellers do wakes a worker, which these tests are themselves.
    monkeypatch.setattr("integration.sync.wakeup.wake", lambda kind: None)
    # The migrations' own row is gone where a test before emptied the tables.
    KnownError.objects.get_or_create(
        pattern="Invalid user credentials", defaults={"sentence": "S", "next_step": "N"}
    )
    for method in ("GET", "POST"):
        easyecom.add_callback(method, re.compile(".*"), callback=refusal)
    made = everybody_uses_theirs(settings)
    refuse_everything()
    return SECRETS | BUYERS | made


def found_in(words: str, canaries: Canaries) -> list[str]:
    words = words.casefold()
    return [name for name, canary in canaries.items() if canary.casefold() in words]


def test_canaries_are_found_nowhere_but_where_they_belong(canaries):
    """One world for all of these looks: it takes seconds to bring about."""
    assert len(canaries) == len(set(canaries.values())) >= 60
    each_touchpoint_said_no()
    refusals_stay_readable_and_explained()
    they_are_in_no_table_where_they_do_not_belong(canaries)
    they_are_in_no_evidence(canaries)
    api_shows_the_buyer_in_addresses_only(canaries)
    they_are_in_no_figure(canaries)
    they_are_in_no_mail(canaries)
    events_tell_what_happened_all_the_same()
    dump_of_all_rows_prints_no_secret(canaries)
    state_file_holds_counters_only(canaries)
    runs_and_lists_are_taken_away_without_them(canaries)


@pytest.fixture
def talkative(capfd) -> Iterator[None]:
    """All that an operator can have logged."""
    logging_config(is_json=True, level="DEBUG")
    yield
    with capfd.disabled():
        logging_config(is_json=True, level="INFO")


def test_canaries_are_in_no_log(talkative, canaries, capfd, caplog):
    """Of the journey itself, and of what goes on after it."""
    engine.drain(1)

    said = caplog.text + "".join(capfd.readouterr())
    assert "POST /webhooks/easyecom/" in said
    assert found_in(said, canaries) == []


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, ADMIN, AUDITOR])
def test_canaries_are_on_no_page(canaries, role):
    user = User.objects.create_user("someone", password="pw", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)

    leaks = [(url, name) for url in pages() for name in found_in(page(client, url), canaries)]

    assert leaks == []


def each_touchpoint_said_no() -> None:
    """Else the other looks prove nothing."""
    kinds = dict(ApiCall.objects.exclude(outcome="done").values_list("kind", "outcome"))

    assert set(kinds) == KINDS - {"get_queue_status"}
    assert ApiCall.objects.filter(kind="get_queue_status", message__contains="failed").exists()
    assert ApiCall.objects.filter(message__contains="●●●").count() > 10


def refusals_stay_readable_and_explained() -> None:
    order = Order.objects.get(order_number="BN-buyer")
    shapes = ErrorMessage.objects.values_list("shape", flat=True)

    assert order.blocked_detail.startswith("no for ●●●, ●●●, ●●●210")
    assert [line["sku"] for line in Order.objects.get(order_number="BN-lines").refused_lines] == (
        ["KURTA"] * 3
    )
    assert any(shape.startswith("Invalid user credentials provided: no to …") for shape in shapes)
    assert ErrorMessage.objects.filter(known__pattern="Invalid user credentials").exists()


def they_are_in_no_table_where_they_do_not_belong(canaries: Canaries) -> None:
    leaks = [(name, table) for table, words in tables() for name in found_in(words, canaries)]

    expected = [(name, table) for name, where in BELONGS.items() for table in where]
    assert sorted(leaks) == sorted(expected)


def tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            yield table, "\n".join(plain(cell) for row in rows for cell in row)


def plain(cell: object) -> str:
    return bytes(cell).decode() if isinstance(cell, bytes | memoryview) else str(cell)


def pages() -> Iterator[str]:
    """Every list, and the page and history of every row."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        for row in model._default_manager.all():
            yield reverse(f"{name}_change", args=[row.pk])
    for location in Location.objects.all():
        yield reverse("admin:sellers_seller_path", args=[location.seller_id])


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code in (200, 302, 403), url
    return answer.content.decode()


def they_are_in_no_evidence(canaries: Canaries) -> None:
    for order in Order.objects.all():
        archive = zipfile.ZipFile(io.BytesIO(evidence.bundle(order, clock.now())))
        words = "".join(archive.read(name).decode() for name in archive.namelist())
        assert found_in(words, canaries) == [], order


def api_shows_the_buyer_in_addresses_only(canaries: Canaries) -> None:
    key = "booon_canary-key-of-these-tests"
    ApiKey.objects.create(name="These tests", digest=digest_of(key))
    client = Client(headers={"Authorization": f"Bearer {key}"})
    # What Booon gave, and is given back.
    unseen = {"shipping_address": None, "billing_address": None, "shipment": None}
    for path in ("orders", "sellers", "stock", "products", "listings", "changes"):
        answer = client.get(f"/api/v1/{path}/")
        assert answer.status_code == 200
        rows = [row | unseen for row in answer.json()["results"]]
        assert found_in(json.dumps(rows), canaries) == [], path


def they_are_in_no_figure(canaries: Canaries) -> None:
    for path in ("/metrics", "/healthz", "/readyz", "/healthz/workers"):
        token = {"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}
        answer = Client().get(path, headers=token)
        assert found_in(answer.content.decode(), canaries) == [], path


def they_are_in_no_mail(canaries: Canaries) -> None:
    """Alerts of all that was refused."""
    alerts.check_causes()
    said = "\n".join(f"{each.subject}\n{each.body}" for each in mail.outbox)

    assert said.count("\n") > 5
    assert found_in(said, canaries) == []


def events_tell_what_happened_all_the_same() -> None:
    said = " ".join(Event.objects.values_list("sentence", flat=True))

    assert "no for ●●●" in said
    assert "Log-in of meera failed." in said and "Sellers from f.csv" in said


def dump_of_all_rows_prints_no_secret(canaries: Canaries) -> None:
    written = io.StringIO()
    call_command("dumpdata", "sellers", "integration", "auth", stdout=written)

    secrets = {name: canaries[name] for name in canaries.keys() - BUYERS.keys() - BELONGS.keys()}
    assert found_in(written.getvalue(), secrets) == []


def state_file_holds_counters_only(canaries: Canaries) -> None:
    Watcher("supervisor").look()
    kept = json.loads(Path(settings.STATE_FILE).read_text())

    assert kept.keys() == {"incarnation", "job", "call", "at", "cursor"}
    assert found_in(json.dumps(kept), canaries) == []


def runs_and_lists_are_taken_away_without_them(canaries: Canaries) -> None:
    """A bulk retry of all that failed, with its results as CSV; and each list that can be taken."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="pw"))
    client.post(reverse("admin:integration_syncjob_bulk"))
    run = BulkRun.objects.get()
    run_page = reverse("admin:integration_bulkrun_change", args=[run.pk])
    client.post(run_page.replace("change", "start"), {"reason": "The seller has mended it."})
    for _ in range(20):
        runs.drain()
        engine.drain(1)
        BulkRun.objects.filter(due_at__isnull=False).update(due_at=clock.now())
    results = client.get(reverse("admin:integration_bulkrun_results", args=[run.pk])).content
    assert "no for ●●●" in results.decode()
    shown = results.decode() + client.get(run_page).content.decode()
    assert found_in(shown, canaries) == []

    taken = [model for model, page in admin.site._registry.items() if isinstance(page, Exports)]
    assert Order in taken
    for model in taken:
        opts = model._meta
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        answer = client.post(url, {"_export": "csv"})
        words = b"".join(answer.streaming_content).decode()
        assert words.count("\n") > model._default_manager.exists(), model
        assert found_in(words, canaries) == [], model
