"""A command in a shell with other settings than the workers have: it refuses itself alone."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integration.models import ApiCall, Binding, Hold, SyncJob, Worker
from integration.sync import engine, holds
from integration.sync.database_guard import Watcher
from sellers.models import Seller
from tests.factories import make_order, make_seller

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ELSEWHERE = "https://elsewhere.easyecom.test"
SELLER = {
    "code": "nova",
    "name": "Nova",
    "api_username": "api@nova.test",
    "api_password": "x",
    "locations": [{"location_key": "ne1"}],
}


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.STATE_FILE = str(tmp_path / "state.json")


@pytest.fixture
def worker() -> Worker:
    """One that has looked at this database, and goes on doing so."""
    now = timezone.now()
    found = Worker.objects.create(id="w", host="a", started_at=now, pulsed_at=now)
    Watcher("w").look()
    return found


def test_reconcile_with_another_address_refuses_itself_and_holds_nothing(settings, worker):
    order = make_order()
    settings.EASYECOM_BASE_URL = ELSEWHERE

    with pytest.raises(CommandError) as refused:
        call_command("reconcile", seller=order.seller.code)

    assert str(refused.value) == (
        "EASYECOM_BASE_URL is https://elsewhere.easyecom.test here; the database is bound to "
        "https://api.easyecom.test. Nothing was done. Give this process the environment that the "
        "workers have."
    )
    assert not Hold.objects.exists()
    assert SyncJob.objects.get().kind == SyncJob.Kind.ORDER


def test_another_environment_is_named_too(settings, worker):
    settings.BOOON_ENVIRONMENT, settings.EASYECOM_BASE_URL = "staging", ELSEWHERE

    with pytest.raises(CommandError, match=r"^BOOON_ENVIRONMENT is staging here; .*EASYECOM_BASE"):
        call_command("reconcile", seller=make_seller().code)

    assert not Hold.objects.exists()


def test_onboarding_with_another_address_takes_nothing_in(settings, worker, tmp_path):
    (tmp_path / "seller.json").write_text(json.dumps(SELLER))
    settings.EASYECOM_BASE_URL = ELSEWHERE

    with pytest.raises(CommandError, match="EASYECOM_BASE_URL is"):
        call_command("onboard_seller", str(tmp_path / "seller.json"))

    assert not Seller.objects.exists()
    assert not Hold.objects.exists()


def test_without_a_worker_everything_is_held_and_the_command_says_so(settings, worker):
    seller = make_seller()
    worker.delete()
    settings.EASYECOM_BASE_URL = ELSEWHERE

    with pytest.raises(CommandError, match="No worker watches it, so everything is held"):
        call_command("reconcile", seller=seller.code)

    assert Hold.objects.over_everything().doubts_database


def test_web_server_with_another_address_leaves_its_job_to_the_workers(
    settings, worker, easyecom, monkeypatch
):
    order = make_order()
    right = settings.EASYECOM_BASE_URL
    settings.EASYECOM_BASE_URL = ELSEWHERE

    engine.run([order.sync_job.pk], 20)

    order.refresh_from_db()
    assert "EASYECOM_BASE_URL is" in order.blocked_message
    assert not Hold.objects.exists()
    assert len(easyecom.calls) == 0

    settings.EASYECOM_BASE_URL = right
    monkeypatch.setenv("BOOON_WORKER_ID", "w")
    engine.drain(10)
    assert ApiCall.objects.filter(job=order.sync_job).exists()


def test_worker_with_another_address_holds_everything_as_ever(settings, worker, monkeypatch):
    """A host set up for elsewhere, on this database: nobody knows which of the two is right."""
    monkeypatch.setenv("BOOON_WORKER_ID", "other")
    settings.EASYECOM_BASE_URL = ELSEWHERE

    engine.drain(1)

    assert Hold.objects.over_everything().doubts_database


def doubted() -> Hold:
    """A restored database, which its workers hold."""
    return holds.hold(None, "This database is older.", actor="console", doubts_database=True)


def test_release_from_a_shell_with_another_address_binds_nothing(settings, worker):
    doubted()
    bound = Binding.objects.latest()
    settings.EASYECOM_BASE_URL = ELSEWHERE

    with pytest.raises(CommandError, match="EASYECOM_BASE_URL is"):
        call_command("release", reason="It is the backup of today")

    assert Hold.objects.over_everything()
    assert Binding.objects.latest() == bound


def test_release_where_the_copy_is_to_run_binds_it_there(settings, worker):
    settings.EASYECOM_BASE_URL = ELSEWHERE
    Watcher("w").look()

    call_command("release", reason="A copy to rehearse with")

    assert Hold.objects.over_everything() is None
    assert Binding.objects.latest().base_url == ELSEWHERE


def test_release_of_a_persons_hold_asks_for_no_settings(settings, worker):
    holds.hold(None, "A drill.", actor="asha")
    settings.EASYECOM_BASE_URL = ELSEWHERE

    call_command("release", reason="Over")

    assert Hold.objects.over_everything() is None
