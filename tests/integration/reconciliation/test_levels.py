"""Levels that nobody can sell by, rows that can't be read, and SKUs that are gone."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.catalog import pull as catalog_pull
from integration.easyecom import Done, InventoryPage, Kind, Level, get_inventory, values
from integration.models import (
    Change,
    Delivery,
    Drift,
    Product,
    ReadBack,
    StockEntry,
    StockLevel,
    SyncJob,
)
from integration.reconciliation import stock_readback
from integration.webhooks import processing
from sellers.models import Location
from tests.examples import examples
from tests.factories import make_location
from tests.integration import deliveries
from tests.integration.admin.rows import make_superuser
from tests.integration.catalog.test_paging import INVENTORY, PRODUCTS, product
from tests.integration.conftest import run
from tests.integration.entrances import case

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DECIMALS = ["3.00", "3.0", 3.0, " 3 "]
FRACTIONS = ["1e2", "3.5", 3.5, "3,0", ""]


@pytest.fixture
def location() -> Location:
    return make_location(location_key="LOCATION_KEY")


def job_of(location: Location, kind: str) -> SyncJob:
    SyncJob.objects.filter(location=location, kind=kind).delete()
    return SyncJob.objects.create(
        kind=kind, seller=location.seller, location=location, due_at=timezone.now()
    )


def tell(location: Location, *lines: Any) -> Delivery:
    """By webhook."""
    delivery = deliveries.inventory(location, *lines)
    processing.drain()
    delivery.refresh_from_db()
    return delivery


def read_back(easyecom: Any, location: Location, *lines: tuple[Any, Any]) -> ReadBack:
    """By asking for all there is."""
    rows = [
        {"sku": sku, "availableInventory": level, "location_key": location.location_key}
        for sku, level in lines
    ]
    page = {"code": 200, "data": {"inventoryData": rows, "nextUrl": None}}
    easyecom.upsert("GET", INVENTORY, json=page)
    run(job_of(location, "stock"))
    processing.drain()
    return ReadBack.objects.latest("pk")


def pull(easyecom: Any, location: Location, *skus: str) -> None:
    """The products, whole."""
    page = {"data": [product(sku) for sku in skus] or "No Data Found", "nextUrl": None}
    easyecom.upsert("GET", PRODUCTS, json=page)
    job = job_of(location, "products")
    catalog_pull.want_full([location.pk])
    run(job)


def told() -> list[tuple[str, int]]:
    """What Booon was told of stock, in the order of events."""
    changes = Change.objects.filter(type="stock.updated").order_by("pk")
    return [(change.data["sku"], change.data["quantity"]) for change in changes]


def test_negative_level_of_a_webhook_is_nothing_to_sell(location):
    tell(location, ("sku-1", 25))

    deliveries.stored(location, "inventory", case("booon/03_negative_level.json")["body"])
    processing.drain()

    level = StockLevel.objects.get()
    assert (level.quantity, level.said) == (0, "-3")
    assert told() == [("sku-1", 25), ("sku-1", 0)]
    entry = StockEntry.objects.latest("pk")
    assert (entry.quantity, entry.previous, entry.said) == (0, 25, "-3")


def test_negative_level_that_is_read_back_is_nothing_to_sell(easyecom, location):
    tell(location, ("sku-1", 25))
    easyecom.upsert("GET", INVENTORY, json=case("booon/03_negative_level.json")["read_back"])

    run(job_of(location, "stock"))
    processing.drain()

    level = StockLevel.objects.get()
    assert (level.quantity, level.said) == (0, "-3")
    assert ReadBack.objects.get().unread == 0


def test_negative_level_at_the_location_that_its_row_names_is_nothing_to_sell():
    location = make_location(location_key="en30110220333")
    tell(location, ("KURTA-M-BLUE", 5))

    deliveries.stored(location, "inventory", case("easyecom/13_inventory_negative.json")["body"])
    processing.drain()

    level = StockLevel.objects.get()
    assert (level.quantity, level.said) == (0, "-3")
    assert told() == [("KURTA-M-BLUE", 5), ("KURTA-M-BLUE", 0)]


@pytest.mark.parametrize("by", ["webhook", "read-back"])
def test_levels_of_the_case_are_read_or_refused_as_it_says(easyecom, location, by):
    found = case("booon/04_decimal_levels.json")
    for number, said in enumerate(found["levels"]):
        level, *refused = said.split(" (") if isinstance(said, str) else [said]
        sku, before = f"sku-{number}", found["before"]
        tell(location, (sku, before))
        if by == "webhook":
            tell(location, (sku, level))
        else:
            read_back(easyecom, location, (sku, level))

        assert deliveries.levels(location)[sku] == (before if refused else 3), said


@pytest.mark.parametrize("field", ["inventory", "availableInventory", "quantity"])
@pytest.mark.parametrize("said", DECIMALS)
def test_whole_decimals_are_whole_numbers(location, field, said):
    tell(location, ("sku-1", 25))

    tell(location, {"sku": "sku-1", field: said})

    assert deliveries.levels(location) == {"sku-1": 3}


@pytest.mark.parametrize("said", FRACTIONS)
def test_fractions_and_exponents_are_parked(location, said):
    tell(location, ("sku-1", 25))

    delivery = tell(location, ("sku-1", said))

    assert (delivery.status, delivery.reason) == ("parked", "bad_level")
    assert deliveries.levels(location) == {"sku-1": 25}


def test_inventory_update_of_another_version_says_quantity(location):
    body = case("easyecom/12_inventory_v2_quantity.json")["body"]
    body["inventoryData"][0] |= {"location_key": "LOCATION_KEY", "warehouse_id": None}

    deliveries.stored(location, "inventory", body)
    processing.drain()

    assert deliveries.levels(location) == {"KURTA-M-BLUE": 7}


def test_level_above_the_limit_is_capped_and_said(easyecom, location):
    tell(location, ("A", 1_000_001))
    read_back(easyecom, location, ("A", 1_000_001), ("B", "9223372036854775808.00"))

    said = StockLevel.objects.order_by("sku").values_list("sku", "quantity", "said")
    assert list(said) == [("A", 1_000_000, "1000001"), ("B", 1_000_000, "9223372036854775808")]


def test_what_is_said_of_a_level_that_stays_is_in_the_ledger_once(location):
    for level in (0, -3, -3, -5, 0):
        tell(location, ("A", level))

    ledger = StockEntry.objects.order_by("pk").values_list("quantity", "previous", "said")
    assert list(ledger) == [(0, None, ""), (0, 0, "-3"), (0, 0, "-5")]
    assert told() == [("A", 0)]
    assert StockLevel.objects.get().said == ""


def test_page_of_a_level_shows_what_was_said(location):
    tell(location, ("A", 25))
    tell(location, ("A", -3))
    staff = Client()
    staff.force_login(make_superuser())

    level = StockLevel.objects.get()
    page = staff.get(reverse("admin:integration_stocklevel_change", args=[level.pk]))

    assert "EasyEcom said -3" in page.content.decode()


def test_skus_meet_without_marks_and_in_nfc(easyecom, location):
    tell(location, ("caf\u00e9-1", 5))

    tell(location, ("cafe\u0301-1\u200b", 4))
    read_back(easyecom, location, ("\u2068cafe\u0301\u200d-1\u2069", 3))

    assert deliveries.levels(location) == {"caf\u00e9-1": 3}


def test_rows_that_could_not_be_read_are_told_on_the_page_and_by_the_command(
    easyecom, location, capsys
):
    tell(location, ("A", 25), ("B", 7))
    read_back(easyecom, location, ("A", "3.5"), ("B", 6), (None, 1))
    staff = Client()
    staff.force_login(make_superuser())

    with pytest.raises(SystemExit) as exit_:
        call_command("reconcile", seller=location.seller.code)

    assert exit_.value.code == 1
    said = capsys.readouterr().err
    assert "not read at LOCATION_KEY: A: The level is not a whole number in plain digits." in said
    assert "2 levels could not be read and stay as they were" in said
    found = ReadBack.objects.latest("pk")
    assert (found.unread, found.levels) == (2, 1)
    page = staff.get(reverse("admin:integration_readback_change", args=[found.pk]))
    assert "A: The level is not a whole number" in page.content.decode()
    assert deliveries.levels(location) == {"A": 25, "B": 6}


def test_command_ends_well_where_every_row_was_read(easyecom, location, capsys):
    read_back(easyecom, location, ("A", -3), ("B", "6.00"))

    call_command("reconcile", seller=location.seller.code)

    assert "0 missed deliveries, 0 drifted levels" in capsys.readouterr().out


def test_rows_of_other_locations_are_none_of_ours(easyecom, location):
    row = {"sku": "A", "availableInventory": "many", "location_key": "elsewhere"}
    page = {"code": 200, "data": {"inventoryData": [row], "nextUrl": None}}
    easyecom.upsert("GET", INVENTORY, json=page)

    run(job_of(location, "stock"))

    assert ReadBack.objects.get().unread == 0


def test_rows_that_write_our_key_in_other_letters_are_ours(easyecom, location):
    row = {"sku": "A", "availableInventory": 4, "location_key": location.location_key.swapcase()}
    page = {"code": 200, "data": {"inventoryData": [row], "nextUrl": None}}
    easyecom.upsert("GET", INVENTORY, json=page)

    run(job_of(location, "stock"))
    processing.drain()

    assert deliveries.levels(location) == {"A": 4}


def test_sku_that_products_and_levels_no_longer_show_goes_to_nought(easyecom, location):
    """The case booon/18_sku_gone.json."""
    tell(location, ("OLD-SKU", 25))
    pull(easyecom, location, "OLD-SKU")
    read_back(easyecom, location, ("OLD-SKU", 25))

    pull(easyecom, location, "NEW-SKU")
    found = read_back(easyecom, location, ("NEW-SKU", 9))

    assert deliveries.levels(location) == {"OLD-SKU": 0, "NEW-SKU": 9}
    assert ("OLD-SKU", 0) in told()
    drift = Drift.objects.get(sku="OLD-SKU")
    assert (drift.ours, drift.theirs, drift.delivery_id) == (25, 0, found.gone_arrival)


def test_one_of_the_two_is_not_enough(easyecom, location):
    tell(location, ("A", 25), ("B", 7))
    pull(easyecom, location, "A")

    read_back(easyecom, location, ("B", 7))
    assert deliveries.levels(location) == {"A": 25, "B": 7}

    pull(easyecom, location, "B")
    read_back(easyecom, location, ("A", 25), ("B", 7))
    assert deliveries.levels(location) == {"A": 25, "B": 7}


@pytest.mark.parametrize("shown", [[], [("B", 7), ("C", "3.5")], [("B", 7), (None, 3)]])
def test_read_back_of_nothing_or_with_unread_rows_proves_nothing(easyecom, location, shown):
    tell(location, ("A", 25), ("B", 7))
    pull(easyecom, location, "B")

    read_back(easyecom, location, *shown)

    assert deliveries.levels(location)["A"] == 25


def test_webhook_during_the_read_back_is_newer(easyecom, location):
    tell(location, ("A", 25), ("B", 7))
    pull(easyecom, location, "B")

    job = job_of(location, "stock")
    stock_readback.begin(job, get_inventory(), timezone.now())
    tell(location, ("A", 4))
    page = InventoryPage(levels=(Level(0, "B", 7, location.location_key, ""),))
    stock_readback.settle(job, Kind.GET_INVENTORY, Done(page), timezone.now())
    processing.drain()

    assert deliveries.levels(location) == {"A": 4, "B": 7}


def test_sku_that_is_newer_than_the_pull_is_not_gone(easyecom, location):
    pull(easyecom, location, "B")
    tell(location, ("A", 25))

    read_back(easyecom, location, ("B", 7))

    assert deliveries.levels(location) == {"A": 25, "B": 7}


def test_policy_to_report_only_leaves_what_is_gone(easyecom, location, settings):
    settings.STOCK_DRIFT_POLICY = "report"
    tell(location, ("A", 25), ("B", 7))
    pull(easyecom, location, "B")
    read_back(easyecom, location, ("A", 25), ("B", 7))

    read_back(easyecom, location, ("B", 7))

    assert deliveries.levels(location) == {"A": 25, "B": 7}
    assert list(Drift.objects.values_list("sku", "ours", "theirs")) == [("A", 25, 0)]


def test_no_number_is_taken_where_nothing_is_gone(easyecom, location):
    tell(location, ("A", 25))
    pull(easyecom, location, "A")

    found = read_back(easyecom, location, ("A", 25))

    assert found.gone_arrival is None


def test_part_of_a_combo_may_count_in_decimals(easyecom, location):
    parts = [{"sku": "A", "quantity": "2.00"}, {"sku": "B\u200b", "quantity": 1.0}]
    page = {"data": [product("SET", sub_products=parts)], "nextUrl": None}
    easyecom.get(PRODUCTS, json=page)

    run(job_of(location, "products"))

    assert Product.objects.get().components == [
        {"sku": "A", "quantity": 2},
        {"sku": "B", "quantity": 1},
    ]


WHOLE = st.integers(min_value=-(10**30), max_value=10**30)


@settings(max_examples=examples(300))
@given(
    number=WHOLE,
    write=st.sampled_from([int, str, Decimal, "{}.0".format, " {}.00 ".format, "{}\n".format]),
)
def test_every_way_to_write_a_whole_number_is_that_number(number, write):
    level, said = values.level(write(number))

    assert 0 <= level <= 1_000_000
    assert (int(said) if said else level) == number
    assert bool(said) == (not 0 <= number <= 1_000_000)
