from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import ApiCall, BulkItem, BulkRun, Delivery, ParkedLine, Refusal
from integration.worker import retention
from sellers.models import StaffSession
from tests.factories import make_location, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = timezone.now()
OLD = NOW - timedelta(days=30, minutes=1)
RECENT = NOW - timedelta(days=29, hours=23)


def make_call(**fields: object) -> ApiCall:
    job = make_order().sync_job
    fields = {"is_open": False, "started_at": OLD} | fields
    return ApiCall.objects.create(
        job=job,
        seller=job.seller,
        location=job.location,
        order=job.order,
        kind="create_order",
        is_write=True,
        method="POST",
        path="/",
        **fields,
    )


def make_delivery(**fields: object) -> Delivery:
    fields = {"received_at": OLD, "status": "applied", "body": b"{}", "size": 2} | fields
    return Delivery.objects.create(location=make_location(), topic="inventory", **fields)


def test_closed_calls_go_after_30_days():
    make_call()
    recent = make_call(started_at=RECENT)

    assert retention.delete_old(NOW)["api_calls"] == 1
    assert list(ApiCall.objects.all()) == [recent]


def test_open_calls_stay():
    doubtful = make_call(is_open=True)

    retention.delete_old(NOW)

    assert list(ApiCall.objects.all()) == [doubtful]


def test_bodies_go_after_30_days_and_rows_stay():
    old, recent = make_delivery(), make_delivery(received_at=RECENT)
    ParkedLine.objects.create(delivery=old, line=0, reason="unknown_sku", sku="KURTA")

    assert retention.delete_old(NOW)["bodies"] == 1

    old.refresh_from_db()
    assert (bytes(old.body), old.size, old.body_deleted_at) == (b"", 2, NOW)
    assert old.parked_lines.get().sku == "KURTA"
    recent.refresh_from_db()
    assert (bytes(recent.body), recent.body_deleted_at) == (b"{}", None)


@pytest.mark.parametrize("status", ["stored", "asked"])
def test_bodies_that_nobody_judged_stay(status: str):
    delivery = make_delivery(status=status)

    assert retention.delete_old(NOW)["bodies"] == 0

    delivery.refresh_from_db()
    assert bytes(delivery.body) == b"{}"


def test_refusal_counts_and_sessions_go():
    for number, hour in enumerate((OLD, RECENT)):
        Refusal.objects.create(endpoint_id=str(number), cause="token", hour=hour, last_at=hour)
    for key, expires in (("gone", -1), ("valid", 1)):
        StaffSession.objects.create(session_key=key, expire_date=NOW + timedelta(minutes=expires))

    counts = retention.delete_old(NOW)

    assert (counts["refusals"], counts["sessions"]) == (1, 1)
    assert Refusal.objects.get().endpoint_id == "1"
    assert StaffSession.objects.get().session_key == "valid"


def test_many_go_in_chunks(monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    for _ in range(5):
        make_delivery()

    assert retention.delete_old(NOW)["bodies"] == 5


def test_second_run_finds_nothing():
    make_call()
    make_delivery()
    retention.delete_old(NOW)

    assert set(retention.delete_old(NOW).values()) == {0}


def test_nothing_is_deleted_after_the_deadline():
    make_call()

    assert retention.delete_old(NOW, deadline=0)["api_calls"] == 0


def test_bulk_runs_go_after_a_quarter_and_those_never_started_after_a_week():
    job = make_order().sync_job

    def make_run(days: int, **fields: object) -> BulkRun:
        run = BulkRun.objects.create(
            kind="retry", frozen_by="asha", frozen_at=NOW - timedelta(days=days), **fields
        )
        BulkItem.objects.create(run=run, seller=job.seller, job=job)
        return run

    done = {"state": "done", "reason": "R", "started_by": "asha", "started_at": NOW}
    make_run(93, **done)
    make_run(8)
    kept = [make_run(91, **done), make_run(6)]

    counts = retention.delete_old(NOW)

    assert (counts["bulk_items"], counts["bulk_runs"]) == (2, 2)
    assert list(BulkRun.objects.order_by("pk")) == kept
    assert BulkItem.objects.count() == 2
