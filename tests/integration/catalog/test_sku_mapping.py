"""SKUs that no product has: kept when named, let go when mapped. Listings matched by SKU."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.catalog import listings, sku_mapping
from integration.models import Delivery, Listing, Product, UnmappedSku
from integration.orders import corrections
from integration.webhooks import processing
from sellers.models import Location
from tests.factories import ADDRESS, accept, make_location, make_order, make_seller
from tests.integration.catalog.test_paging import PRODUCTS, job_for, product
from tests.integration.conftest import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def location() -> Location:
    return make_location()


def facts_of(location: Location, *skus: str) -> dict:
    line = {"name": "", "quantity": 1, "unit_price": Decimal(10), "discount": Decimal(0)}
    return {
        "location_key": location.location_key,
        "ordered_at": timezone.now(),
        "expected_delivery_at": None,
        "payment_mode": "prepaid",
        "collectable_amount": Decimal(0),
        "payment_gateway": "",
        "payment_transaction_id": "",
        "shipping_charge": Decimal(0),
        "discount": Decimal(0),
        "lines": [line | {"line_id": str(n), "sku": sku} for n, sku in enumerate(skus)],
        "shipping_address": ADDRESS,
        "billing_address": None,
        "package": None,
    }


def order(location: Location, number: str, *skus: str):
    return accept(location.seller, number, facts_of(location, *skus)).order


def deliver(location: Location, *skus: str) -> Delivery:
    lines = ",".join(f'{{"sku":"{sku}","inventory":3}}' for sku in skus)
    delivery = Delivery.objects.create(
        location=location,
        topic="inventory",
        body=f'{{"inventoryData":[{lines}]}}'.encode(),
        received_at=timezone.now(),
    )
    processing.drain(10)
    return delivery


def make_product(location: Location, sku: str, **fields: object) -> Product:
    return Product.objects.create(
        seller=location.seller, location=location, sku=sku, seen_at=timezone.now(), **fields
    )


def unmapped() -> set[tuple[str, str]]:
    return set(UnmappedSku.objects.values_list("sku", "source"))


def pull(easyecom, location: Location, *skus: str) -> None:
    page = {"data": [product(sku) for sku in skus], "nextUrl": None}
    easyecom.get(PRODUCTS, json=page)
    run(job_for(location, "products"))


def test_sku_of_an_order_that_no_product_has_is_kept_with_the_first_that_named_it(location):
    make_product(location, "KNOWN")
    first = order(location, "BN-1", "KNOWN", "LOST")
    order(location, "BN-2", "LOST")

    row = UnmappedSku.objects.get()
    assert (row.sku, row.source, row.order, row.location) == ("LOST", "order", first, location)


def test_sku_of_a_delivery_that_no_product_has_is_kept_once(location):
    make_product(location, "KNOWN")
    first = deliver(location, "KNOWN", "LOST")
    deliver(location, "KNOWN", "LOST")

    row = UnmappedSku.objects.get()
    assert (row.sku, row.source, row.delivery) == ("LOST", "delivery", first)


def test_another_sellers_product_maps_nothing(location):
    make_product(make_location(), "A")

    order(location, "BN-1", "A")

    assert unmapped() == {("A", "order")}


def test_product_that_disappeared_maps_nothing(location):
    make_product(location, "A", is_active=False, gone_at=timezone.now())

    order(location, "BN-1", "A")

    assert unmapped() == {("A", "order")}


def test_pull_lets_go_of_what_it_maps(easyecom, location):
    order(location, "BN-1", "A", "B")
    deliver(location, "A", "C")

    pull(easyecom, location, "A")

    assert unmapped() == {("B", "order"), ("C", "delivery")}


def test_pull_lets_go_of_what_orders_do_not_name_any_more(easyecom, location):
    order(location, "BN-1", "TYPO")
    order(location, "BN-1", "RIGHT")
    corrections.withdraw(order(location, "BN-2", "WITHDRAWN"))
    order(location, "BN-3", "STANDING")

    pull(easyecom, location, "RIGHT")

    assert unmapped() == {("STANDING", "order")}


def test_level_that_only_changes_is_not_looked_up_again(location):
    deliver(location, "A", "B")

    with CaptureQueriesContext(connection) as queries:
        deliver(location, "A", "B")

    assert not [each for each in queries if "integration_product" in each["sql"]]


def test_many_new_levels_cost_a_query_per_thousand(location):
    rows = [
        UnmappedSku(
            seller=location.seller,
            sku=f"S{n}",
            source="delivery",
            location=location,
            named_at=timezone.now(),
        )
        for n in range(2500)
    ]
    Product.objects.bulk_create(
        Product(seller=location.seller, location=location, sku=row.sku, seen_at=timezone.now())
        for row in rows
    )

    with CaptureQueriesContext(connection) as queries:
        sku_mapping.record_unmapped(rows)

    assert len(queries) == 3
    assert not UnmappedSku.objects.exists()


LISTED = {
    "title": "Kurta",
    "price": Decimal("499.00"),
    "mrp": None,
    "is_active": True,
    "image_url": "",
}


def test_listing_is_matched_when_it_comes_after_its_product(location):
    there = make_product(location, "A")

    listing, is_new = listings.put(location.seller, "A", LISTED, actor="booon")

    assert (listing.product, is_new) == (there, True)


def test_listing_is_matched_by_the_pull_when_its_product_comes_later(easyecom, location):
    listings.put(location.seller, "A", LISTED, actor="booon")
    listings.put(location.seller, "B", LISTED, actor="booon")
    listings.put(make_seller(), "A", LISTED, actor="booon")

    pull(easyecom, location, "A")

    matched = Listing.objects.filter(product__isnull=False)
    assert [(row.seller, row.sku) for row in matched] == [(location.seller, "A")]


def test_sweep_mends_what_two_transactions_missed_of_each_other(location):
    order(location, "BN-1", "A")
    listings.put(location.seller, "A", LISTED, actor="booon")
    make_product(location, "A")

    sku_mapping.sweep(location.seller_id)

    assert unmapped() == set()
    assert Listing.objects.get().product == Product.objects.get()


def test_same_listing_again_is_no_change(location):
    first, _ = listings.put(location.seller, "A", LISTED, actor="booon")

    again, is_new = listings.put(location.seller, "A", LISTED, actor="booon")
    changed, _ = listings.put(
        location.seller, "A", LISTED | {"price": Decimal("450.00")}, actor="booon"
    )

    assert not is_new
    assert first.updated_at == again.updated_at < changed.updated_at


# Of one seller alone -----------------------------------------------------------------------------

MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def a_product(location, sku, gone_at=None):
    return Product.objects.create(
        seller=location.seller,
        location=location,
        sku=sku,
        seen_at=MOMENT,
        gone_at=gone_at,
        is_active=gone_at is None,
    )


def an_unmapped(location, sku):
    return UnmappedSku.objects.create(
        seller=location.seller, location=location, sku=sku, source="order", named_at=MOMENT
    )


def test_product_is_the_sellers_own_of_this_sku_that_is_still_there():
    ours, theirs = make_location(), make_location()
    a_product(theirs, "KURTA")
    a_product(ours, "SCARF")
    a_product(ours, "HAT", gone_at=MOMENT)
    kurta = a_product(ours, "KURTA")

    asked = ("KURTA", "HAT", "GLOVE")
    found = [sku_mapping.product_of(ours.seller_id, sku) for sku in asked]

    assert found == [kurta, None, None]


def test_skus_without_a_product_are_told_only_of_a_seller_whose_products_were_read():
    ours, theirs = make_location(), make_location()
    a_product(theirs, "KURTA")
    assert sku_mapping.without_product(ours.seller_id, ["KURTA"]) == set()

    a_product(ours, "SCARF")
    a_product(ours, "HAT", gone_at=MOMENT)
    asked = ["KURTA", "SCARF", "HAT"]
    assert sku_mapping.without_product(ours.seller_id, asked) == {"KURTA", "HAT"}


def test_match_lets_go_of_this_sellers_skus_alone_and_of_those_that_are_asked_for():
    ours, theirs = make_location(), make_location()
    for location in (ours, theirs):
        for sku in ("KURTA", "SCARF"):
            a_product(location, sku)
            an_unmapped(location, sku)

    sku_mapping.match(ours.seller_id, ["KURTA"])
    left = UnmappedSku.objects.order_by("seller", "sku").values_list("seller", "sku")
    others = [(theirs.seller_id, "KURTA"), (theirs.seller_id, "SCARF")]
    assert list(left) == [(ours.seller_id, "SCARF"), *others]

    sku_mapping.match(ours.seller_id)
    assert list(left.all()) == others


def test_sweep_unmatches_what_is_gone_and_forgets_skus_that_no_order_names_of_this_seller():
    ours, theirs = make_location(), make_location()
    for location in (ours, theirs):
        gone = a_product(location, "HAT", gone_at=MOMENT)
        Listing.objects.create(
            seller=location.seller,
            sku="HAT",
            title="Hat",
            price=Decimal(10),
            product=gone,
            created_at=MOMENT,
            updated_at=MOMENT,
        )
        an_unmapped(location, "GLOVE")
    order = make_order(theirs)
    order.lines.update(sku="GLOVE")

    sku_mapping.sweep(ours.seller_id)

    matched = dict(Listing.objects.values_list("seller", "product__sku"))
    assert matched == {ours.seller_id: None, theirs.seller_id: "HAT"}
    assert UnmappedSku.objects.get().seller == theirs.seller
