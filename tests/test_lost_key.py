"""A lost key of FIELD_KEYS keeps only who needs it, says so, and is mended by typing anew."""

import hashlib
import json
from html import unescape

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.fields import reveal
from integration.admin.sellers import import_results
from integration.models import Alert, ApiKey, Order, SellerFile, SyncJob
from integration.monitoring import alerts, causes, order_checks, reason_refresh
from integration.sync import engine, wakeup
from integration.webhooks import processing
from sellers import second_factor
from sellers.models import Location, Seller
from tests.factories import make_location, make_order, make_seller
from tests.integration import deliveries
from tests.integration.admin.rows import make_superuser
from tests.integration.api.conftest import BODY
from tests.integration.conftest import API, run
from tests.integration.conftest import easyecom as easyecom
from tests.integration.orders.test_push import CREATE, created

pytestmark = pytest.mark.django_db

KEY = "booon_canary-key-of-the-tests"
OLD_KEY = "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0="
UNREADABLE = "No key in FIELD_KEYS opens the stored api password."


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda kind: None)


@pytest.fixture
def order(settings):
    """Its seller's secrets are under a key that is gone."""
    order = make_order(make_location(token=""))
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    return order


@pytest.fixture
def staff():
    client = Client()
    client.force_login(make_superuser())
    return client


def test_order_says_that_the_log_in_can_not_be_read_and_goes_on_once_the_key_is_back(
    order, easyecom, settings
):
    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.blocked_reason, order.blocked_detail) == ("secret_unreadable", UNREADABLE)
    assert (job.status, job.error_code, len(easyecom.calls)) == ("pending", "secret_unreadable", 0)
    assert job.due_at > timezone.now()
    [finding, *_] = [found for _, found in order_checks.run_checks(order, timezone.now()) if found]
    assert (finding.reason, finding.proof) == ("secret_unreadable", order.seller)
    reason_refresh.renew()
    assert Order.objects.get().blocked_reason == "secret_unreadable"

    settings.FIELD_KEYS.append(OLD_KEY)
    easyecom.post(f"{API}/access/token", json={"data": {"token": {"jwt_token": "jwt"}}})
    easyecom.post(CREATE, json=created(order))
    SyncJob.objects.update(due_at=timezone.now())
    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")


def test_everybody_else_goes_on(order, easyecom):
    other = make_order()
    easyecom.post(CREATE, json=created(other))

    engine.drain(10)

    other.refresh_from_db()
    assert other.stage == "awaiting_carrier"


def test_it_is_named_on_the_seller_on_home_and_in_an_alert(order, easyecom, staff, settings):
    run(order.sync_job)

    alerts.check_causes()

    [alert] = Alert.objects.open().filter(kind=Alert.Kind.ACCOUNT)
    code = order.seller.code
    assert alert.sentence == f"Nothing goes out for {code}. {UNREADABLE}"
    page = staff.get(reverse("admin:sellers_seller_change", args=[order.seller_id]))
    assert alert.sentence in page.content.decode()
    home = staff.get("/admin/").content.decode()
    assert alert.sentence in unescape(home)
    SyncJob.objects.update(error_code="")
    assert "account" not in {cause.kind for cause in causes.current_causes(timezone.now())}


def test_token_that_no_key_opens_is_replaced_by_another_log_in(easyecom, settings):
    order = make_order(make_location(token="old-canary"))
    password = "typed-anew"
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    order.seller.api_password = password
    order.seller.save()
    easyecom.post(f"{API}/access/token", json={"data": {"token": {"jwt_token": "jwt"}}})
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    assert reveal(Location.objects.get().token) == "jwt"
    assert json.loads(easyecom.calls[0].request.body)["password"] == password


def test_password_is_typed_anew_on_the_sellers_page(order, easyecom, staff):
    run(order.sync_job)
    seller = order.seller
    form = {
        "name": seller.name,
        "api_username": seller.api_username,
        "rate_per_second": seller.rate_per_second,
        "burst": seller.burst,
        "new_password": "typed-anew",
    }

    answer = staff.post(reverse("admin:sellers_seller_change", args=[seller.pk]), form)

    assert answer.status_code == 302
    assert reveal(Seller.objects.get(pk=seller.pk).api_password) == "typed-anew"
    assert SyncJob.objects.get(order=order).due_at <= timezone.now()


@pytest.mark.parametrize(("password", "status"), [("", 200), ("typed-anew", 302)])
def test_onboarding_again_asks_for_what_can_not_be_read(order, staff, password, status):
    seller = order.seller
    url = reverse("admin:sellers_seller_onboard", args=[seller.pk])
    form = {
        "code": seller.code,
        "name": seller.name,
        "api_username": seller.api_username,
        "api_password": password,
        "location_keys": order.location.location_key,
        "rate_per_second": 5,
        "burst": 10,
    }

    answer = staff.post(url, form)

    if password:
        assert reveal(Seller.objects.get(pk=seller.pk).api_password) == password
    else:
        assert answer.status_code == status
        assert "api_password" in answer.context["form"].errors


def test_webhooks_of_all_sellers_are_applied(order):
    other = make_location()
    for location in (order.location, other):
        deliveries.inventory(location, ("A", 5))

    processing.drain()

    assert deliveries.levels(order.location) == deliveries.levels(other) == {"A": 5}


@pytest.mark.parametrize("path", ["orders/", "sellers/", "stock/", "products/", "changes/"])
def test_api_answers_without_a_key(order, client, path):
    ApiKey.objects.create(name="platform", digest=hashlib.sha256(KEY.encode()).hexdigest())

    answer = client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 200


def test_orders_are_taken_without_a_key(order, client):
    ApiKey.objects.create(name="platform", digest=hashlib.sha256(KEY.encode()).hexdigest())
    body = BODY | {"location_key": order.location.location_key}

    answer = client.put(
        f"/api/v1/sellers/{order.seller.code}/orders/BN-9/",
        json.dumps(body),
        "application/json",
        headers={"Authorization": f"Bearer {KEY}"},
    )

    assert answer.status_code == 201


def test_file_of_sellers_that_can_not_be_read_is_uploaded_again(staff, settings):
    user = staff.get("/admin/").wsgi_request.user
    file = SellerFile.objects.create(
        user=user, name="sellers.csv", rows="[]", uploaded_at=timezone.now()
    )
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    answer = staff.get(reverse("admin:sellers_seller_imported", args=[file.pk]), follow=True)

    assert "Upload the file again" in answer.content.decode()


def test_second_factor_that_can_not_be_read_takes_a_spare_code(settings):
    user = make_superuser()
    spare, *_ = second_factor.set_up(user, second_factor.new_key(), 0)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    factor = second_factor.factor_of(user)

    assert not second_factor.is_readable(factor)
    assert not second_factor.accepts(factor, "123456")
    assert second_factor.accepts(factor, spare)


def test_seller_of_a_file_keeps_nothing_that_can_not_be_read(settings):
    seller = make_seller()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    (draft,) = import_results.csv_file.drafts_of(
        [(2, {"code": seller.code, "location_key": "en1"})]
    )

    judged = import_results.judge(draft)

    assert judged.given is None
    assert "api_password" in {trouble.column for trouble in draft.troubles}
