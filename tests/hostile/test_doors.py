"""Rows of the abuse matrix that no other room's tests are about."""

import ast
import json
import logging
import pickle
import re
from io import StringIO
from pathlib import Path

import pytest
import responses
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import BadSignature
from django.urls import reverse
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from booon_console import environment
from booon_console.logs import logging_config
from integration.easyecom.values import BadValue, text
from integration.models import Delivery, Order, StockLevel, WebhookEndpoint
from integration.sync import wakeup
from integration.webhooks import auth, processing
from tests.factories import endpoint_token, make_location, make_order, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.admin.rows import make_superuser
from tests.integration.api.conftest import BODY, ORDER_URL
from tests.integration.api.conftest import api as api
from tests.integration.api.conftest import key as key
from tests.integration.api.conftest import location as location
from tests.integration.conftest import run

pytestmark = pytest.mark.django_db

ROOT = Path(settings.BASE_DIR)
ROOMS = ("booon_console", "sellers", "integration")
SOURCES = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
INERT = (
    "'; DROP TABLE x; --",
    "{{7*7}}",
    "${7*7}",
    "%s%n%(x)s",
    "*)(uid=*",
    "<img src=x onerror=a>",
)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda kind: None)
    auth.trusted.clear()


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_X_DJSTRIPE_WEBHOOK_SECRET": "mine"},
        {"HTTP_X_WEBHOOK_SECRET": "mine", "HTTP_ACCESS_TOKEN": "mine"},
        {"HTTP_X_TEST_MODE": "1", "QUERY_STRING": "test=1&debug=1&verify=false&token=mine"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"},
        {"REMOTE_USER": "asha", "HTTP_X_REMOTE_USER": "asha"},
    ],
)
def test_nothing_that_a_caller_chooses_opens_a_webhook(client, location, extra):
    path = location.endpoints.get(topic="inventory").path

    assert client.generic("POST", path, b"{}", **extra).status_code == 401
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("words", INERT)
def test_code_in_a_sku_is_kept_word_for_word_and_shown_inert(staff, words):
    place = make_location()
    deliveries.inventory(place, (words, 7))
    processing.drain()

    assert StockLevel.objects.get().sku == words
    page = staff.get(reverse("admin:integration_stocklevel_changelist")).content.decode()
    assert "49" not in re.findall(r">([0-9]+)<", page)
    assert "<img src=x" not in page


def test_sku_that_turns_the_reading_direction_is_parked():
    place = make_location()
    delivery = deliveries.inventory(place, ("KURTA\u202eXL", 7), ("KURTA", 1))
    processing.drain()

    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("partly", "bad_text")
    assert deliveries.levels(place) == {"KURTA": 1}
    with pytest.raises(BadValue, match="reading direction"):
        text("a\u2066b", 10)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://a.test/x", "https://u:p@a.test/x"]
)
def test_link_that_is_not_plain_https_is_no_link(staff, link):
    order = pushed(make_order())
    row = deliveries.manifest_row(order, documents={"label": link, "easyecom_invoice": link})
    deliveries.manifested(order.location, row)
    processing.drain()

    assert Order.objects.get().stage == "manifested"
    page = staff.get(reverse("admin:integration_order_change", args=[order.pk])).content.decode()
    assert f'href="{link}' not in page


def test_no_page_marks_anything_as_safe():
    """Escaping is the template's, everywhere. format_html escapes its arguments too."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "format_html":
                assert isinstance(node.args[0], ast.Constant), source
            assert getattr(node, "id", getattr(node, "attr", "")) != "mark_safe", source
    for template in ROOT.glob("templates/**/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape off", template.read_text()), template


def test_log_line_stays_one_line_whatever_a_caller_writes(monkeypatch):
    stream = StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logging_config(is_json=True, level="INFO")
    try:
        logging.getLogger("django.request").error("refused %s", "a\r\nFAKE\x1b[31m\u2028line")
    finally:
        logging_config(is_json=True, level="INFO")

    (line,) = stream.getvalue().rstrip("\n").split("\n")
    assert "\x1b" not in line and "\r" not in line
    assert json.loads(line)["event"].startswith("refused a\r\nFAKE")


def test_debug_is_for_the_consoles_own_lines(monkeypatch):
    """Django's hold the variables of pages: keys, codes and buyers."""
    stream = StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logging_config(is_json=True, level="DEBUG")
    try:
        logging.getLogger("integration.sync.engine").debug("ours")
        for name in ("django.template", "django.db.backends", "urllib3", "another"):
            logging.getLogger(name).debug("theirs")
    finally:
        logging_config(is_json=True, level="INFO")

    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "ours"


def test_nobody_sets_easyecoms_address_but_the_environment(rf):
    request = rf.get("/")
    request.user = make_superuser()
    for model, page in admin.site._registry.items():
        for field in model._meta.fields:
            if re.search("base_url|host|easyecom_url", field.name):
                assert not page.has_add_permission(request)
                assert not page.has_change_permission(request)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254",
        "http://api.easyecom.io",
        "http://2130706433",
        "ftp://127.0.0.1",
        "http://127.0.0.1@evil.test",
        "file:///etc/passwd",
    ],
)
def test_easyecoms_address_is_https_or_this_machine(monkeypatch, url):
    monkeypatch.setenv("EASYECOM_BASE_URL", url)

    with pytest.raises(ImproperlyConfigured):
        environment.easyecom_base_url()


def test_label_and_invoice_are_passed_on_and_never_fetched(api, location, staff):
    order = pushed(make_order(location))
    make_shipment(order, label_url="https://labels.booon.test/1.pdf")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(re.compile(".*assignAWB"), json={"code": 200, "message": "ok", "data": {}})
        run(order.sync_job)
        deliveries.manifested(location, deliveries.manifest_row(order))
        processing.drain()
        staff.get(reverse("admin:integration_order_change", args=[order.pk]))
        api.get(f"/api/v1/sellers/acme/orders/{order.order_number}/")
        asked = {call.request.url for call in mock.calls}

    assert asked == {f"{settings.EASYECOM_BASE_URL}/Carrier/assignAWB"}


class Boom:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("an attacker's pickle was run",)


@pytest.mark.parametrize("payload", ["garbage", "", "gASVBQ:x:y", pickle.dumps(Boom()).hex()])
def test_task_that_we_did_not_sign_is_never_unpickled(payload):
    row = OrmQ.objects.create(key="default", payload=payload)

    with pytest.raises(BadSignature):
        SignedPackage.loads(row.payload)


@pytest.mark.parametrize(
    "field",
    ["stage", "easyecom_order_id", "seller", "push_begun_at", "id", "__class__", "sync_job"],
)
def test_what_is_not_a_callers_to_say_is_refused_by_name(api, location, field):
    answer = api.put_json(ORDER_URL, BODY | {field: "manifested"})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/workers"])
def test_health_says_yes_or_no_and_why_and_nothing_of_anybody(client, path):
    answer = client.get(path)

    assert set(answer.json()) <= {"ok", "because", "workers", "held", "late", "version"}
    assert not {"Server", "X-Powered-By"} & set(answer.headers)


def test_page_that_is_not_there_tells_nothing_of_the_console(client):
    page = client.get("/nothing/here").content.decode()

    for secret in ("settings", "urlpatterns", "Django", str(ROOT), settings.SECRET_KEY):
        assert secret not in page


def test_endpoint_tokens_are_digests():
    place = make_location()
    token = endpoint_token(place, "inventory")

    held = [str(value) for row in WebhookEndpoint.objects.values() for value in row.values()]
    assert not any(token in value for value in held)
