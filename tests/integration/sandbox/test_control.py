import pytest

from tests.integration.sandbox.helpers import HERE, PASSWORD, THERE, account, order

SECRETS = (PASSWORD, "carrier-canary", "key-canary", "hook-canary")


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("accounts", {"email": "a"}, "body: password is missing"),
        ("accounts", [], "body: an object is needed"),
        ("accounts", account(products=-1), "body: products: a whole number of 0 or more is needed"),
        ("accounts", account(extra=1), "body: unknown key extra"),
        ("accounts", account(products=[{"sku": ""}]), "products[0]: sku: a text is needed"),
        ("settings", {"nonsense": 1}, "settings: unknown key nonsense"),
        ("settings", {"queued": 1}, "settings: queued: true or false is needed"),
        (
            "settings",
            {"manifest_version": 3},
            "settings: manifest_version: one of V1, V2 is needed",
        ),
        ("faults", {"fault": "earthquake"}, "body: fault: one of drop,"),
        ("faults", {"kind": "sing", "fault": "drop"}, "body: kind: one of *, log_in,"),
        ("faults", {"fault": "drop", "match": {"colour": 1}}, "match: unknown key colour"),
        ("faults", {"fault": "drop", "times": 0}, "body: times: a whole number of 1 or more"),
        ("levels", {"location_key": "x"}, "body: location_key: no location x here"),
        ("levels", {"levels": [{}]}, "levels[0]: location_key is missing"),
        (
            "levels",
            {"location_key": HERE, "sku": "x", "quantity": 1},
            "body: sku: x is not a product of ops@seller.example",
        ),
        ("manifest", {"order_number": "BN-9"}, "order_number: no order BN-9 here"),
        ("manifest", {}, "order_number, order_numbers or invoice_id is needed"),
        (
            "webhooks",
            {"location_key": HERE, "trigger": "inventory", "url": "ftp://x", "token": "t"},
            "url: an http or https address is needed",
        ),
        ("webhooks", {"location_key": HERE, "trigger": "tracking"}, "body: trigger: one of inv"),
        ("tokens/expire", {}, "body: location_key is missing"),
    ],
)
def test_bad_control_input_is_answered_with_what_is_wrong(stranger, path, body, error):
    answer = stranger.post(f"/sandbox/{path}", body)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)


def test_broken_json_is_bad_control_input(stranger):
    answer = stranger.session.post(stranger.address + "/sandbox/settings", data="{", timeout=5)

    assert answer.status_code == 400


def test_unknown_control_call_lists_those_there_are(stranger):
    answer = stranger.post("/sandbox/party")

    assert answer.status_code == 404
    assert "POST /sandbox/accounts" in answer.json()["error"]


def test_state_is_given_by_parts_and_refuses_unknown_ones(stranger):
    assert list(stranger.get("/sandbox/state?parts=stock,orders").json()) == ["stock", "orders"]
    assert stranger.get("/sandbox/state?parts=moon").status_code == 400


def test_account_may_grow(stranger):
    stranger.control("accounts", **account(locations=[{"location_key": "new"}], products=3))

    [known] = stranger.state("accounts")
    assert [row["location_key"] for row in known["locations"]] == [HERE, THERE, "new"]
    assert known["products"] == 5
    assert stranger.state("stock")["new"]["BN-0001"] == 25


def test_location_key_belongs_to_one_account(stranger):
    answer = stranger.post("/sandbox/accounts", account(email="other@seller.example"))

    assert answer.status_code == 400
    assert "belongs to another account" in answer.json()["error"]


def test_ledger_is_read_from_a_line_on(caller):
    for number in range(3):
        caller.create(f"BN-{number}")

    reply = caller.get("/sandbox/ledger?after=2&limit=1").json()

    assert [line["order_number"] for line in reply["lines"]] == ["BN-1"]
    assert reply["last"] == 3
    assert caller.get("/sandbox/ledger?after=x").status_code == 400


def test_ledger_keeps_strangers_too_and_their_paths_get_html(stranger):
    answer = stranger.get("/getalllocation")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    line = stranger.ledger()[-1]
    assert (line["kind"], line["path"], line["had_token"]) == ("unknown", "/getalllocation", False)


def test_no_secret_is_shown_anywhere(caller):
    caller.control("accounts", **account(x_api_key="key-canary"))
    hook = {"location_key": HERE, "url": "http://127.0.0.1:9/", "token": "hook-canary"}
    caller.control("webhooks", trigger="inventory", **hook)
    caller.ship("BN-1")
    token = str(caller.session.headers["Authorization"]).split()[1]

    shown = [caller.get(path).text for path in ("/sandbox/state", "/sandbox/ledger", "/")]

    assert not [secret for secret in (*SECRETS, token) for text in shown if secret in text]


def test_reset_begins_anew(caller):
    caller.create("BN-1")

    caller.control("reset")

    assert caller.state("accounts") == []
    assert caller.ledger() == []
    assert caller.post("/webhook/v2/createOrder", order("BN-1")).status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Host": "console.example"}, {"Origin": "http://evil.example"}, {"Host": "[bad"}]
)
def test_web_pages_of_others_can_not_steer(stranger, headers):
    answer = stranger.post("/sandbox/reset", {}, headers=headers)

    assert answer.status_code == 403
    assert len(stranger.state("accounts")) == 1
