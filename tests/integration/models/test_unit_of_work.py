"""What a turn writes at its end: as each row alone would have been written."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from integration.models import (
    Event,
    Order,
    ShipmentDetails,
    SyncJob,
    many_rows,
    record_event,
    unit_of_work,
)
from tests.factories import make_location, make_order, make_shipment
from tests.only_on import postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def orders():
    location = make_location()
    return [make_order(location) for _ in range(3)]


def columns(row, *names):
    return type(row).objects.values_list(*names).get(pk=row.pk)


def test_rows_get_each_their_own_values_of_every_type(orders):
    moment = timezone.now() - timedelta(days=3, microseconds=7)
    values = [
        {
            "collectable_amount": Decimal("1234.50") + n,
            "doubt_since": None if n else moment,
            "doubt": "" if n else "unknown",
            "refused_lines": [{"line_id": f"'{n}", "message": 'say "no"; %s'}],
            "package": None if n else {"weight_g": 500},
            "is_number_spent": bool(n),
            "look_ups": n,
            "blocked_detail": f"%s ₹ '{n}'",
        }
        for n in range(3)
    ]

    with transaction.atomic(), unit_of_work.gathered():
        for order, each in zip(orders, values, strict=True):
            order.change(**each)

    for order, each in zip(orders, values, strict=True):
        assert columns(order, *each) == tuple(each.values())


def test_what_was_changed_is_written_and_no_other_column_or_row(orders):
    first, second, third = orders
    Order.objects.update(blocked_detail="meanwhile")
    before = Order.objects.values().get(pk=third.pk)
    changed_at = columns(first, "updated_at")[0]

    with transaction.atomic(), unit_of_work.gathered():
        first.change(look_ups=4)
        second.change(queue_id="9")
        first.change(queue_id="8")

    assert columns(first, "look_ups", "queue_id", "blocked_detail") == (4, "8", "meanwhile")
    assert columns(second, "look_ups", "queue_id", "blocked_detail") == (0, "9", "meanwhile")
    assert columns(first, "updated_at")[0] > changed_at
    assert Order.objects.values().get(pk=third.pk) == before


def test_column_that_is_no_fact_leaves_the_time_of_the_last_change(orders):
    shipment = make_shipment(orders[0])
    before = columns(shipment, "updated_at")
    shipment.assign_begun_at = timezone.now()

    with transaction.atomic(), unit_of_work.gathered():
        unit_of_work.save(shipment, "assign_begun_at")

    assert columns(shipment, "updated_at") == before
    assert ShipmentDetails.objects.get().assign_begun_at == shipment.assign_begun_at


def test_nothing_is_written_before_the_end_and_nothing_after_a_fault(orders):
    events = Event.objects.count()

    def change():
        with transaction.atomic(), unit_of_work.gathered():
            orders[0].change(look_ups=4)
            record_event("stage", "Said", at=timezone.now(), order=orders[0])
            assert (columns(orders[0], "look_ups"), Event.objects.count()) == ((0,), events)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()

    assert (columns(orders[0], "look_ups"), Event.objects.count()) == ((0,), events)
    # And from here on each is written at once again.
    record_event("stage", "Said", at=timezone.now(), order=orders[0])
    assert Event.objects.count() == events + 1


def test_events_of_a_turn_keep_their_sequence(orders):
    with transaction.atomic(), unit_of_work.gathered():
        for said in "abc":
            for order in orders:
                record_event("stage", said, at=timezone.now(), order=order)

    told = orders[1].events.filter(kind="stage").order_by("pk")
    assert list(told.values_list("sentence", flat=True)) == ["a", "b", "c"]


def test_row_that_is_gone_is_a_fault(orders):
    SyncJob.objects.filter(order=orders[0]).delete()
    gone = Order.objects.get(pk=orders[0].pk)
    gone.pk = 0

    with pytest.raises(DatabaseError), transaction.atomic(), unit_of_work.gathered():
        gone.change(look_ups=1)


@postgresql("it alone refuses a text that is too long")
def test_text_that_is_too_long_is_refused_and_not_cut(orders):
    with pytest.raises(DatabaseError), transaction.atomic(), unit_of_work.gathered():
        for order in orders:
            order.change(queue_id="9" * 33)

    assert not Order.objects.exclude(queue_id="").exists()


def test_further_condition_leaves_rows_out(orders):
    orders[1].change(look_ups=7)
    rows = [(order.pk, "said") for order in orders]

    changed = many_rows.update(Order, ["blocked_detail"], rows, only="kept.look_ups < 7")

    assert changed == 2
    assert columns(orders[1], "blocked_detail") == ("",)
