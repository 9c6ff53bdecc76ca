"""What a replay would change is told without changing it, and is what the replay then does."""

import pytest
from django.apps import apps

from integration.feed import feed
from integration.models import Change, ChangeCounter, Delivery, Event, StockEntry
from integration.webhooks import preview, processing
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.deliveries import levels, manifest_row

pytestmark = pytest.mark.django_db


def whole_database() -> dict[str, list[dict]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("integration", "sellers", "django_q")
    }


def parked_levels():
    """A delivery with a bad line, of which one level was overtaken since and one never applied."""
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 5), ("B", 7), ("C", 0.5))
    processing.drain()
    return location, delivery


def test_nothing_in_the_database_is_changed_by_it():
    location, delivery = parked_levels()
    location.stock_levels.filter(sku="B").delete()
    order = pushed(make_order(location))
    manifest = deliveries.manifested(
        location, manifest_row(order, reference_code="BN-unknown", invoice_id=1)
    )
    processing.drain()
    feed.read(None, 100)
    order.change(order_number="BN-unknown", easyecom_invoice_id="1")
    before = whole_database()

    found = preview.preview_of([delivery.pk, manifest.pk])

    assert not found.changes_nothing
    assert whole_database() == before


def test_no_number_of_the_feed_is_used():
    location, delivery = parked_levels()
    feed.read(None, 100)
    last = ChangeCounter.objects.get().last
    location.stock_levels.all().delete()

    preview.preview_of([delivery.pk])

    assert not feed.has_unnumbered()
    assert ChangeCounter.objects.get().last == last
    assert [change.cursor for change in Change.objects.order_by("cursor")] == [1, 2]


def test_levels_are_told_old_and_new_as_the_replay_then_writes_them():
    location, delivery = parked_levels()
    location.stock_levels.filter(sku="A").update(quantity=9, arrival=delivery.pk - 1)
    location.stock_levels.filter(sku="B").delete()
    known = set(StockEntry.objects.values_list("pk", flat=True))

    found = preview.preview_of([delivery.pk])

    told = [(each.sku, each.previous, each.quantity) for each in found.entries]
    assert told == [("A", 9, 5), ("B", None, 7)]
    (verdict,) = found.deliveries
    assert (verdict.status, verdict.lines_applied, verdict.lines) == ("partly", 2, 3)
    assert [(line.line, line.reason, line.sku) for line in found.parked] == [(2, "bad_level", "C")]
    processing.replay(Delivery.objects.filter(pk=delivery.pk))
    processing.drain()
    written = StockEntry.objects.exclude(pk__in=known).order_by("line")
    assert [(each.sku, each.previous, each.quantity) for each in written] == told
    assert levels(location) == {"A": 5, "B": 7}


def test_stage_that_an_order_would_reach_is_told_and_reached():
    location = make_location()
    order = pushed(make_order(location))
    make_shipment(order, awb_number="8900000001")
    row = manifest_row(order)
    order.change(order_number="not-yet", easyecom_invoice_id="0")
    delivery = deliveries.manifested(location, row)
    processing.drain()
    assert preview.preview_of([delivery.pk]).changes_nothing
    order.change(order_number=row["reference_code"], easyecom_invoice_id=str(row["invoice_id"]))

    told = [event.sentence for event in preview.preview_of([delivery.pk]).events]

    assert told[-1] == "Awaiting carrier → Manifested"
    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    known = set(Event.objects.values_list("pk", flat=True))
    processing.replay(Delivery.objects.filter(pk=delivery.pk))
    processing.drain()
    written = Event.objects.exclude(pk__in=known).order_by("pk")
    assert [event.sentence for event in written] == told


def test_what_newer_deliveries_said_would_change_nothing():
    location, delivery = parked_levels()
    deliveries.inventory(location, ("A", 1), ("B", 1))
    processing.drain()

    found = preview.preview_of([delivery.pk])

    assert found.changes_nothing
    assert levels(location) == {"A": 1, "B": 1}


def test_body_that_can_not_be_read_says_so_again():
    delivery = deliveries.stored(make_location(), "inventory", b"<html>")
    processing.drain()

    found = preview.preview_of([delivery.pk])

    assert [each.reason for each in found.deliveries] == ["html"]
    assert found.changes_nothing


def test_console_fault_in_it_is_told_and_not_raised(monkeypatch):
    _, delivery = parked_levels()

    def broken(told: list[object], now: object) -> None:
        if told:
            raise ZeroDivisionError

    monkeypatch.setattr("integration.catalog.stock.apply", broken)
    found = preview.preview_of([delivery.pk])

    assert [each.reason for each in found.deliveries] == ["internal_error"]
    delivery.refresh_from_db()
    assert delivery.reason == "bad_level"


def test_no_more_than_some_are_tried_together(monkeypatch):
    monkeypatch.setattr(preview, "MOST", 1)
    location, first = parked_levels()
    second = deliveries.inventory(location, ("A", 6))

    found = preview.preview_of([second.pk, first.pk])

    assert [each.pk for each in found.deliveries] == [first.pk]
