"""Stock levels and products: where a level came from, how it moved, and where else there is one."""

import csv
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import Delivery, Product, StockEntry, StockLevel
from integration.webhooks import processing
from sellers.models import Location
from tests.factories import make_location
from tests.integration import deliveries
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def page_of(row: StockLevel | Product) -> str:
    return reverse(f"admin:integration_{row._meta.model_name}_change", args=[row.pk])


def make_product(location: Location, sku: str) -> Product:
    return Product.objects.create(
        seller=location.seller, location=location, sku=sku, name="Kurta", seen_at=timezone.now()
    )


def told(location: Location, *quantities: int) -> StockLevel:
    for quantity in quantities:
        deliveries.inventory(location, ("B-2", quantity))
    processing.drain()
    for quantity in quantities:
        deliveries.inventory(location, ("B-2", quantity))
        processing.drain()
    return StockLevel.objects.get(location=location)


def test_level_shows_its_ledger_its_line_and_who_told_it_last(staff):
    location = make_location()
    product = make_product(location, "B-2")
    level = told(location, 5, 1500)

    text = staff.get(page_of(level)).content.decode()

    last = reverse("admin:integration_delivery_change", args=[level.arrival])
    assert f'<dt>Last delivery</dt><dd><a href="{last}">' in text
    assert 'aria-label="3 changes, between 5 and 1,500, now 1,500."' in text
    assert page_of(product) in text
    ledger = [
        (entry.previous, entry.quantity) for entry in staff.get(page_of(level)).context["entries"]
    ]
    assert ledger == [(5, 1500), (1500, 5), (None, 1500)]


def test_each_change_says_who_said_it(staff):
    level = told(make_location(), 5)
    entry = StockEntry.objects.get()
    assert f"Webhook {entry.delivery_id}</a>" in staff.get(page_of(level)).content.decode()

    Delivery.objects.update(source=Delivery.Source.RECONCILED)

    text = staff.get(page_of(level)).content.decode()
    assert "Why it is 5: each change, the latest first" in text
    assert f"Read-back {entry.delivery_id}</a>" in text


def test_svg_takes_plain_numbers_whatever_the_language_of_the_page(staff):
    text = staff.get(page_of(told(make_location(), 5))).content.decode()

    assert 'viewBox="0 0 480 60"' in text
    assert '<polyline points="3.0,30.0 477.0,30.0"/>' in text


def test_level_without_a_product_says_so(staff):
    text = staff.get(page_of(told(make_location(), 5))).content.decode()

    assert "EasyEcom's products have no such SKU." in text


def test_product_shows_its_levels_at_each_location_of_its_seller(staff):
    one = make_location()
    other = make_location(seller=one.seller, name="Cold store")
    product = make_product(one, "B-2")
    told(one, 5)
    told(other, 7)
    foreign = told(make_location(), 9)

    text = staff.get(page_of(product)).content.decode()

    assert "Cold store" in text
    assert page_of(StockLevel.objects.get(location=other)) in text
    assert page_of(foreign) not in text


def test_levels_are_found_across_sellers_by_the_beginning_of_the_sku(staff):
    first, second = told(make_location(), 5), told(make_location(), 6)
    StockLevel.objects.create(
        seller=first.seller,
        location=first.location,
        sku="C-1",
        quantity=1,
        arrival=1,
        line=0,
        updated_at=timezone.now(),
    )

    found = staff.get(reverse("admin:integration_stocklevel_changelist"), {"q": "B-"})

    assert {level.pk for level in found.context["cl"].result_list} == {first.pk, second.pk}


@pytest.mark.parametrize("pasted", ["B-2\u200b", "\u2068B-2\u2069", "\u00a0B-2 "])
def test_what_is_searched_for_is_found_without_marks_that_nobody_sees(staff, pasted):
    level = told(make_location(), 5)

    page = staff.get(reverse("admin:integration_stocklevel_changelist"), {"q": pasted})

    assert list(page.context["cl"].result_list) == [level]


def test_product_is_told_in_plain_words_and_in_rupees(staff):
    product = make_product(make_location(), "B-2")
    facts = {"kind": "normal_product", "ean": "8900000000017", "hsn_code": "9405"}
    money = {"mrp": Decimal("123499.00"), "cost": None, "tax_rate": Decimal("0.1800")}
    Product.objects.filter(pk=product.pk).update(**facts, **money)

    text = staff.get(page_of(product)).content.decode()
    listed = staff.get(reverse("admin:integration_product_changelist")).content.decode()

    labels = re.findall(r"<label[^>]*>([^<]*):</label>", text)
    assert {"SKU", "MRP", "EAN", "HSN code", "Tax rate", "Kind"} <= set(labels)
    shown = re.findall(r'<div class="readonly">([^<]*)</div>', text)
    assert {"₹ 1,23,499.00", "18 %", "Single product"} <= set(shown)
    assert "₹ 1,23,499.00" in listed and "Single product" in listed
    assert "normal_product" not in text + listed


def test_amounts_stay_numbers_in_a_file(staff):
    product = make_product(make_location(), "B-2")
    Product.objects.filter(pk=product.pk).update(mrp=Decimal("123499.00"))

    answer = staff.post(reverse("admin:integration_product_changelist"), {"_export": "csv"})

    head, row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    cells = dict(zip(next(csv.reader([head])), next(csv.reader([row])), strict=True))
    assert (cells["SKU"], cells["MRP"]) == ("B-2", "123499.00")


@pytest.mark.parametrize(
    ("rate", "shown"),
    [("0.1800", "18 %"), ("0.0250", "2.5 %"), ("0.0000", "0 %"), ("1.0000", "100 %"), (None, "—")],
)
def test_tax_rate_is_shown_in_per_cent(staff, rate, shown):
    product = make_product(make_location(), "B-2")
    Product.objects.filter(pk=product.pk).update(tax_rate=rate)

    text = staff.get(page_of(product)).content.decode()

    found = re.search(r"Tax rate:</label>\s*<div class=\"readonly\">([^<]*)<", text)
    assert found and found[1] == shown
