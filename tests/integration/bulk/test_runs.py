"""Bulk runs: a list frozen, asked for a few rows at a time, and each row's result written down."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from booon_console.lib import clock
from integration.bulk import runs, selection
from integration.models import (
    ApiCall,
    BulkItem,
    BulkRun,
    Delivery,
    ErrorMessage,
    Event,
    KnownError,
    Order,
    Product,
    Quota,
    SyncJob,
)
from integration.sync import holds
from integration.webhooks import processing
from sellers.models import Location, Seller
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.conftest import API, CREATED, NOT_FOUND, REFUSED
from tests.integration.conftest import run as carry
from tests.integration.deliveries import manifest_row

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def refused_orders(count: int, location: Location | None = None) -> list[Order]:
    location = location or make_location()
    orders = [make_order(location) for _ in range(count)]
    Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        blocked_reason="rejected", blocked_detail="product/sku does not exist"
    )
    stand_still(*orders)
    return orders


def stand_still(*orders: Order, **fields: Any) -> None:
    fields = {"status": "failed", "due_at": None, "error_code": "rejected"} | fields
    SyncJob.objects.filter(order__in=orders).update(**fields)


def refusal(order: Order, error: ErrorMessage) -> ApiCall:
    job = SyncJob.objects.get(order=order)
    return ApiCall.objects.create(
        job=job,
        seller_id=job.seller_id,
        location_id=job.location_id,
        order=order,
        kind="create_order",
        is_write=True,
        is_open=False,
        method="POST",
        path="/",
        outcome="rejected",
        error=error,
        started_at=NOW,
    )


def message(words: str, **fields: Any) -> ErrorMessage:
    return ErrorMessage.objects.create(
        digest=words, shape=words, sample=words, first_at=NOW, last_at=NOW, **fields
    )


def frozen() -> BulkRun:
    run = selection.jobs(SyncJob.objects.all(), filters="status=failed", actor="asha", now=NOW)
    assert run is not None
    return run


def started(run: BulkRun | None = None) -> BulkRun:
    run = run or frozen()
    assert runs.start(run, reason="EasyEcom has the SKUs now", actor="asha")
    return run


def step(run: BulkRun) -> None:
    BulkRun.objects.filter(pk=run.pk, due_at__isnull=False).update(due_at=clock.now())
    runs.drain()
    run.refresh_from_db()


def results(run: BulkRun) -> list[str]:
    return list(run.items.order_by("pk").values_list("result", flat=True))


# Freezing ------------------------------------------------------------------------------------


def test_freezing_writes_the_ids_down_and_later_rows_are_not_among_them():
    first, second = refused_orders(2)
    run = frozen()
    refused_orders(1)

    assert [item.job.order for item in run.items.order_by("pk")] == [first, second]
    assert (run.size, run.state, run.frozen_by) == (2, "frozen", "asha")
    assert run.filters == "status=failed"
    assert list(run.sellers.all()) == [first.seller]
    assert set(SyncJob.objects.values_list("status", flat=True)) == {"failed"}


def test_what_is_well_or_cancelled_is_not_frozen():
    (stuck,) = refused_orders(1)
    stand_still(make_order(), status="succeeded", error_code="")
    stand_still(make_order(), status="cancelled", error_code="")

    run = frozen()

    assert [item.job.order for item in run.items.all()] == [stuck]


def test_nothing_to_freeze_is_no_run():
    found = SyncJob.objects.all()

    assert selection.jobs(found, filters="", actor="asha", now=NOW) is None
    assert not BulkRun.objects.exists()


def test_a_list_longer_than_a_run_may_be_is_refused(monkeypatch):
    monkeypatch.setattr(selection, "MOST", 2)
    refused_orders(3)

    with pytest.raises(selection.TooMany):
        frozen()
    assert not BulkItem.objects.exists()


@pytest.mark.parametrize(
    ("blocked", "outlook", "calls"),
    [
        ("rejected", "rejected", 1),
        ("awb_conflict", "awb_conflict", 1),
        ("cancelled_at_easyecom", "cancelled_at_easyecom", 1),
        ("unreachable", "", 1),
        ("awb_late", "nothing_to_send", 0),
        ("not_found", "", 1),
    ],
)
def test_item_says_what_would_end_the_same_way_again(blocked, outlook, calls):
    order = make_order() if calls else pushed(make_order())
    order.mark_blocked(blocked)
    stand_still(order)

    item = frozen().items.get()

    assert (item.reason, item.outlook, item.calls) == (blocked, outlook, calls)


def test_refusal_that_the_dictionary_calls_passing_may_go_through():
    known = KnownError.objects.create(
        pattern="try later", sentence="S", next_step="N", is_retryable=True
    )
    passing, lasting = refused_orders(2)
    refusal(passing, message("bad sku"))
    refusal(passing, message("try later", known=known))
    refusal(lasting, message("bad name"))

    items = frozen().items.order_by("pk")

    assert [item.outlook for item in items] == ["", "rejected"]
    assert [item.error.shape for item in items] == ["try later", "bad name"]


def test_refusal_may_go_through_once_a_product_of_the_order_changed():
    (order,) = refused_orders(1)
    SyncJob.objects.update(updated_at=NOW - timedelta(hours=2))
    product = Product.objects.create(
        seller=order.seller, location=order.location, sku="KURTA-RED-M", seen_at=NOW
    )
    assert frozen().items.get().outlook == "rejected"

    product.changed_at = NOW - timedelta(hours=1)
    product.save()

    assert BulkItem.objects.get(run=frozen()).outlook == ""


def test_refused_shipment_may_go_through_once_it_was_changed():
    order = pushed(make_order())
    order.mark_blocked("awb_rejected")
    stand_still(order)
    SyncJob.objects.update(updated_at=NOW - timedelta(hours=2))
    shipment = make_shipment(order)
    shipment.__class__.objects.update(updated_at=NOW - timedelta(hours=3))
    assert frozen().items.get().outlook == "rejected"

    shipment.__class__.objects.update(updated_at=NOW - timedelta(hours=1))

    assert BulkItem.objects.get(run=frozen()).outlook == ""


def test_orders_of_a_location_that_is_not_live_or_not_let_in_would_wait_again():
    new = make_order(make_location(live=False))
    new.mark_blocked("location_not_live")
    stand_still(new, status="succeeded", error_code="")
    shut = make_order(make_location(login_trouble="refused"))
    shut.mark_blocked("credentials_refused")
    stand_still(shut, status="pending", error_code="credentials_refused")

    items = frozen().items.order_by("pk")

    assert [item.outlook for item in items] == ["location_not_live", "credentials_refused"]
    assert [item.calls for item in items] == [0, 1]


def test_order_with_its_shipment_waiting_takes_two_calls():
    (order,) = refused_orders(1)
    make_shipment(order)

    assert frozen().items.get().calls == 2


# Going ---------------------------------------------------------------------------------------


def test_a_step_asks_for_a_few_of_each_seller_and_no_more_while_they_are_under_way(monkeypatch):
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    one, other = make_location(), make_location()
    refused_orders(5, one)
    refused_orders(1, other)
    run = started()

    step(run)
    step(run)

    wanted = SyncJob.objects.filter(status="pending")
    assert wanted.filter(location=one).count() == 2
    assert wanted.filter(location=other).count() == 1
    assert sorted(results(run)) == ["", "", "", "asked", "asked", "asked"]


def test_rows_that_came_to_rest_make_room_for_the_next(monkeypatch):
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    refused_orders(3)
    run = started()
    step(run)
    SyncJob.objects.filter(status="pending").update(status="succeeded", due_at=None)
    Order.objects.update(blocked_reason="")

    step(run)

    assert results(run) == ["done", "done", "asked"]


def test_results_are_what_the_outbox_made_of_them(easyecom):
    first, second = refused_orders(2)
    run = started()
    step(run)
    created = CREATED | {"message": f"{first.order_number} created successfully"}
    easyecom.post(f"{API}/webhook/v2/createOrder", json=created)
    easyecom.post(f"{API}/webhook/v2/createOrder", json=REFUSED)
    easyecom.get(f"{API}/orders/V2/getOrderDetails", json=NOT_FOUND)
    carry(first.sync_job)
    carry(second.sync_job)

    step(run)

    assert results(run) == ["done", "failed"]
    assert "product/sku does not exist" in run.items.get(result="failed").message
    assert (run.state, run.due_at, run.ended_at is None) == ("done", None, False)
    first.refresh_from_db()
    assert first.stage == "awaiting_carrier"


@pytest.mark.parametrize(
    ("status", "code", "later", "result"),
    [
        ("in_doubt", "in_doubt", 60, "in_doubt"),
        ("pending", "not_sent", 60, "postponed"),
        ("pending", "awaiting_log_in", 60, "asked"),
        ("pending", "rate_limited", 60, "asked"),
        ("cancelled", "", None, "left"),
    ],
)
def test_result_is_what_the_job_rests_at_and_a_moments_wait_is_none(status, code, later, result):
    refused_orders(1)
    run = started()
    step(run)
    due_at = later and clock.now() + timedelta(seconds=later)
    SyncJob.objects.update(status=status, error_code=code, due_at=due_at)

    step(run)

    assert results(run) == [result]


def test_order_that_waits_for_its_location_is_postponed_with_that_reason(easyecom):
    order = make_order(make_location(live=False))
    order.mark_blocked("location_not_live")
    stand_still(order, status="succeeded", error_code="")
    run = started()
    step(run)
    carry(order.sync_job)

    step(run)

    item = run.items.get()
    assert item.result == "postponed"
    assert item.message.startswith("Its location is not live yet.")


def test_nothing_is_asked_of_an_account_without_calls_left_today():
    seller = make_seller(daily_quota=10)
    refused_orders(1, make_location(seller=seller))
    refused_orders(1)
    today = timezone.localdate()
    Quota.objects.create(
        seller=seller,
        full_at=NOW,
        day=today,
        used_today=10,
        spent_until=NOW + timedelta(hours=1),
    )
    run = started()

    step(run)

    assert results(run) == ["", "asked"]
    assert run.due_at is not None


def test_held_seller_is_foreseen_and_its_rows_wait_in_the_run_until_the_release():
    (order,) = refused_orders(1)
    refused_orders(1)
    hold = holds.hold(order.seller, "Their catalog is being rebuilt.", actor="asha")
    run = started()
    assert [item.outlook for item in run.items.order_by("pk")] == ["held", "rejected"]

    step(run)
    assert results(run) == ["", "asked"]
    holds.release(hold, "It is rebuilt.", actor="asha")
    step(run)

    assert results(run) == ["asked", "asked"]


def test_each_row_asked_for_is_an_event_of_who_started_it():
    (order,) = refused_orders(1)
    run = started()
    step(run)

    event = Event.objects.get(kind="retry")
    assert (event.actor, event.order, event.job) == ("asha", order, order.sync_job)
    assert event.sentence == f"Retry asked for in bulk run {run.pk}."
    said = list(Event.objects.filter(kind="bulk").values_list("sentence", flat=True))
    assert said == [f"{run}: prepared.", f"{run}: started. EasyEcom has the SKUs now"]


def test_run_starts_once():
    refused_orders(1)
    run = started()

    assert not runs.start(run, reason="again", actor="vik")
    run.refresh_from_db()
    assert (run.reason, run.started_by) == ("EasyEcom has the SKUs now", "asha")


def test_paused_run_asks_for_nothing_more_but_sees_what_it_asked_for_end(monkeypatch):
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    refused_orders(2)
    run = started()
    step(run)
    assert runs.move(run, "pause", actor="asha")
    SyncJob.objects.filter(status="pending").update(status="failed", due_at=None)

    step(run)
    step(run)

    assert results(run) == ["failed", ""]
    assert (run.state, run.due_at) == ("paused", None)
    assert runs.move(run, "resume", actor="asha")
    step(run)
    assert results(run) == ["failed", "asked"]


def test_cancelled_run_leaves_the_rest_out_and_ends_with_what_it_asked_for(monkeypatch):
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    refused_orders(2)
    run = started()
    step(run)

    assert runs.move(run, "cancel", actor="asha")
    step(run)
    assert (results(run), run.ended_at) == (["asked", "left"], None)

    SyncJob.objects.filter(status="pending").update(status="failed", due_at=None)
    step(run)

    assert results(run) == ["failed", "left"]
    assert (run.state, run.due_at, run.ended_at is None) == ("cancelled", None, False)
    assert not runs.move(run, "resume", actor="asha")


def test_whoever_dies_in_the_middle_of_a_step_has_done_nothing_of_it(monkeypatch):
    refused_orders(2)
    run = started()

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(runs, "rest", die)
        runs.drain()
    assert results(run) == ["", ""]
    assert set(SyncJob.objects.values_list("status", flat=True)) == {"failed"}
    assert not Event.objects.filter(kind="retry").exists()

    step(run)
    assert results(run) == ["asked", "asked"]


def test_step_is_not_due_again_within_its_second():
    refused_orders(1)
    run = started()
    step(run)

    assert runs.drain() == 0
    assert not runs.has_due()


# Replay --------------------------------------------------------------------------------------


def replay_all() -> BulkRun:
    run = selection.deliveries(Delivery.objects.all(), filters="", actor="asha", now=NOW)
    assert run is not None
    return run


def test_replay_of_many_applies_what_can_be_applied_now():
    location = make_location()
    order = pushed(make_order(location))
    number = order.order_number
    Order.objects.filter(pk=order.pk).update(order_number="not-yet", easyecom_invoice_id="0")
    row = manifest_row(order, reference_code=number)
    deliveries.manifested(location, row)
    deliveries.inventory(location, ("A", 0.5))
    processing.drain()
    assert [item.outlook for item in replay_all().items.order_by("pk")] == [
        "order_unknown",
        "same_body",
    ]
    Order.objects.filter(pk=order.pk).update(
        order_number=number, easyecom_invoice_id=row["invoice_id"]
    )

    run = replay_all()
    assert [item.outlook for item in run.items.order_by("pk")] == ["", "same_body"]
    started(run)
    step(run)
    assert results(run) == ["asked", "asked"]
    processing.drain()
    step(run)

    assert results(run) == ["done", "failed"]
    assert run.state == "done"
    order.refresh_from_db()
    assert order.stage == "manifested"
    assert Event.objects.filter(kind="replay", actor="asha").count() == 2


def test_delivery_without_its_body_is_not_frozen_and_one_that_lost_it_is_left_out():
    location = make_location()
    kept = deliveries.inventory(location, ("A", 0.5))
    deliveries.inventory(
        location,
        ("B", 0.5),
    )
    processing.drain()
    Delivery.objects.exclude(pk=kept.pk).update(body=b"", body_deleted_at=NOW)
    run = started(replay_all())
    assert run.size == 1
    Delivery.objects.update(body=b"", body_deleted_at=NOW)

    step(run)
    step(run)

    assert results(run) == ["left"]


def test_ten_thousand_rows_are_frozen_by_few_statements(django_assert_max_num_queries):
    seller = make_seller()
    location = make_location(seller=seller)
    refused_orders(30, location)

    with django_assert_max_num_queries(12):
        frozen()
    assert Seller.objects.get(pk=seller.pk) in BulkRun.objects.get().sellers.all()
