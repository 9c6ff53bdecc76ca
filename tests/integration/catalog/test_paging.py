"""Jobs of many pages: the product pull and the stock read-back."""

import json

import pytest
from django.utils import timezone

from integration.models import Delivery, Product, ProductPull, SyncJob
from sellers.models import Location
from tests.factories import make_location
from tests.integration.conftest import API, run

PRODUCTS = f"{API}/Products/GetProductMaster"
INVENTORY = f"{API}/getInventoryDetailsV3"

pytestmark = pytest.mark.django_db


def job_for(location: Location, kind: str, **fields: object) -> SyncJob:
    return SyncJob.objects.create(
        kind=kind, seller=location.seller, location=location, due_at=timezone.now(), **fields
    )


def product(sku: str, **fields: object) -> dict[str, object]:
    return {"sku": sku, "product_name": f"Name of {sku}", "active": 1, "mrp": "99.50"} | fields


def test_pull_follows_the_pages_verbatim_to_the_end(easyecom):
    second = "/Products/GetProductMaster?cursor=a%2Bb+c=="
    easyecom.get(PRODUCTS, json={"data": [product("A")], "nextUrl": second})
    easyecom.get(PRODUCTS, json={"data": [product("B")], "nextUrl": None})
    location = make_location()

    job = run(job_for(location, "products"))

    assert set(Product.objects.values_list("seller", "sku")) == {
        (location.seller_id, "A"),
        (location.seller_id, "B"),
    }
    assert easyecom.calls[1].request.url == f"{API}{second}"
    assert (job.status, job.next_page) == (SyncJob.Status.SUCCEEDED, "")


def test_pull_goes_on_where_it_stood(easyecom):
    easyecom.get(f"{PRODUCTS}?cursor=third", json={"data": "No Data Found", "nextUrl": None})
    job = job_for(make_location(), "products", next_page="/Products/GetProductMaster?cursor=third")
    ProductPull.objects.create(location=job.location, began_at=timezone.now())

    run(job)

    assert len(easyecom.calls) == 1


def test_page_on_another_host_is_not_followed(easyecom):
    job = job_for(make_location(), "products", next_page="https://elsewhere.test/steal")
    ProductPull.objects.create(location=job.location, began_at=timezone.now())

    job = run(job)

    assert (job.status, job.error_code) == (SyncJob.Status.FAILED, "foreign_page")
    assert len(easyecom.calls) == 0


def test_product_is_updated_in_place_and_stock_is_not_touched(easyecom):
    location = make_location()
    easyecom.get(PRODUCTS, json={"data": [product("A", inventory=5)], "nextUrl": None})
    run(job_for(location, "products"))
    easyecom.replace("GET", PRODUCTS, json={"data": [product("A", active=0, product_name="New")]})
    SyncJob.objects.want()

    run(SyncJob.objects.get())

    row = Product.objects.get()
    assert (row.name, row.is_active) == ("New", False)
    assert location.stock_levels.count() == 0


def test_read_back_hands_its_own_lines_to_the_inbox_under_a_number_taken_before_it_asked(easyecom):
    location = make_location()
    rows = [
        {"sku": "A", "availableInventory": 7, "location_key": location.location_key},
        {"sku": "B", "availableInventory": 9, "location_key": "someone-else"},
    ]
    page = {"code": 200, "data": {"inventoryData": rows, "nextUrl": None}}
    easyecom.get(INVENTORY, json=page)

    run(job_for(location, "stock"))

    delivery = Delivery.objects.get()
    assert (delivery.source, delivery.status) == ("reconciled", Delivery.Status.STORED)
    assert json.loads(bytes(delivery.body)) == {"inventoryData": [{"sku": "A", "inventory": 7}]}


def test_read_back_that_got_no_answer_leaves_an_empty_number(easyecom):
    easyecom.get(INVENTORY, status=502, body="<html>")

    job = run(job_for(make_location(), "stock"))

    assert Delivery.objects.get().status == Delivery.Status.EMPTY
    assert job.status == SyncJob.Status.PENDING
