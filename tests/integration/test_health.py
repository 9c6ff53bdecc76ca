from datetime import timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from integration import health
from integration.models import Worker

pytestmark = pytest.mark.django_db

URLS = ["/healthz", "/readyz", "/healthz/workers"]


def make_worker(beat_at, name="w1"):
    now = timezone.now()
    return Worker.objects.create(id=name, host="a", started_at=now, pulsed_at=now, beat_at=beat_at)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_all_is_well(client, url, slash):
    make_worker(timezone.now())

    response = client.get(url + slash)

    assert (response.status_code, response.json()) == (200, {"ok": True})
    assert "no-store" in response["Cache-Control"]
    assert client.head(url + slash).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_only_reading_is_allowed(url):
    assert Client(enforce_csrf_checks=True).post(url).status_code == 405


def test_a_database_that_is_away_makes_it_unready_and_not_dead(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("secret words")

    monkeypatch.setattr(connection, "cursor", refuse)

    for url in ("/readyz", "/healthz/workers"):
        response = client.get(url)
        assert (response.status_code, response.json()) == (503, {"ok": False})
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("silence", [None, 61])
def test_workers_that_are_silent_are_told(client, silence):
    beat_at = silence and timezone.now() - timedelta(seconds=silence)
    make_worker(beat_at)

    response = client.get("/healthz/workers")

    assert (response.status_code, response.json()) == (503, {"ok": False})
    assert client.get("/readyz").status_code == 200


def test_one_worker_that_beats_is_enough(client):
    make_worker(timezone.now() - timedelta(hours=1), "old")
    make_worker(timezone.now() - timedelta(seconds=50), "new")

    assert client.get("/healthz/workers").json() == {"ok": True}


def test_whoever_hears_of_silence_has_the_alerts_looked_at(client, monkeypatch, settings):
    """The supervisor may be as dead as its cluster."""
    settings.ALERT_EMAILS = ["ops@booon.test"]
    monkeypatch.setattr(health, "next_alarm", {})
    looked = Event()
    looks = []
    monkeypatch.setattr(health.jobs, "look_for_alerts", lambda: (looks.append(1), looked.set()))

    for _ in range(3):
        assert client.get("/healthz/workers").status_code == 503

    assert looked.wait(5)
    assert looks == [1]


def test_nobody_is_alarmed_where_all_is_well_or_nobody_is_to_be_told(client, monkeypatch, settings):
    monkeypatch.setattr(health, "next_alarm", {})
    client.get("/healthz/workers")
    settings.ALERT_EMAILS = ["ops@booon.test"]
    make_worker(timezone.now())
    client.get("/healthz/workers")

    assert health.next_alarm == {}


def test_no_worker_at_all_is_told(client):
    assert client.get("/healthz/workers").status_code == 503
