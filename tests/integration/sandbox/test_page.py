import pytest

from integration.sandbox.server import Sandbox
from tests.integration.sandbox.helpers import HERE, calling


def test_empty_page_says_how_to_begin():
    with Sandbox() as sandbox, calling(sandbox.address) as caller:
        text = caller.get("/").text

    assert f"curl {sandbox.address}/sandbox/accounts" in text


def test_page_shows_orders_carriers_and_ledger(caller):
    caller.ship("BN-1")
    caller.create("BN-2")

    answer = caller.get("/")

    assert answer.status_code == 200
    for shown in ("BN-1", "BN-2", "AWB-BN-1", "Manifest", "₹ 266.00", "assign_awb", HERE):
        assert shown in answer.text


def test_page_has_no_script_and_escapes_what_it_shows(caller):
    caller.create("<script>alert(1)</script>")

    answer = caller.get("/")

    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_filter_is_escaped(caller):
    assert '"><b>' not in caller.get("/?sku=%22%3E%3Cb%3E").text


def test_style_is_served_from_its_own_path(stranger):
    answer = stranger.get("/page/style.css")

    assert answer.headers["Content-Type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text


def send(caller, form, **fields):
    address = f"{caller.address}/page/{form}"
    return caller.session.post(address, data=fields, timeout=5, allow_redirects=False)


def test_level_form_changes_the_level_and_goes_back(caller):
    answer = send(caller, "levels", location_key=HERE, sku="mob000", quantity="42")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/?sku=mob000#stock")
    assert caller.state("stock")[HERE]["mob000"] == 42


def test_manifest_button_ships_the_order(caller):
    invoice = caller.ship("BN-1")

    answer = send(caller, "manifest", invoice_id=invoice)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert caller.find("BN-1")["data"][0]["order_status"] == "Shipped"


def test_webhook_form_sets_a_webhook(caller):
    fields = {"location_key": HERE, "trigger": "inventory", "style": "bearer", "token": "t"}

    answer = send(caller, "webhooks", url="http://127.0.0.1:9/hook", **fields)

    assert answer.status_code == 303
    assert caller.state("webhooks")[0]["style"] == "bearer"


@pytest.mark.parametrize("quantity", ["", "-1", "many", "9" * 5000])
def test_wrong_form_shows_what_is_wrong(caller, quantity):
    answer = send(caller, "levels", location_key=HERE, sku="mob000", quantity=quantity)

    assert answer.status_code == 400
    assert "quantity" in answer.text
