import re

import pytest
import requests

from integration.sandbox import pages
from integration.sandbox.panels import SHOWN_ORDERS
from integration.sandbox.server import Sandbox
from tests.integration.sandbox.helpers import HERE, THERE, account, calling, eventually


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


def words(page):
    """The text of a page as a person reads it, tag by tag."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


def test_every_name_in_the_templates_is_given(caller, receiver, monkeypatch):
    monkeypatch.setattr(pages.ENGINE, "string_if_invalid", "NOT GIVEN: %s")
    monkeypatch.setattr("integration.sandbox.panels.SHOWN_ORDERS", 1)
    monkeypatch.setattr("integration.sandbox.panels.SHOWN_SKUS", 1)
    hook = {"location_key": HERE, "url": receiver.address, "token": "t"}
    caller.control("webhooks", trigger="manifested", **hook)
    caller.control("webhooks", trigger="inventory", **hook)
    for number in range(2):
        caller.control("manifest", invoice_id=int(caller.ship(f"BN-{number}")))
        caller.create(f"BN-{number + 2}")
    caller.control("faults", kind="find_order", fault="status")
    eventually(lambda: caller.state("webhooks")[0]["last"])

    text = caller.get("/").text

    assert not re.findall("NOT GIVEN: .*", text)
    assert text.count("The newest 1 of 2 orders.") == 2


def test_page_shows_the_newest_orders_first_and_how_many_there_are(caller):
    for number in range(SHOWN_ORDERS + 1):
        caller.create(f"BN-{number}")

    text = words(caller.get("/"))

    failed = text[text.index("Failed Orders Pushed") : text.index("Orders with AWB")]
    assert re.findall(r"BN-\d+", failed) == [f"BN-{n}" for n in range(SHOWN_ORDERS, 0, -1)]
    assert "The newest 25 of 26 orders." in failed


def test_carrier_that_a_location_has_twice_is_marked(caller):
    caller.add_carrier()
    caller.authorize(THERE).add_carrier()
    assert "registered again" not in caller.get("/").text

    caller.add_carrier()

    assert f"{THERE} registered again" in words(caller.get("/"))


def test_request_that_nobody_heard_an_answer_to_says_so(caller):
    caller.control("faults", kind="create_order", fault="drop_after_commit", times=2)
    with pytest.raises(requests.ConnectionError):
        caller.create("BN-1")

    text = words(caller.get("/"))

    assert f"create_order Main {HERE} BN-1 yes none drop_after_commit" in text
    assert "create_order drop_after_commit everybody 1" in text


def test_webhook_shows_what_was_answered_last(caller, receiver):
    receiver.answers[:] = [500]
    caller.control("settings", webhook_tries=1)
    hook = {"location_key": HERE, "url": receiver.address, "token": "t"}
    caller.control("webhooks", trigger="inventory", **hook)
    assert "Nothing sent yet." in words(caller.get("/"))

    send(caller, "levels", location_key=HERE, sku="shirt", quantity="1")
    eventually(lambda: caller.state("webhooks")[0]["last"])

    text = words(caller.get("/"))
    assert "0 delivered, 0 waiting, 1 failed 500 0 s ago, try 1: shirt" in text


def test_stock_shows_the_skus_that_are_looked_for(caller):
    assert "SKU Main ne29488101841 Second ne29488101842 shirt 5 5" in words(
        caller.get("/?sku=SHIR")
    )
    assert "No SKU has “hat” in it." in words(caller.get("/?sku=hat"))


def test_stock_says_how_many_skus_it_leaves_out(caller):
    caller.control("accounts", **account(products=13))

    assert "and 3 more: find one by its SKU." in words(caller.get("/"))


def test_numbers_are_written_plainly_whatever_the_language(caller, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    settings.LANGUAGE_CODE = "en-in"
    invoice = caller.ship("BN-1")

    assert f'name="invoice_id" value="{invoice}"' in caller.get("/").text


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
    assert answer.text.count('name="sku" required value="mob000"') == 1
