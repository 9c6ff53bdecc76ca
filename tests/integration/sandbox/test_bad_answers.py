"""What a server can do to an answer, none of which the console's client takes for a yes."""

import socket

import pytest
import requests

from integration import easyecom
from integration.easyecom import Call, Done, Kind, OutcomeUnknown, Rejected
from tests.integration.sandbox.helpers import order

CUT_OR_GARBLED = [
    *("drop_after_commit", "reset", "reset_midway", "truncated", "short_length", "bad_gzip"),
    *("flood", "another_order", "html", "drip", "timeout_after_commit"),
]


@pytest.fixture
def send(caller):
    """Create an order as the console would; the outcome."""
    token = caller.session.headers["Authorization"].removeprefix("Bearer ")
    with easyecom.make_session() as session:

        def create(number: str, timeout: float = 1.5) -> easyecom.Outcome:
            body = order(number)
            call = Call(Kind.CREATE_ORDER, "POST", "/webhook/v2/createOrder", body, about=number)
            return easyecom.send(
                session, caller.address, call, token=token, x_api_key="", timeout=timeout
            ).outcome

        yield create


@pytest.mark.parametrize("fault", CUT_OR_GARBLED)
def test_answer_that_is_cut_or_garbled_is_doubt_and_the_order_is_there(caller, send, fault):
    committed = {"committed": True} if fault == "html" else {}
    caller.control("faults", kind="create_order", fault=fault, seconds=5, **committed)

    assert isinstance(send("BN-1"), OutcomeUnknown)
    assert [row["order_number"] for row in caller.state("orders")] == ["BN-1"]


@pytest.mark.parametrize("fault", CUT_OR_GARBLED)
def test_call_after_a_bad_answer_gets_its_own(caller, send, fault):
    caller.control("faults", kind="create_order", fault=fault, seconds=5)
    send("BN-1")

    assert isinstance(send("BN-2", timeout=10), Done)


def test_reset_is_a_reset_and_no_orderly_end(caller):
    caller.control("faults", kind="*", fault="reset")
    host, port = caller.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"GET /getAllLocation HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ")
        raw.sendall(f"{caller.session.headers['Authorization']}\r\n\r\n".encode())

        with pytest.raises(ConnectionResetError):
            raw.recv(100)


def test_flood_goes_on_for_a_hundred_megabytes(caller):
    caller.control("faults", kind="get_locations", fault="flood")

    size = 0
    with caller.session.get(caller.address + "/getAllLocation", stream=True, timeout=20) as answer:
        for piece in answer.iter_content(1024 * 1024):
            size += len(piece)

    assert size > 100 * 1024 * 1024


def test_another_order_is_named_in_the_others_place(caller):
    caller.control("faults", kind="create_order", fault="another_order")

    assert caller.create("BN-1").json()["message"].startswith("ANOTHER-1 ")
    assert caller.find("BN-1")["data"][0]["reference_code"] == "BN-1"


def test_short_length_leaves_the_rest_on_the_line(caller):
    caller.control("faults", kind="create_order", fault="short_length")

    with pytest.raises(requests.JSONDecodeError):
        caller.create("BN-1").json()


@pytest.mark.parametrize("wish", ["-1", "1000000000", "Mon, 23 Nov 2026 10:02:00 GMT", "soon"])
def test_absurd_retry_after_is_sent_as_it_stands_and_kept_within_bounds(caller, send, wish):
    fault = {"kind": "create_order", "fault": "status", "status": 429, "retry_after": wish}
    caller.control("faults", **fault)

    outcome = send("BN-1")

    assert isinstance(outcome, easyecom.RateLimited)
    assert outcome.retry_after is None or 1 <= outcome.retry_after <= 900


def test_code_may_come_as_a_string_and_then_proves_nothing_for_a_write(caller, send):
    caller.control("settings", code_as_string=True)

    assert caller.find("BN-9")["code"] == "400"
    assert isinstance(send("BN-1"), OutcomeUnknown)
    assert len(caller.state("orders")) == 1


def test_second_carrier_is_accepted_or_refused_by_switch(caller):
    first, second = caller.add_carrier(), caller.add_carrier()
    caller.control("settings", second_carrier="refused")
    refusal = caller.post(
        "/Credentials/addCarrierCredentials", {"carrier_id": 1, "username": "u", "password": "p"}
    )

    assert first != second
    assert refusal.json()["code"] == 400
    assert len(caller.state("carriers")) == 2


def test_awb_that_is_repeated_is_welcome_or_refused_by_switch(caller, send):
    invoice, carrier = caller.ship("BN-1"), caller.add_carrier()
    assert caller.assign(invoice, carrier, "AWB-BN-1")["code"] == 200
    caller.control("settings", awb_can_repeat=False)

    assert caller.assign(invoice, carrier, "AWB-BN-1")["code"] == 400
    assert isinstance(send("BN-1"), Rejected | easyecom.AlreadyExists)
