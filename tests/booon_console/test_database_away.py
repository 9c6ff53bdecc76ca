"""Whoever comes while the database is away is told so, and when to come again."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def away(*args: object, **kwargs: object) -> None:
    raise OperationalError("connection to server at 10.0.0.7 failed")


@pytest.mark.parametrize("path", ["/admin/", "/admin/integration/order/"])
def test_page_says_that_the_database_is_away(monkeypatch, path):
    monkeypatch.setattr(SessionStore, "load", away)
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32

    answer = client.get(path)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "The database is away" in answer.content.decode()
    assert "10.0.0.7" not in answer.content.decode()


def test_fault_of_ours_stays_a_fault(monkeypatch):
    def broken(*args: object) -> None:
        raise ValueError("a secret value")

    monkeypatch.setattr(SessionStore, "load", broken)
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32

    answer = client.get("/admin/")

    assert answer.status_code == 500
    assert "secret value" not in answer.content.decode()
