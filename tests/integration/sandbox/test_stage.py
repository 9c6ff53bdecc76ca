"""The sandbox's page as a stage: sellers, products, faults and habits are set up by forms."""

import pytest

from integration.sandbox.server import Sandbox
from tests.integration.sandbox.helpers import EMAIL, HERE, PASSWORD, THERE, account, calling
from tests.integration.sandbox.test_page import send, words

OTHER = "ops@other.test"


@pytest.fixture
def two_sellers(caller):
    place = {"location_key": "xx1", "name": "Guindy", "city": "Chennai", "state": "Tamil Nadu"}
    caller.control("accounts", email=OTHER, password="p", locations=[place], products=1)
    return caller


def test_first_seller_is_made_by_the_form_with_location_and_products():
    with Sandbox() as sandbox, calling(sandbox.address) as caller:
        place = {"location_key": "ne1", "name": "Peenya", "city": "Bengaluru", "state": "Karnataka"}
        answer = send(caller, "sellers", email=OTHER, password="p-1", products="3", **place)

        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        [seller] = caller.state("accounts")
        assert (seller["email"], seller["products"]) == (OTHER, 3)
        assert [(one["name"], one["city"]) for one in seller["locations"]] == [
            ("Peenya", "Bengaluru")
        ]
        log_in = {"email": OTHER, "password": "p-1", "location_key": "ne1"}
        assert caller.session.post(f"{sandbox.address}/access/token", json=log_in).ok


def test_known_seller_gets_another_location_and_keeps_the_password(caller):
    answer = send(caller, "sellers", email=EMAIL, location_key="ne3", name="Third")

    assert answer.status_code == 303
    [seller] = caller.state("accounts")
    assert [one["location_key"] for one in seller["locations"]] == [HERE, THERE, "ne3"]
    caller.authorize("ne3")
    assert PASSWORD not in caller.get("/").text


def test_new_seller_without_a_password_is_refused_by_name(caller):
    answer = send(caller, "sellers", email=OTHER, location_key="ne9")

    assert answer.status_code == 400
    assert "password is missing" in answer.text


def test_product_stands_at_each_location_of_its_seller(two_sellers):
    fields = {"sku": "HAT-1", "name": "Hat", "mrp": "99.50", "inventory": "7"}

    assert send(two_sellers, "products", email=EMAIL, **fields).status_code == 303

    stock = two_sellers.state("stock")
    assert (stock[HERE]["HAT-1"], stock[THERE]["HAT-1"]) == (7, 7)
    assert "HAT-1" not in stock["xx1"]


def test_fault_names_its_target_and_meets_only_that(caller):
    answer = send(
        caller,
        "faults",
        kind="create_order",
        fault="status",
        status="503",
        times="2",
        location_key=HERE,
        order_number="BN-2",
    )

    assert answer.status_code == 303
    assert f"create_order status Main {HERE}, order_number BN-2 2" in words(caller.get("/"))
    [fault] = caller.state("faults")
    assert fault["match"] == {"location_key": HERE, "order_number": "BN-2"}
    assert (fault["status"], fault["times"]) == (503, 2)


def test_fault_without_a_target_is_everybodys_until_all_are_ended(caller):
    send(caller, "faults", kind="*", fault="slow", seconds="0.5")
    text = words(caller.get("/"))
    assert "* slow everybody 1" in text

    assert send(caller, "faults/end").status_code == 303

    assert caller.state("faults") == []
    assert "End all faults" not in words(caller.get("/"))


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("whole_rupees", "true", True),
        ("back_orders", "false", False),
        ("nothing_found", "empty_list", "empty_list"),
        ("product_page_cap", "50", 50),
        ("cool_down_seconds", "2.5", 2.5),
        ("unlisted_state", "Ladakh", "Ladakh"),
    ],
)
def test_every_kind_of_habit_is_set_by_the_form(caller, name, typed, kept):
    assert send(caller, "habits", name=name, value=typed).status_code == 303

    value = caller.state("settings")[name]
    assert (value, type(value)) == (kept, type(kept))


@pytest.mark.parametrize(("name", "typed"), [("whole_rupees", "yes"), ("nothing_found", "soup")])
def test_habit_that_it_cant_have_is_refused_by_name(caller, name, typed):
    answer = send(caller, "habits", name=name, value=typed)

    assert answer.status_code == 400
    assert name in words(answer)


def test_what_a_seller_does_by_hand_is_done_by_the_form(caller):
    caller.create("BN-1")

    assert send(caller, "order", order_number="BN-1", act="cancel").status_code == 303

    [order] = caller.state("orders")
    assert order["cancelled_at"]


def test_page_is_narrowed_to_a_seller_and_to_a_location(two_sellers):
    two_sellers.create("BN-1")
    two_sellers.authorize(THERE).create("BN-2")

    whole = words(two_sellers.get("/"))
    other = words(two_sellers.get(f"/?seller={OTHER}"))
    there = words(two_sellers.get(f"/?location={THERE}"))

    assert "2 in Failed Orders" in whole
    assert "0 in Failed Orders" in other and "SKU Guindy xx1" in other
    assert "1 in Failed Orders" in there and "BN-2" in there
    assert "create_order Main" not in there


def test_form_leads_back_to_what_was_shown(two_sellers):
    shown = {"shown_seller": OTHER, "shown_location": "xx1", "shown_sku": ""}
    answer = send(two_sellers, "levels", location_key="xx1", sku="BN-0001", quantity="4", **shown)

    where = "/?seller=ops%40other.test&location=xx1&sku=BN-0001#stock"
    assert (answer.status_code, answer.headers["Location"]) == (303, where)


def test_form_that_there_is_not_is_not_found(caller):
    assert send(caller, "reset").status_code == 404


def test_names_stand_beside_ids(two_sellers):
    two_sellers.add_carrier()
    two_sellers.create("BN-1")

    text = words(two_sellers.get("/"))

    assert f"₹ 266.00 Main {HERE}" in text
    assert account()["locations"][0]["name"] == "Main"
