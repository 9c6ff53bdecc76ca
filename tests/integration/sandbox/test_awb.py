from tests.integration.sandbox.helpers import account, calling


def test_assigned_order_leaves_failed_orders(caller):
    invoice = caller.ship("BN-1")

    row = caller.find("BN-1")["data"][0]
    assert caller.state("failed_orders") == []
    assert caller.state("awbs")[0]["awb_number"] == "AWB-BN-1"
    assert (row["courier"], row["order_status"]) == ("Delhivery", "Confirmed")
    assert caller.ledger("assign_awb")[0]["invoice_id"] == invoice
    assert caller.ledger("assign_awb")[0]["order_number"] == "BN-1"


def test_unknown_invoice_is_refused(caller):
    assert caller.assign(1, caller.add_carrier())["code"] == 400
    assert caller.assign("9" * 5000, caller.add_carrier())["code"] == 400


def test_invoice_of_another_seller_is_refused(caller, sandbox):
    invoice = caller.create("BN-1").json()["data"]["InvoiceID"]
    caller.control("accounts", **account(email="b@b", locations=[{"location_key": "b1"}]))
    with calling(sandbox.address) as other:
        token = other.log_in("b1", email="b@b").json()["data"]["token"]["jwt_token"]
        other.session.headers["Authorization"] = f"Bearer {token}"

        assert other.assign(invoice, other.add_carrier())["code"] == 400
        assert other.find("BN-1")["data"] == []


def test_carrier_must_be_the_locations_unless_switched_off(caller):
    invoice = caller.create("BN-1").json()["data"]["InvoiceID"]

    strict = caller.assign(invoice, 99)
    caller.control("settings", carrier_must_exist=False)

    assert strict["message"] == "Invalid companyCarrierId"
    assert caller.assign(invoice, "99")["code"] == 200


def test_awb_may_be_repeated_and_changed_until_it_is_shipped(caller):
    invoice, carrier = caller.ship("BN-1"), caller.add_carrier()

    assert caller.assign(invoice, carrier, "AWB-BN-1")["code"] == 200
    assert caller.assign(invoice, carrier, "other")["code"] == 200
    caller.control("manifest", order_number="BN-1")
    assert caller.assign(invoice, carrier, "third")["code"] == 400
    assert caller.state("awbs")[0]["awb_number"] == "other"


def test_awb_may_be_fixed_by_switch(caller):
    invoice, carrier = caller.ship("BN-1"), caller.add_carrier()
    caller.control("settings", awb_can_change=False)

    assert caller.assign(invoice, carrier, "AWB-BN-1")["code"] == 200
    assert caller.assign(invoice, carrier, "other")["code"] == 400
