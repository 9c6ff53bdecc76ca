"""What the log has of a request, and what its caller can quote."""

import pytest

pytestmark = pytest.mark.django_db

KEY = "booon_canary-key"


@pytest.mark.parametrize(
    "url",
    [
        f"/api/v1/orders/?api_key={KEY}",
        f"/webhooks/easyecom/nobody/inventory?token={KEY}",
        f"/admin/nothing/?q={KEY}",
    ],
)
def test_query_of_a_refused_request_is_not_logged(client, caplog, url):
    answer = client.post(url, "{}", content_type="application/json")

    assert answer.status_code >= 400 or answer.status_code == 302
    assert KEY not in caplog.text


def test_refused_request_is_logged_by_its_path(client, caplog):
    client.get(f"/api/v1/orders/?api_key={KEY}")

    (line,) = [row.msg for row in caplog.records if row.name.startswith("django_structlog")]
    assert (line["code"], line["request"]) == (401, "GET /api/v1/orders/")


def test_each_answer_names_its_request_as_the_log_does(client, caplog):
    answer = client.get("/api/v1/orders/")

    (line,) = [row.msg for row in caplog.records if row.name.startswith("django_structlog")]
    assert answer["X-Request-ID"] == line["request_id"]
