import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.catalog import stock
from integration.models import Change, Delivery, StockEntry, StockLevel, UnmappedSku
from integration.webhooks import processing
from tests.examples import examples
from tests.factories import make_location
from tests.integration import deliveries
from tests.integration.deliveries import levels

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def ledger(sku):
    entries = StockEntry.objects.filter(sku=sku).order_by("pk")
    return list(entries.values_list("previous", "quantity"))


def test_a_new_level_has_a_ledger_row_and_a_change():
    location = make_location()
    delivery = deliveries.inventory(location, ("KURTA", 5))

    processing.drain()

    level = StockLevel.objects.get()
    assert (level.sku, level.quantity, level.previous) == ("KURTA", 5, None)
    assert (level.seller, level.arrival, level.line) == (location.seller, delivery.pk, 0)
    entry = StockEntry.objects.get()
    assert (entry.delivery, entry.line, entry.at) == (delivery, 0, level.updated_at)
    change = Change.objects.get()
    assert (change.type, change.seller, change.location) == (
        "stock.updated",
        location.seller,
        location,
    )
    assert change.data == {"sku": "KURTA", "quantity": 5, "previous": None}


def test_five_four_five_is_three_facts():
    location = make_location()
    for quantity in (5, 4, 5):
        deliveries.inventory(location, ("KURTA", quantity))
        processing.drain()

    assert ledger("KURTA") == [(None, 5), (5, 4), (4, 5)]
    assert [change.data["previous"] for change in Change.objects.order_by("pk")] == [None, 5, 4]


def test_the_same_quantity_again_moves_the_arrival_and_tells_nobody():
    location = make_location()
    deliveries.inventory(location, ("KURTA", 5))
    processing.drain()
    before = StockLevel.objects.get()
    second = deliveries.inventory(location, ("KURTA", 5))
    processing.drain()

    level = StockLevel.objects.get()
    assert level.arrival == second.pk
    assert level.updated_at == before.updated_at
    assert Change.objects.count() == StockEntry.objects.count() == 1


def test_an_older_delivery_changes_nothing():
    location = make_location()
    older = deliveries.inventory(location, ("KURTA", 9))
    newer = deliveries.inventory(location, ("KURTA", 2))
    Delivery.objects.filter(pk=older.pk).update(status="asked")
    processing.drain()
    Delivery.objects.filter(pk=older.pk).update(status="stored")
    processing.drain()

    assert levels(location) == {"KURTA": 2}
    assert StockLevel.objects.get().arrival == newer.pk
    assert ledger("KURTA") == [(None, 2)]


def test_the_last_of_two_lines_of_a_body_counts():
    location = make_location()
    deliveries.inventory(location, ("KURTA", 3), ("SARI", 1), ("KURTA", 8))
    processing.drain()

    assert levels(location) == {"KURTA": 8, "SARI": 1}
    assert ledger("KURTA") == [(None, 8)]


def test_the_same_sku_of_two_locations_is_two_levels():
    one, other = make_location(), make_location()
    deliveries.inventory(one, ("KURTA", 3))
    deliveries.inventory(other, ("KURTA", 7))
    processing.drain()

    assert (levels(one), levels(other)) == ({"KURTA": 3}, {"KURTA": 7})


def test_more_levels_than_a_chunk_are_all_written(monkeypatch):
    monkeypatch.setattr(stock, "CHUNK", 7)
    location = make_location()
    deliveries.inventory(location, *((f"SKU-{n}", n) for n in range(50)))
    processing.drain()

    assert levels(location) == {f"SKU-{n}": n for n in range(50)}
    assert StockEntry.objects.count() == Change.objects.count() == 50


def test_five_thousand_levels_are_one_statement():
    location = make_location()
    deliveries.inventory(location, *((f"SKU-{n}", n) for n in range(5000)))
    with CaptureQueriesContext(connection) as queries:
        processing.drain()

    assert sum("INTO integration_stocklevel" in query["sql"] for query in queries) == 1
    assert StockLevel.objects.count() == 5000


@pytest.mark.parametrize(
    "sku",
    ["'; DROP TABLE x; --", "{{7*7}} %s ${a}", "कुर्ता", "😀", '"\\', "<script>", "0123"],
)
def test_a_sku_is_kept_letter_by_letter(sku):
    location = make_location()
    deliveries.inventory(location, (sku, 1))
    processing.drain()

    assert levels(location) == {sku: 1}
    assert Change.objects.get().data["sku"] == sku


@given(
    quantities=st.lists(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3)), min_size=1, max_size=3),
        min_size=1,
        max_size=5,
    ),
    data=st.data(),
)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_and_any_repeats_end_in_the_highest_arrival(quantities, data):
    location = make_location()
    sent = [deliveries.inventory(location, *lines) for lines in quantities]
    Delivery.objects.filter(location=location).update(status="asked")
    order = data.draw(
        st.permutations([*sent, *data.draw(st.lists(st.sampled_from(sent), max_size=4))])
    )
    while order:
        size = data.draw(st.integers(1, len(order)))
        together, order = order[:size], order[size:]
        Delivery.objects.filter(pk__in=[one.pk for one in together]).update(status="stored")
        processing.drain()

    expected = {sku: quantity for lines in quantities for sku, quantity in lines}
    assert levels(location) == expected
    for sku, quantity in expected.items():
        entries = StockEntry.objects.filter(location=location, sku=sku).order_by("pk")
        steps = list(entries.values_list("previous", "quantity"))
        assert steps[0][0] is None
        assert [before for before, _ in steps[1:]] == [after for _, after in steps[:-1]]
        assert steps[-1][1] == quantity
        arrivals = [(entry.delivery_id, entry.line) for entry in entries]
        assert arrivals == sorted(set(arrivals))
    told_booon = Change.objects.filter(location=location)
    assert told_booon.count() == StockEntry.objects.filter(location=location).count()


def test_sku_that_is_new_to_its_location_and_no_product_has_is_named_once():
    location, other = make_location(), make_location()
    first = deliveries.inventory(location, ("KURTA", 5))
    processing.drain()
    deliveries.inventory(location, ("KURTA", 4))
    processing.drain()

    row = UnmappedSku.objects.get()
    assert (row.sku, row.source, row.delivery) == ("KURTA", "delivery", first)
    assert (row.seller, row.location) == (location.seller, location)
    assert row.named_at == StockEntry.objects.earliest("pk").at

    second = deliveries.inventory(other, ("KURTA", 1))
    processing.drain()
    assert UnmappedSku.objects.get(location=other).delivery == second


def test_levels_of_a_batch_are_written_by_location_and_sku_however_they_were_told():
    one, two = make_location(), make_location()
    later = deliveries.inventory(two, ("B", 1), ("A", 2))
    deliveries.inventory(one, ("C", 3))

    processing.drain()

    entries = StockEntry.objects.order_by("pk").values_list("location", "sku")
    assert list(entries) == [(one.pk, "C"), (two.pk, "A"), (two.pk, "B")]
    assert later.pk < Delivery.objects.latest("pk").pk
