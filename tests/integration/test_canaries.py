"""Every secret and a buyer, repeated by EasyEcom wherever it can say no: where they are found then.

What stands in BELONGS is where each may be. Anything else is a leak.
"""

import io
import json
import re
import secrets
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration.admin import evidence
from integration.admin.exports import Exports
from integration.bulk import runs
from integration.models import (
    ApiCall,
    ApiKey,
    BulkRun,
    ErrorMessage,
    Event,
    KnownError,
    Order,
    SyncJob,
)
from integration.sync import engine
from integration.sync.database_guard import Watcher
from sellers.models import CarrierRegistration, Location
from tests.factories import (
    ADDRESS,
    make_location,
    make_order,
    make_registration,
    make_seller,
    make_shipment,
    pushed,
)

pytestmark = pytest.mark.django_db

WEBHOOK_TOKEN = "CanaryTok3n" + secrets.token_urlsafe(32)[11:]
SECRETS = {
    "API password": "CANARY01 pass/word",
    "x-api-key": "CANARY02-api-key",
    "location token": "eyJDQU5BUlkwMyI6MX0.eyJDQU5BUlkwMyI6MX0.Q0FOQVJZMDM",
    "carrier password": "CANARY04-carrier-password",
    "carrier token": "CANARY05-carrier-token",
    "Booon's carrier password": "CANARY06-booon-password",
    "webhook token": WEBHOOK_TOKEN,
}
BUYER = ADDRESS | {
    "name": "Canaryfirst Canarylast",
    "phone": "98765 01210",
    "email": "canary.mail@mail.example",
    "line1": "14 Canary Street",
    "line2": "Canary Gardens, Canary Quarter",
}
PERSON = {
    "name": "Canaryfirst",
    "surname": "Canarylast",
    "phone": "98765 01210",
    "phone in one": "9876501210",
    "mail": "canary.mail@mail.example",
    "street": "14 Canary Street",
    "second line": "Canary Gardens",
    "part of it": "Canary Quarter",
}
CANARIES = SECRETS | PERSON
# By canary, the tables that hold it in plain text. Secrets are kept as ciphers and digests only.
BELONGS: dict[str, Collection[str]] = {
    **dict.fromkeys(SECRETS, ()),
    **dict.fromkeys(PERSON, ["integration_order"]),
    # As it is sent, and only so.
    "phone in one": (),
}
SAID = f"no to {', '.join(SECRETS.values())}; of +91-98765-01210"
SAID_OF_BUYER = f"no for {', '.join(PERSON.values())}; of +91-98765-01210"
KINDS = {
    *("log_in", "get_locations", "add_carrier", "get_products", "get_inventory"),
    *("create_order", "assign_awb", "find_order", "get_queue_status"),
}
NOTHING = "No data found"


def no(words: str, **more: Any) -> dict[str, Any]:
    return {"code": 400, "message": words, "data": [], **more}


def refusal(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    """What EasyEcom answers, by the path and the order."""
    path, query = urlsplit(request.url).path, parse_qs(urlsplit(request.url).query)
    body = json.loads(request.body or b"{}")
    number = body.get("orderNumber") or query.get("reference_code", [""])[0]
    answer: dict[str, Any] = no(SAID)
    status = 200
    match path, number:
        case "/access/token", _:
            answer = no(f"Invalid user credentials provided: {SAID}")
        case "/webhook/v2/createOrder", "BN-lines":
            lines = [
                {"OrderItemId": "1", "Sku": "KURTA", "Message": words}
                for words in (SAID[:190], SAID[190:], SAID_OF_BUYER)
            ]
            answer = no("Error creating order", data=lines)
        case "/webhook/v2/createOrder", "BN-queue":
            answer = {"code": 200, "message": "Successfully Queued", "data": {"queueId": 9012}}
        case "/webhook/v2/createOrder", "BN-exists":
            answer = no(f"BN-exists already exists: {SAID_OF_BUYER}")
        case "/webhook/v2/createOrder", "BN-token":
            status, answer = 401, {"message": f"Unauthenticated: {SAID}"}
        case "/webhook/v2/createOrder", "BN-unclear":
            status = 500
        case "/webhook/v2/createOrder", "BN-buyer":
            answer = no(SAID_OF_BUYER)
        case "/getQueueStatus", _:
            file = f"https://files.example/{quote(SECRETS['x-api-key'])}.csv?key=1"
            data = {"status_id": "4", "message": f"Error: {SAID_OF_BUYER}", "result": file}
            answer = {"code": 200, "message": SAID, "data": data}
        case "/Carrier/assignAWB", _:
            answer = no(SAID_OF_BUYER)
        case "/orders/V2/getOrderDetails", "BN-unclear":
            answer = no(SAID_OF_BUYER)
        case "/orders/V2/getOrderDetails", _:
            answer = no(f"{NOTHING}: {SAID_OF_BUYER}")
    return status, {}, json.dumps(answer)


def place(**fields: Any) -> Location:
    """A location of a seller with all those secrets."""
    location = make_location(
        seller=make_seller(
            api_password=SECRETS["API password"], x_api_key=SECRETS["x-api-key"], name="Seller"
        ),
        **fields,
    )
    Location.objects.filter(pk=location.pk).update(token=SECRETS["location token"])
    if not location.is_live:
        make_registration(location)
    at = CarrierRegistration.objects.filter(location_key=location.location_key)
    at.update(password=SECRETS["carrier password"], token=SECRETS["carrier token"])
    location.endpoints.update(token_digest=digest_of(SECRETS["webhook token"]))
    return location


def nobody_waits() -> bool:
    """Each order and location has heard its no, and what its look-up says."""
    return not SyncJob.objects.filter(status__in=["pending", "in_doubt"], attempts__lt=2).exists()


def refuse_everything() -> None:
    """Each touchpoint once, and each says no in all the ways it has."""
    now = clock.now()
    for number in ("lines", "queue", "exists", "token", "unclear", "buyer"):
        make_order(place(), order_number=f"BN-{number}", shipping_address=BUYER)
    make_shipment(
        pushed(make_order(place(), order_number="BN-awb", shipping_address=BUYER)),
        label_url="https://labels.example/l.pdf",
    )
    on_its_way = {"live": False, "token_issued_at": now}
    places = [
        place(live=False),
        place(**on_its_way),
        place(**on_its_way, located_at=now),
    ]
    for location in places:
        SyncJob.objects.want_location(location)
    for kind in (SyncJob.Kind.PRODUCTS, SyncJob.Kind.STOCK, SyncJob.Kind.PROBE):
        job = SyncJob.objects.of_location(place(), kind)
        SyncJob.objects.filter(pk=job.pk).want()
    for _ in range(15):
        engine.drain(1)
        if set(ApiCall.objects.values_list("kind", flat=True)) >= KINDS and nobody_waits():
            return
        SyncJob.objects.filter(due_at__isnull=False).update(due_at=now)


@pytest.fixture
def refused(easyecom, settings, tmp_path) -> None:
    settings.STATE_FILE = str(tmp_path / "state.json")
    settings.EASYECOM_CARRIER_PASSWORD = SECRETS["Booon's carrier password"]
    # The migrations' own row is gone where a test before emptied the tables.
    KnownError.objects.get_or_create(
        pattern="Invalid user credentials", defaults={"sentence": "S", "next_step": "N"}
    )
    for method in ("GET", "POST"):
        easyecom.add_callback(method, re.compile(".*"), callback=refusal)
    refuse_everything()


def found_in(words: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary.casefold() in words.casefold()]


def each_touchpoint_said_no() -> None:
    """Else the other tests prove nothing."""
    kinds = dict(ApiCall.objects.exclude(outcome="done").values_list("kind", "outcome"))

    assert set(kinds) == KINDS - {"get_queue_status"}
    assert ApiCall.objects.filter(kind="get_queue_status", message__contains="failed").exists()
    assert ApiCall.objects.filter(message__contains="●●●").count() > 10


def canaries_are_in_no_table_where_they_do_not_belong() -> None:
    leaks = [(name, table) for table, words in tables() for name in found_in(words)]

    expected = [(name, table) for name, tables in BELONGS.items() for table in tables]
    assert sorted(leaks) == sorted(expected)


def tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield table, "\n".join(str(row) for row in cursor.fetchall())


def refusals_stay_readable_and_explained() -> None:
    order = Order.objects.get(order_number="BN-buyer")
    shapes = ErrorMessage.objects.values_list("shape", flat=True)

    assert order.blocked_detail.startswith("no for ●●●, ●●●, ●●●210")
    assert [line["sku"] for line in Order.objects.get(order_number="BN-lines").refused_lines] == (
        ["KURTA"] * 3
    )
    assert any(shape.startswith("Invalid user credentials provided: no to …") for shape in shapes)
    assert ErrorMessage.objects.filter(known__pattern="Invalid user credentials").exists()


def test_canaries_are_found_nowhere_but_where_they_belong(refused):
    """One refused world for all of these looks: it takes seconds to bring about."""
    each_touchpoint_said_no()
    refusals_stay_readable_and_explained()
    canaries_are_in_no_table_where_they_do_not_belong()
    canaries_are_in_no_evidence()
    api_shows_the_buyer_in_addresses_only()
    canaries_are_in_no_figure()
    events_tell_what_happened_all_the_same()
    dump_of_all_rows_prints_no_secret()
    state_file_holds_counters_only()
    runs_and_lists_are_taken_away_without_them()


def test_canaries_are_in_no_log(refused, capfd, caplog):
    engine.drain(1)

    assert found_in(caplog.text + "".join(capfd.readouterr())) == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ["Viewer", "Admin"])
def test_canaries_are_on_no_page(refused, role):
    user = User.objects.create_user("someone", password="pw", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)

    leaks = [(url, name) for url in pages() for name in found_in(page(client, url))]

    assert leaks == []


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


def canaries_are_in_no_evidence() -> None:
    for order in Order.objects.all():
        archive = zipfile.ZipFile(io.BytesIO(evidence.bundle(order, clock.now())))
        words = "".join(archive.read(name).decode() for name in archive.namelist())
        assert found_in(words) == [], order


def api_shows_the_buyer_in_addresses_only() -> None:
    key = "booon_canary-key-of-these-tests"
    ApiKey.objects.create(name="Booon", digest=digest_of(key))
    client = Client(headers={"Authorization": f"Bearer {key}"})
    for path in ("orders", "sellers", "stock", "products", "listings", "changes"):
        answer = client.get(f"/api/v1/{path}/")
        assert answer.status_code == 200
        rows = [row | {"shipping_address": None} for row in answer.json()["results"]]
        assert found_in(json.dumps(rows)) == [], path


def canaries_are_in_no_figure() -> None:
    for path in ("/metrics", "/healthz", "/readyz", "/healthz/workers"):
        answer = Client().get(path)
        assert found_in(answer.content.decode()) == [], path


def events_tell_what_happened_all_the_same() -> None:
    said = " ".join(Event.objects.values_list("sentence", flat=True))

    assert found_in(said) == []
    assert "no for ●●●" in said


def dump_of_all_rows_prints_no_secret() -> None:
    written = io.StringIO()
    call_command("dumpdata", "sellers", "integration", stdout=written)

    assert set(found_in(written.getvalue())) <= set(PERSON)


def state_file_holds_counters_only() -> None:
    Watcher("supervisor").look()
    kept = json.loads(Path(settings.STATE_FILE).read_text())

    assert kept.keys() == {"incarnation", "job", "call", "at", "cursor"}
    assert found_in(json.dumps(kept)) == []


def runs_and_lists_are_taken_away_without_them() -> None:
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
    assert found_in(results.decode() + client.get(run_page).content.decode()) == []

    taken = [model for model, page in admin.site._registry.items() if isinstance(page, Exports)]
    assert Order in taken
    for model in taken:
        opts = model._meta
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        answer = client.post(url, {"_export": "csv"})
        words = b"".join(answer.streaming_content).decode()
        assert words.count("\n") > model._default_manager.exists(), model
        assert found_in(words) == [], model
