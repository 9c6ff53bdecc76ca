from datetime import timedelta
from threading import Event

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from integration.models import Hold, SyncJob, Worker, WriteProbe
from integration.monitoring import causes, health
from tests.factories import make_order, make_seller

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

URLS = ["/healthz", "/readyz", "/healthz/workers"]


@pytest.fixture(autouse=True)
def nothing_judged_before():
    health.why_unready.cache_clear()


def make_worker(beat_at, name="w1"):
    now = timezone.now()
    return Worker.objects.create(id=name, host="a", started_at=now, pulsed_at=now, beat_at=beat_at)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("slash", ["", "/"])
def test_all_is_well(client, url, slash):
    make_worker(timezone.now())

    response = client.get(url + slash)

    assert (response.status_code, response.json()["ok"]) == (200, True)
    assert "because" not in response.json()
    assert "no-store" in response["Cache-Control"]
    assert client.head(url + slash).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_only_reading_is_allowed(url):
    assert Client(enforce_csrf_checks=True).post(url).status_code == 405


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("host", ["10.0.0.5", "10.0.0.5:8000", "no host at all"])
def test_a_probe_may_ask_by_any_address(client, url, host, settings):
    settings.ALLOWED_HOSTS = ["console.booon.test"]
    settings.SECURE_SSL_REDIRECT = True
    make_worker(timezone.now())

    assert client.get(url, headers={"host": host}).status_code == 200
    assert client.get("/admin/login/", headers={"host": host}, secure=True).status_code == 400


def test_a_database_that_is_away_makes_it_unready_and_not_dead(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("secret words")

    monkeypatch.setattr(connection, "cursor", refuse)

    for url in ("/readyz", "/healthz/workers"):
        response = client.get(url)
        away = {"ok": False, "because": "The database is away, or takes no writes."}
        assert (response.status_code, response.json()) == (503, away)
    assert client.get("/healthz").status_code == 200


def test_a_database_that_takes_no_writes_makes_it_unready(client, monkeypatch):
    client.get("/readyz")
    written_at = WriteProbe.objects.get().at

    def refuse(execute, sql, *args):
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            raise OperationalError("database or disk is full")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").status_code == 200
    assert WriteProbe.objects.get().at > written_at


def test_a_schema_that_is_older_than_the_code_makes_it_unready(client):
    applied = MigrationRecorder(connection).migration_qs
    applied.filter(app="integration").latest("id").delete()

    response = client.get("/readyz")

    because = "The database's schema is older than this code: run manage.py migrate."
    assert (response.status_code, response.json()["because"]) == (503, because)


def test_a_schema_that_is_newer_is_what_an_upgrade_looks_like(client):
    MigrationRecorder(connection).record_applied("integration", "9999_of_the_next_release")

    assert client.get("/readyz").status_code == 200


def test_keys_that_open_nothing_make_it_unready_and_are_told_by_column(client, settings):
    make_seller()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    response = client.get("/readyz")

    because = "No key in FIELD_KEYS opens what is stored: seller api password."
    assert (response.status_code, response.json()["because"]) == (503, because)


@pytest.mark.parametrize("silence", [None, 61])
def test_workers_that_are_silent_are_told(client, silence):
    beat_at = silence and timezone.now() - timedelta(seconds=silence)
    make_worker(beat_at)

    response = client.get("/healthz/workers")

    because = "0 of 1 workers send a heartbeat."
    assert (response.status_code, response.json()["because"]) == (503, because)
    assert client.get("/readyz").status_code == 200


def test_one_worker_that_beats_is_enough(client):
    make_worker(timezone.now() - timedelta(hours=1), "old")
    make_worker(timezone.now() - timedelta(seconds=50), "new")

    well = {"ok": True, "workers": 1, "held": False, "late": []}
    assert client.get("/healthz/workers").json() == well


@pytest.mark.parametrize(("at_work", "status"), [(1, 503), (2, 200), (3, 200)])
def test_as_many_workers_as_expected_are_asked_for(client, settings, at_work, status):
    settings.WORKERS_EXPECTED = 2
    for n in range(at_work):
        make_worker(timezone.now(), f"w{n}")

    assert client.get("/healthz/workers").status_code == status
    told = [cause.sentence for cause in causes.silent_worker(timezone.now())]
    assert told == ([] if status == 200 else ["1 of 2 workers send a heartbeat."])


@pytest.mark.parametrize(("is_doubt", "status"), [(False, 200), (True, 503)])
def test_what_is_held_is_told_and_a_doubted_database_is_a_fault(client, is_doubt, status):
    make_worker(timezone.now())
    Hold.objects.create(reason="x", doubts_database=is_doubt, set_by="ravi", set_at=timezone.now())

    response = client.get("/healthz/workers")

    assert (response.status_code, response.json()["held"]) == (status, True)


def test_what_waits_too_long_is_told(client):
    make_worker(timezone.now())
    make_order()
    assert client.get("/healthz/workers").json()["late"] == []
    SyncJob.objects.update(due_at=timezone.now() - timedelta(minutes=11))

    assert client.get("/healthz/workers").json()["late"] == ["Calls to EasyEcom"]


def test_whoever_hears_of_silence_has_the_alerts_looked_at(client, monkeypatch, settings):
    """The supervisor may be as dead as its cluster."""
    settings.ALERT_EMAILS = ["ops@booon.test"]
    monkeypatch.setattr(health, "next_alarm", {})
    looked = Event()
    looks = []
    monkeypatch.setattr(health.alerts, "look_for_alerts", lambda: (looks.append(1), looked.set()))

    for _ in range(3):
        assert client.get("/healthz/workers").status_code == 503

    assert looked.wait(30)
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
