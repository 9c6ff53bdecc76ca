import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration import easyecom
from integration.easyecom import redacted
from tests.integration.easyecom.bodies import body
from tests.integration.easyecom.test_calls import new_order

SECRETS: dict[str, Any] = {
    "password": "canary",
    "Password": "canary",
    "token": {"jwt_token": "canary", "expires_in": 1},
    "jwt_token": "canary",
    "api_token": "canary",
    "x-api-key": "canary",
    "X_API_KEY": "canary",
    "Authorization": "canary",
    "client_secret": "canary",
    "username": "canary",
    "userName": "canary",
    "email": "canary",
    "phone number": 9812345670,
    "contact_num": 9812345670,
    "mobile": "canary",
    "customer_name": "canary",
    "shipping_name": "canary",
    "name": "canary",
    "address_line_1": "canary",
    "address type": {"billing_address": {"street": "canary"}},
    "customer": [{"billing": {"city": "canary"}}],
    "shipping": {"latitude": "canary"},
    "pin_code": "canary",
    "buyer_gst": "canary",
}
READABLE: dict[str, Any] = {
    "code": 400,
    "message": "Order Number BN-7731 already exists within the Company",
    "orderNumber": "BN-7731",
    "reference_code": "9812345670",
    "invoice_id": 9812345670,
    "InvoiceID": "9812345670",
    "awb_number": "9812345670",
    "sku": "lamp-brass",
    "EANUPC": "8900000000017",
    "productName": "Brass lamp",
    "location_name": "Kaveri Hosur",
    "companyCarrierId": 7301,
    "shippingMethod": 1,
    "shippingCost": 20.0,
    "order_status": "Shipped",
    "location_key": "kv70010001",
    "nextUrl": "/P/G?cursor=aB3",
}


def test_secrets_and_personal_data_are_hidden_by_their_key() -> None:
    for sent in (SECRETS, json.dumps(SECRETS).encode()):
        shown = redacted(sent)
        assert "canary" not in shown
        assert "9812345670" not in shown
        assert set(json.loads(shown).values()) == {"[hidden]"}


def test_ids_numbers_and_messages_stay_readable() -> None:
    assert json.loads(redacted(READABLE)) == READABLE
    assert json.loads(redacted(json.dumps(READABLE).encode())) == READABLE


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("got eyJhbGciOi.eyJsb2M.c2ln back", "got [hidden] back"),
        ("Authorization: Bearer abcdef.123", "Authorization: [hidden]"),
        ("mail asha.c@mail.example now", "mail [hidden] now"),
        ("call 9812345670 now", "call [hidden] now"),
        ("call +91 98123 45670 now", "call [hidden] now"),
        ("order 733000111 and AWB 1817706494371782", "order 733000111 and AWB 1817706494371782"),
        ("password=canary&x=1", "password=[hidden]&x=1"),
        ("see https://l.example/1.pdf?X-Amz-Signature=canary", "see https://l.example/1.pdf"),
        ("see https://user:canary@l.example/1", "see https://l.example/1"),
    ],
)
def test_patterns_are_masked_in_plain_text(words: str, shown: str) -> None:
    assert redacted(words.encode()) == shown


@pytest.mark.parametrize("name", ["message", "courier", "remarks1"])
def test_patterns_are_masked_in_json_values(name: str) -> None:
    sent = {name: "asha@mail.example, 9812345670, Bearer abcdef123, eyJhbGciOi.eyJsb2M.c2ln"}
    assert json.loads(redacted(sent)) == {name: "[hidden], [hidden], [hidden], [hidden]"}


def test_a_key_may_not_smuggle_a_secret() -> None:
    assert redacted({"asha@mail.example": 1}) == '{"[hidden]": 1}'


def test_links_to_documents_are_hidden() -> None:
    sent = {"shippingLabelUrl": "https://l.example/1.pdf?sig=canary", "nextUrl": None}
    assert json.loads(redacted(sent)) == {
        "shippingLabelUrl": "[hidden]",
        "nextUrl": None,
    }


@pytest.mark.parametrize("cut", [40, 120, 250, 333, 500, 700])
def test_a_truncated_body_is_masked_by_key_all_the_same(cut: int) -> None:
    shown = redacted(json.dumps(SECRETS).encode()[:cut])
    assert "canary" not in shown
    assert "9812345670" not in shown


def test_an_object_with_a_key_twice_is_masked_all_the_same() -> None:
    shown = redacted(b'{"password": "canary", "password": "canary \\" canary", "sku": "lamp"}')
    assert shown == '{"password": "[hidden]", "password": "[hidden]", "sku": "lamp"}'


@pytest.mark.parametrize(
    ("name", "canaries"),
    [
        ("token_issued", ["eyJ", "c2lnbmF0dXJl", "desk"]),
        ("locations", ["canary", "9000000001", "Plot 3"]),
        ("order_found", ["buyer@kaveri"]),
        ("webhook_manifested_v2", ["Canary", "canary", "9812345670", "411001", "@courier"]),
    ],
)
def test_the_vendors_shapes_show_nothing_private(name: str, canaries: list[str]) -> None:
    shown = redacted(body(name))
    assert [canary for canary in canaries if canary in shown] == []


def test_a_create_order_call_shows_no_buyer() -> None:
    sent = easyecom.create_order(new_order()).body
    assert sent is not None
    shown = redacted(sent)
    assert "Canary" not in shown
    assert '"orderNumber": "BN-7731"' in shown
    assert '"Sku": "lamp-brass"' in shown


def test_long_bodies_are_cut_to_the_limit() -> None:
    shown = redacted({"sku": "x" * 10_000}, limit=100)
    assert (len(shown), shown[-6:]) == (100, " [cut]")
    assert len(redacted(b"x" * 3_000_000)) == 4096


def test_a_body_too_long_to_parse_is_masked_as_text() -> None:
    sent = b'{"password": "canary", "data": "' + b"x" * 300_000 + b'"}'
    assert redacted(sent).startswith('{"password": "[hidden]", "data": "xxx')


@pytest.mark.parametrize("sent", [b"\x00\xff\xfe", b'["\\u0000\\ud800"]', {"sku": "\x00\ud800"}])
def test_what_is_shown_can_always_be_stored(sent: Any) -> None:
    shown = redacted(sent)
    assert "\x00" not in shown
    assert shown.encode()


def test_what_cannot_be_shown_has_a_placeholder() -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    assert redacted(loop) == "[could not be shown]"
    assert redacted({"a": Decimal("1.5"), "b": object}) != "[could not be shown]"


@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_redaction_never_raises(sent: bytes) -> None:
    shown = redacted(sent, limit=64)
    assert len(shown) <= 64
    assert "\x00" not in shown
