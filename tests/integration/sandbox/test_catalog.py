from datetime import timedelta

import pytest

from integration.sandbox import indian_time
from tests.integration.sandbox.helpers import CARRIER, HERE, THERE, account


def walk(caller, path):
    rows, pages = [], 0
    while path:
        reply = caller.get(path).json()
        rows += reply["data"]
        path, pages = reply["nextUrl"], pages + 1
    return rows, pages


def test_locations_are_the_whole_accounts_with_a_credential_among_them(caller):
    reply = caller.get("/getAllLocation").json()

    rows = {row["location_key"]: row for row in reply["data"]}
    assert list(rows) == [HERE, THERE]
    assert all(len(row["api_token"]) == 64 for row in rows.values())
    assert rows[HERE]["company_id"] != rows[THERE]["company_id"]
    assert rows[THERE]["address type"]["pickup_address"]["state"] == "West Bengal"


def test_second_carrier_registration_makes_a_second_carrier(caller):
    first, second = caller.add_carrier(), caller.add_carrier()

    assert first != second
    assert [row["company_carrier_id"] for row in caller.state("carriers")] == [first, second]
    assert [line["committed"] for line in caller.ledger("add_carrier")] == [True, True]


def test_carrier_without_credentials_is_refused(caller):
    reply = caller.post("/Credentials/addCarrierCredentials", {**CARRIER, "password": ""}).json()

    assert (reply["code"], reply["data"]) == (400, [])
    assert caller.state("carriers") == []


def test_products_come_in_pages_that_are_capped(caller):
    caller.control("accounts", **account(products=500))

    rows, pages = walk(caller, "/Products/GetProductMaster?limit=10000&custom_fields=1")

    assert pages == 3
    assert len({row["sku"] for row in rows}) == len(rows) == 502


def test_cursor_is_followed_verbatim_or_not_at_all(caller):
    path = caller.get("/Products/GetProductMaster?limit=1").json()["nextUrl"]

    altered = path.replace("==", "%3D%3D")

    assert path.startswith("/Products/GetProductMaster?cursor=")
    assert caller.get(path).json()["data"][0]["sku"] == "shirt"
    assert caller.get(altered).json()["code"] == 400


def test_products_updated_after_a_time_and_none_after_the_last(caller):
    hour = timedelta(hours=1)
    before, after = (
        indian_time.stamp(indian_time.now() - hour),
        indian_time.stamp(indian_time.now() + hour),
    )

    some = caller.get("/Products/GetProductMaster", params={"updated_after": before}).json()
    none = caller.get("/Products/GetProductMaster", params={"updated_after": after}).json()

    assert len(some["data"]) == 2
    assert none == {"data": "No Data Found", "nextUrl": None}


def test_levels_are_read_back_for_all_locations_in_pages(caller):
    caller.control("settings", inventory_page_cap=3)
    caller.control("levels", location_key=THERE, sku="shirt", quantity=77)

    first = caller.get("/getInventoryDetailsV3?includeLocations=1").json()["data"]
    second = caller.get(first["nextUrl"]).json()["data"]

    rows = first["inventoryData"] + second["inventoryData"]
    levels = {(row["location_key"], row["sku"]): row["availableInventory"] for row in rows}
    assert second["nextUrl"] is None
    assert levels[THERE, "shirt"] == 77
    assert levels[HERE, "shirt"] == 5
    assert len(levels) == 4


def test_a_page_of_levels_has_as_many_rows_as_are_asked_for(caller):
    page = caller.get("/getInventoryDetailsV3?includeLocations=1&limit=1").json()["data"]

    assert (len(page["inventoryData"]), page["nextUrl"] is None) == (1, False)


def test_product_keys_beyond_ours_are_laid_over_the_row(caller):
    odd = {"sku": "odd", "name": "Odd", "mrp": 1.5, "active": "0", "weight": None}
    caller.control("accounts", **account(products=[odd]))

    rows, _ = walk(caller, "/Products/GetProductMaster")

    assert (rows[-1]["active"], rows[-1]["weight"], rows[-1]["mrp"]) == ("0", None, 1.5)


def test_a_level_is_written_as_its_switches_say(caller):
    caller.control("settings", levels_as="decimal")
    caller.control("levels", location_key=HERE, sku="shirt", quantity=-3)

    rows = caller.get("/getInventoryDetailsV3?includeLocations=1").json()["data"]["inventoryData"]

    said = {(row["location_key"], row["sku"]): row["availableInventory"] for row in rows}
    assert said[HERE, "shirt"] == "-3.00"
    caller.control("settings", levels_as="text")
    assert caller.state("stock")[HERE]["shirt"] == -3


def test_an_order_may_take_more_than_there_is_by_switch(caller):
    caller.control("settings", back_orders=True)
    caller.control("levels", location_key=HERE, sku="mob000", quantity=1)

    caller.create("BN-1")

    assert caller.state("stock")[HERE]["mob000"] == -1


def test_a_sku_that_is_renamed_is_shown_under_its_new_name_only(caller):
    caller.control("rename", location_key=HERE, sku="shirt", new_sku="shirt-2")

    products, _ = walk(caller, "/Products/GetProductMaster")
    rows = caller.get("/getInventoryDetailsV3?includeLocations=1").json()["data"]["inventoryData"]

    assert {row["sku"] for row in products} == {"mob000", "shirt-2"}
    assert {row["sku"] for row in rows} == {"mob000", "shirt-2"}


@pytest.mark.parametrize(
    ("seen", "keys"), [("account", [HERE, THERE]), ("none", []), ("others", [THERE])]
)
def test_get_location_shows_what_the_token_of_a_warehouse_may_see(caller, seen, keys):
    caller.control("settings", location_list=seen)

    rows = caller.get("/getAllLocation").json()["data"]

    assert [row["location_key"] for row in rows] == keys


def test_get_location_may_show_one_location_without_a_list(caller):
    caller.control("settings", location_list="object")

    assert caller.get("/getAllLocation").json()["data"]["location_key"] == HERE
