import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from integration.models import Order, OrderLine, Product, ShipmentDetails, StockLevel
from tests.factories import ADDRESS, make_location, make_order, make_seller, make_shipment
from tests.integration.api.conftest import fields

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_level(location, sku="A", quantity=5, at=NOON):
    return StockLevel.objects.create(
        seller=location.seller,
        location=location,
        sku=sku,
        quantity=quantity,
        arrival=1,
        line=0,
        updated_at=at,
    )


def make_product(location, sku="A", **values):
    return Product.objects.create(
        seller=location.seller, location=location, sku=sku, seen_at=NOON, **values
    )


def make_orders(location, count):
    """Many orders, each with a line and a shipment."""
    orders = Order.objects.bulk_create(
        Order(
            seller=location.seller,
            location=location,
            order_number=f"BULK-{location.pk}-{n}",
            ordered_at=NOON,
            payment_mode="cod",
            shipping_address=ADDRESS,
            fingerprint=f"{n:064d}",
        )
        for n in range(count)
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=0, line_id="1", sku="A", quantity=1, unit_price=1)
        for order in orders
    )
    ShipmentDetails.objects.bulk_create(
        ShipmentDetails(order=order, courier="Delhivery", awb_number=order.order_number)
        for order in orders
    )


def make_levels(location, count):
    StockLevel.objects.bulk_create(
        StockLevel(
            seller=location.seller,
            location=location,
            sku=f"S{n}",
            quantity=n,
            arrival=1,
            line=n,
            updated_at=NOON,
        )
        for n in range(count)
    )


def make_products(location, count):
    Product.objects.bulk_create(
        Product(seller=location.seller, location=location, sku=f"S{n}", seen_at=NOON)
        for n in range(count)
    )


def numbers(response):
    return [row["order_number"] for row in response.json()["results"]]


def skus(response):
    return [row["sku"] for row in response.json()["results"]]


@pytest.mark.parametrize("name", ["orders", "stock", "products"])
def test_a_list_without_rows_is_empty_and_has_no_next_page(api, name):
    for url in (f"/api/v1/{name}/", f"/api/v1/{name}"):
        response = api.get(url)
        assert response.status_code == 200
        assert response.json() == {"next": None, "results": []}


def test_orders_are_shown_as_each_is_by_itself(api):
    order = make_order()
    make_shipment(order)

    (row,) = api.get("/api/v1/orders/").json()["results"]

    alone = f"/api/v1/sellers/{order.seller.code}/orders/{order.order_number}/"
    assert row == api.get(alone).json()


def test_orders_are_filtered_by_seller_stage_and_reason(api):
    ours, theirs = make_location(), make_location()
    make_order(ours, order_number="A")
    make_order(ours, order_number="B", stage="withdrawn")
    make_order(theirs, order_number="C", blocked_reason="rejected")

    def found(query):
        return numbers(api.get(f"/api/v1/orders/?{query}"))

    assert found("") == found("seller=&format=xml") == ["A", "B", "C"]
    assert found(f"seller={ours.seller.code}") == ["A", "B"]
    assert found(f"seller={ours.seller.code}&stage=withdrawn") == ["B"]
    assert found("stage=received") == ["A", "C"]
    assert found("blocked_reason=rejected") == ["C"]


@pytest.mark.parametrize(
    "moment",
    ["2026-11-20T12:00:00Z", "2026-11-20T17:30:00%2B05:30", "2026-11-20T17:30:00+05:30"],
)
def test_orders_and_levels_can_be_asked_since_a_moment(api, moment):
    location = make_location()
    for minutes, number in ((0, "OLD"), (1, "NEW")):
        make_order(location, order_number=number)
        moved = NOON + timedelta(minutes=minutes)
        Order.objects.filter(order_number=number).update(updated_at=moved)
        make_level(location, number, at=moved)

    assert numbers(api.get(f"/api/v1/orders/?updated_after={moment}")) == ["NEW"]
    assert skus(api.get(f"/api/v1/stock/?updated_after={moment}")) == ["NEW"]


def test_pages_show_every_order_once_in_the_order_of_their_updates(api):
    location = make_location()
    make_orders(location, 7)

    def names(*places):
        return [f"BULK-{location.pk}-{n}" for n in places]

    # Three of them in one moment, so that the id has to decide.
    Order.objects.filter(order_number__in=names(1, 3, 5)).update(updated_at=NOON)

    url, seen, pages = "/api/v1/orders/?limit=2&stage=received", [], 0
    while url:
        response = api.get(url)
        seen += numbers(response)
        url = response.json()["next"]
        pages += 1

    assert seen == names(1, 3, 5, 0, 2, 4, 6)
    assert pages == 4


def test_the_next_page_is_an_absolute_address_with_the_same_filters(api):
    location = make_location()
    make_levels(location, 3)

    following = api.get(f"/api/v1/stock/?limit=2&seller={location.seller.code}").json()["next"]

    assert following.startswith("http://testserver/api/v1/stock/?cursor=")
    assert f"seller={location.seller.code}" in following
    assert skus(api.get(following)) == ["S2"]


def cursor_of(api, address):
    return parse_qs(urlsplit(api.get(f"/api/v1/{address}").json()["next"]).query)["cursor"][0]


@pytest.mark.parametrize(
    "address",
    [
        "stock/?",
        "sellers/?",
        "orders/?stage=withdrawn&",
        "orders/?stage=received&seller=acme&",
        "orders/?stage=received&updated_after=2026-11-20T12:00:00Z&",
        "orders/?",
    ],
)
def test_cursor_of_another_list_or_of_other_filters_is_refused(api, address):
    make_orders(make_location(seller=make_seller(code="acme")), 3)
    cursor = cursor_of(api, "orders/?stage=received&limit=1")

    refused = api.get(f"/api/v1/{address}cursor={cursor}")

    assert (refused.status_code, fields(refused)) == (400, ["cursor"])
    assert "another list, or from this one with other filters" in refused.content.decode()


def test_cursor_is_taken_with_another_limit_and_by_filters_that_mean_the_same(api):
    location = make_location()
    make_orders(location, 4)
    cursor = cursor_of(api, "orders/?updated_after=2020-11-20T12:00:00Z&limit=1")

    rest = api.get(
        f"/api/v1/orders/?limit=9&updated_after=2020-11-20T17:30:00%2B05:30&cursor={cursor}"
    )

    assert numbers(rest) == [f"BULK-{location.pk}-{n}" for n in (1, 2, 3)]


def test_cursor_that_was_handed_out_before_cursors_were_marked_goes_on(api):
    location = make_location()
    for n in range(3):
        make_level(location, f"S{n}", at=NOON + timedelta(minutes=n))
    first = StockLevel.objects.get(sku="S0")
    place = f"{int(NOON.timestamp()) * 1_000_000}-{first.pk}"
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    assert skus(api.get(f"/api/v1/stock/?cursor={cursor}")) == ["S1", "S2"]


def test_a_row_that_is_updated_while_pages_are_read_is_not_missed(api):
    location = make_location()
    for n in range(4):
        make_level(location, f"S{n}", at=NOON + timedelta(minutes=n))
    first = api.get("/api/v1/stock/?limit=2")

    StockLevel.objects.filter(sku="S2").update(updated_at=NOON + timedelta(hours=1))

    assert skus(first) + skus(api.get(first.json()["next"])) == ["S0", "S1", "S3", "S2"]


def test_stock_is_shown_and_filtered(api):
    ours, theirs = make_location(), make_location()
    make_level(ours, "A", 5)
    make_level(ours, "B", 0)
    make_level(theirs, "A", 7)

    def found(query):
        return [row["quantity"] for row in api.get(f"/api/v1/stock/?{query}").json()["results"]]

    assert found("") == [5, 0, 7]
    assert found(f"location_key={ours.location_key}") == [5, 0]
    assert found(f"seller={theirs.seller.code}") == [7]
    assert found("sku=A") == [5, 7]
    assert found("sku=a") == []
    assert api.get("/api/v1/stock/?sku=B").json()["results"] == [
        {
            "seller": ours.seller.code,
            "location_key": ours.location_key,
            "sku": "B",
            "quantity": 0,
            "updated_at": "2026-11-20T12:00:00Z",
        }
    ]


def test_products_are_shown_and_filtered(api):
    ours, theirs = make_location(), make_location()
    make_product(
        ours,
        "COMBO",
        name="Two kurtas",
        mrp=Decimal("299"),
        tax_rate=Decimal("0.05"),
        weight_g=Decimal("250.50"),
        length_cm=Decimal("10"),
        components=[{"sku": "KURTA", "quantity": 2}],
        changed_at=NOON,
    )
    make_product(theirs, "PLAIN", is_active=False)

    response = api.get(f"/api/v1/products/?seller={ours.seller.code}")

    assert response.json()["results"] == [
        {
            "seller": ours.seller.code,
            "sku": "COMBO",
            "name": "Two kurtas",
            "active": True,
            "mrp": "299.00",
            "tax_rate": "0.0500",
            "category": None,
            "brand": None,
            "image_url": None,
            "weight_g": 250.5,
            "length_cm": 10,
            "width_cm": None,
            "height_cm": None,
            "ean": None,
            "hsn_code": None,
            "kind": None,
            "parent_sku": None,
            "components": [{"sku": "KURTA", "quantity": 2}],
            "location_key": ours.location_key,
            "updated_at": "2026-11-20T12:00:00Z",
        }
    ]
    assert skus(api.get("/api/v1/products/?limit=1")) == ["COMBO"]
    assert skus(api.get(api.get("/api/v1/products/?limit=1").json()["next"])) == ["PLAIN"]


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("orders/?limit=0", "limit"),
        ("orders/?limit=501", "limit"),
        ("orders/?limit=ten", "limit"),
        ("orders/?limit=-1", "limit"),
        (f"orders/?limit={'9' * 5000}", "limit"),
        ("orders/?stage=lost", "stage"),
        ("orders/?blocked_reason=x", "blocked_reason"),
        ("orders/?seller=nobody", "seller"),
        ("orders/?seller=%00", "seller"),
        ("orders/?updated_after=2026-11-20T12:00:00", "updated_after"),
        ("orders/?updated_after=yesterday", "updated_after"),
        ("orders/?cursor=x", "cursor"),
        ("orders/?cursor=%F0%9F%98%80", "cursor"),
        ("orders/?cursor=OTk5OTk5OTk5OTk5OTk5OTktMQ", "cursor"),
        ("orders/?sku=A", "sku"),
        ("stock/?location_key=nowhere", "location_key"),
        ("stock/?sku=%00", "sku"),
        ("stock/?stage=received", "stage"),
        ("products/?updated_after=2026-11-20T12:00:00Z", "updated_after"),
        ("changes/?limit=0", "limit"),
        ("changes/?after=x", "after"),
        ("changes/?after=-1", "after"),
        ("changes/?after=1.0", "after"),
        (f"changes/?after={'9' * 19}", "after"),
        ("changes/?after=%20", "after"),
        # What turns the pages of a list is no place in the feed.
        ("changes/?after=MTc5NTQzNDQwMDAwMDAwMC0xLTBhMWIyYzNk", "after"),
        # Nor the other way round.
        ("orders/?cursor=1842", "cursor"),
        ("changes/?cursor=1", "cursor"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_name(api, url, field):
    response = api.get(f"/api/v1/{url}")

    assert (response.status_code, fields(response)) == (400, [field])


@pytest.mark.parametrize(
    ("name", "make", "count"),
    [("orders", make_orders, 5), ("stock", make_levels, 3), ("products", make_products, 3)],
)
def test_a_page_costs_as_many_queries_with_many_rows_as_with_few(
    api, django_assert_num_queries, name, make, count
):
    few, many = make_location(seller=make_seller(code="few")), make_location()
    make(few, 10)
    make(many, 1000)

    for code in ("few", many.seller.code):
        with django_assert_num_queries(count) as queries:
            rows = api.get(f"/api/v1/{name}/?limit=500&seller={code}").json()["results"]
        assert len(rows) == (10 if code == "few" else 500)
        assert not any("COUNT(" in query["sql"].upper() for query in queries)


def test_a_page_in_the_middle_begins_at_its_place(api):
    location = make_location()
    make_levels(location, 5)
    StockLevel.objects.update(updated_at=timezone.now())

    first = api.get("/api/v1/stock/?limit=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    found = [row["sku"] for page in (first, second, third) for row in page["results"]]
    assert found == ["S0", "S1", "S2", "S3", "S4"]
    assert third["next"] is None
