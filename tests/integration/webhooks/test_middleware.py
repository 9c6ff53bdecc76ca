"""What answers of the webhooks have and lack, as they pass by what pages need."""

import pytest
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.test import Client

from integration.webhooks import auth, products_view, views
from integration.webhooks.middleware import WebhookMiddleware
from tests.factories import endpoint_token, make_location

pytestmark = pytest.mark.django_db

BEFORE = "integration.webhooks.middleware.WebhookMiddleware"


@pytest.fixture(autouse=True)
def forget_tokens():
    auth.trusted.clear()


def post(client, *, token=None, path="inventory", **environ):
    location = make_location()
    endpoint = location.endpoints.get(topic="inventory")
    token = token or endpoint_token(location, "inventory")
    return client.post(
        f"/webhooks/easyecom/{endpoint.pk}/{path}",
        b"{}",
        content_type="application/json",
        HTTP_ACCESS_TOKEN=token,
        **environ,
    )


def test_what_only_pages_need_stands_behind_the_webhooks_and_what_all_need_before():
    at = settings.MIDDLEWARE.index(BEFORE)

    assert settings.MIDDLEWARE[:at] == [
        "integration.monitoring.metrics.page.MetricsMiddleware",
        "integration.monitoring.health.HealthMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "booon_console.bulkhead.BulkheadMiddleware",
        "booon_console.request_log.RequestLogMiddleware",
    ]


@pytest.mark.parametrize(("token", "status"), [(None, 200), ("wrong", 401)])
def test_no_session_is_looked_for(client, monkeypatch, token, status):
    monkeypatch.setattr(SessionMiddleware, "process_request", lambda *_: pytest.fail("a session"))

    assert post(client, token=token).status_code == status


@pytest.mark.parametrize("path", ["inventory", "products"])
@pytest.mark.parametrize("token", [None, "wrong"])
def test_each_answer_has_its_length_and_its_requests_id(client, path, token):
    answer = post(client, path=path, token=token)

    assert int(answer["Content-Length"]) == len(answer.content)
    assert len(answer["X-Request-ID"]) == 36
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/json"
    assert not answer.cookies


def test_id_that_a_caller_sends_is_not_the_requests(client):
    answer = post(client, HTTP_X_REQUEST_ID="theirs")

    assert answer["X-Request-ID"] != "theirs"


def test_refusal_is_one_line_of_the_log_and_a_delivery_none(client, caplog):
    post(client)
    post(client, token="wrong")

    (line,) = [row.msg for row in caplog.records if row.name.startswith("django_structlog")]
    assert (line["code"], line["event"]) == (401, "request_finished")
    assert line["request"].startswith("POST /webhooks/easyecom/")


def test_ids_of_requests_differ_and_none_is_left_over(client):
    ids = {post(client)["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3
    assert views.correlation_id() == ""


def test_fault_of_ours_is_500_in_the_usual_shape(monkeypatch, caplog):
    def broken(environ):
        raise ValueError("canary")

    monkeypatch.setattr(views, "trigger_of", broken)

    answer = post(Client(raise_request_exception=False))

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["field"] == ""
    assert answer["X-Request-ID"]
    assert "canary" not in answer.content.decode()
    assert "request_failed" in caplog.text


def test_what_the_view_leaves_to_the_api_is_rendered_too(client, monkeypatch):
    def refused(*_):
        raise DataError("canary")

    monkeypatch.setattr(products_view, "page", refused)
    location = make_location()
    endpoint = location.endpoints.get(topic="inventory")

    answer = client.get(
        f"/webhooks/easyecom/{endpoint.pk}/products",
        HTTP_ACCESS_TOKEN=endpoint_token(location, "inventory"),
    )

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["field"] == ""
    assert "canary" not in answer.content.decode()


def test_other_addresses_are_passed_on_as_they_came(rf):
    request, seen = rf.get("/admin/webhooks/"), []
    answer = WebhookMiddleware(lambda passed: seen.append(passed) or "page")(request)

    assert (answer, seen) == ("page", [request])


def test_host_that_is_not_ours_is_refused_before_the_view(rf, settings):
    settings.ALLOWED_HOSTS = ["console.booon.test"]
    request = rf.post("/webhooks/easyecom/x/inventory", HTTP_HOST="elsewhere.test")

    with pytest.raises(DisallowedHost):
        WebhookMiddleware(lambda passed: pytest.fail("passed on"))(request)
