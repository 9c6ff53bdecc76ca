import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from integration.monitoring.metrics import figures, page

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-the-tests"
BY_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def nothing_kept():
    page.kept.clear()


def samples(response) -> dict[str, float]:
    """By name and labels, as Prometheus itself reads them."""
    families = text_string_to_metric_families(response.content.decode())
    return {
        f"{each.name}{dict(sorted(each.labels.items()))}": each.value
        for family in families
        for each in family.samples
    }


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_this_host_reads_the_figures(client, path):
    response = client.get(path)

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in response["Cache-Control"]
    assert samples(response)["booon_database_up{}"] == 1
    assert samples(response)["booon_orders_open{'stage': 'received'}"] == 0


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"])
def test_who_comes_through_a_proxy_is_not_this_host(client, name):
    response = client.get("/metrics", headers={name: "127.0.0.1"})

    assert response.status_code == 403
    assert b"booon_" not in response.content


def test_another_host_needs_the_token(client, settings):
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403

    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 403
    assert client.get("/metrics", headers=BY_TOKEN, REMOTE_ADDR="10.0.0.7").status_code == 200


@pytest.mark.parametrize("given", ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", "Bearer é"])
def test_with_a_token_set_this_host_needs_it_too(client, settings, given):
    settings.METRICS_TOKEN = TOKEN

    assert client.get("/metrics", headers={"Authorization": given}).status_code == 403


def test_only_reading_is_allowed():
    assert Client(enforce_csrf_checks=True).post("/metrics").status_code == 405


def test_any_host_name_will_do(client, settings):
    settings.ALLOWED_HOSTS = ["console.booon.test"]

    assert client.get("/metrics", headers={"host": "10.0.0.5:8000"}).status_code == 200


def test_a_database_that_is_away_is_a_figure_too(client, monkeypatch):
    def refuse():
        raise OperationalError("secret words")
        yield

    monkeypatch.setattr(figures, "all_figures", refuse)

    response = client.get("/metrics")

    assert response.status_code == 200
    assert samples(response)["booon_database_up{}"] == 0
    assert b"booon_orders" not in response.content
    assert b"secret" not in response.content


def test_many_who_ask_cost_no_more_than_one(client, django_assert_num_queries):
    client.get("/metrics")

    with django_assert_num_queries(0):
        client.get("/metrics")


def observed(client, where: str, status: str) -> float:
    page.kept.clear()
    name = f"booon_request_seconds_count{{'door': '{where}', 'status': '{status}'}}"
    return samples(client.get("/metrics")).get(name, 0)


@pytest.mark.parametrize(
    ("path", "where", "status"),
    [
        ("/api/v1/orders/", "api", "4xx"),
        ("/api/v1/changes/?wait=1", "feed_waiting", "4xx"),
        ("/admin/login/", "staff", "2xx"),
        ("/webhooks/easyecom/nobody/inventory", "webhooks", "4xx"),
        ("/healthz", "health", "2xx"),
        ("/static/nothing.css", "static", "4xx"),
        ("/made/up/by/a/stranger/1", "api", "4xx"),
    ],
)
def test_requests_are_timed_by_door_and_status_alone(client, path, where, status):
    before = observed(client, where, status)

    client.get(path)

    assert observed(client, where, status) == before + 1


def test_figures_are_not_timed_themselves(client):
    before = observed(client, "api", "2xx")

    assert observed(client, "api", "2xx") == before


def test_a_fault_of_the_consoles_own_is_counted(client, monkeypatch):
    monkeypatch.setattr("integration.monitoring.health.ANSWERS", {"/healthz": lambda: 1 / 0})
    client.raise_request_exception = False
    name = "booon_request_faults_total{'door': 'health'}"
    before = samples(client.get("/metrics")).get(name, 0)

    client.get("/healthz")

    page.kept.clear()
    assert samples(client.get("/metrics"))[name] == before + 1
