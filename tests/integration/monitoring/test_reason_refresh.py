"""Reasons that no event of the order's own corrects are put right by the schedule."""

from datetime import timedelta

import pytest

from booon_console.lib import clock
from integration.models import Order, SyncJob
from integration.monitoring import reason_refresh
from tests.factories import make_location, make_order, make_shipment, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def ago(**span):
    return clock.now() - timedelta(**span)


def reasons():
    return list(Order.objects.order_by("pk").values_list("blocked_reason", flat=True))


def test_log_in_that_is_taken_again_frees_the_other_orders_at_once():
    well, refused = make_location(), make_location(login_trouble="refused")
    orders = [make_order(each, blocked_reason="credentials_refused") for each in (well, refused)]
    SyncJob.objects.update(due_at=ago(minutes=-60), status="pending")

    assert reason_refresh.renew() == 1

    assert reasons() == ["", "credentials_refused"]
    due = [order.sync_job.due_at <= clock.now() for order in Order.objects.order_by("pk")]
    assert due == [True, False]
    assert reason_refresh.renew() == 0
    assert orders[0].pk != orders[1].pk


def test_late_orders_are_marked_and_in_time_again_when_the_limit_is_raised(settings):
    settings.AWB_LIMIT_HOURS = settings.MANIFEST_LIMIT_HOURS = 2
    location = make_location()
    late, unmanifested = pushed(make_order(location)), pushed(make_order(location))
    make_shipment(unmanifested, assigned_at=ago(hours=3))
    unmanifested.change(stage="carrier_assigned")
    late.change(pushed_at=ago(hours=3))

    assert reason_refresh.renew() == 2
    assert reasons() == ["awb_late", "not_manifested"]
    settings.AWB_LIMIT_HOURS = settings.MANIFEST_LIMIT_HOURS = 4

    assert reason_refresh.renew() == 2
    assert reasons() == ["", ""]


def test_doubt_without_a_reason_is_named_after_a_while():
    old, fresh = (
        make_order(doubt="unknown", doubt_since=ago(minutes=minutes)) for minutes in (6, 1)
    )

    assert reason_refresh.renew() == 1

    assert reasons() == ["in_doubt", ""]
    assert Order.objects.get(pk=old.pk).blocked_since is not None
    assert fresh.blocked_reason == ""


def test_reasons_that_hold_are_left_alone():
    location = make_location()
    held = ["rejected", "not_found", "unreachable", "rate_limited", "awb_rejected", "in_doubt"]
    for reason in held:
        doubt = {"doubt": "unknown", "doubt_since": ago(hours=1)} if reason == "in_doubt" else {}
        make_order(location, blocked_reason=reason, **doubt)
    before = list(Order.objects.order_by("pk").values_list("updated_at", flat=True))

    assert reason_refresh.renew() == 0

    assert reasons() == held
    assert list(Order.objects.order_by("pk").values_list("updated_at", flat=True)) == before


def test_more_than_one_chunk_is_renewed(monkeypatch):
    monkeypatch.setattr(reason_refresh, "AT_ONCE", 2)
    location = make_location()
    for _ in range(5):
        make_order(location, blocked_reason="credentials_refused")

    assert reason_refresh.renew() == 5
    assert set(reasons()) == {""}


def test_call_that_was_forbidden_keeps_its_own_clock():
    make_order(blocked_reason="access_forbidden")
    SyncJob.objects.update(due_at=ago(minutes=-15), status="pending", error_code="access_forbidden")

    assert reason_refresh.renew() == 0

    assert reasons() == ["access_forbidden"]
    assert SyncJob.objects.get().due_at > clock.now()
