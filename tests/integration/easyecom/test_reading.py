"""The evidence table, row by row."""

from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import (
    AlreadyExists,
    AuthRefused,
    AwbAssigned,
    Call,
    CarrierRegistered,
    Done,
    Kind,
    Locations,
    OrderCreated,
    OrderQueued,
    OrdersFound,
    OutcomeUnknown,
    ProductPage,
    QueueStatus,
    RateLimited,
    Rejected,
    read,
)
from integration.easyecom.reading import MAX_REPLY
from tests.integration.easyecom.bodies import body, told
from tests.integration.easyecom.test_calls import new_order

LOG_IN = easyecom.log_in("desk@kaveri.example", "pw", "kv1")
LOCATIONS = easyecom.get_locations()
CARRIER = easyecom.add_carrier(14, "u", "p")
PRODUCTS = easyecom.get_products()
ORDER = easyecom.create_order(new_order())
FIND = easyecom.find_order("BN-7731")
QUEUE = easyecom.get_queue_status(9012)
AWB = easyecom.assign_awb("733000333", "Delhivery", "5512", "7301")
STOCK = easyecom.get_inventory()

CALLS = (LOG_IN, LOCATIONS, CARRIER, PRODUCTS, ORDER, FIND, QUEUE, AWB, STOCK)
WRITES = (CARRIER, ORDER, AWB)
READS = (LOCATIONS, PRODUCTS, FIND, QUEUE, STOCK)

HTML = b"<html><title>502 Bad Gateway</title></html>"
CREATED = body("order_created")
DUPLICATE = (
    "Order Number BN-7731 already exists within the Company. "
    "Kindly import with a different Order Number"
)


def by_kind(call: Call) -> str:
    return call.kind.value


def outcome_of(call: Call, status: int, answer: bytes, **headers: str) -> easyecom.Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read(call, status, named, answer)


@pytest.mark.parametrize(
    ("call", "status", "answer", "outcome"),
    [
        (
            ORDER,
            200,
            CREATED,
            Done(OrderCreated("733000111", "733000222", "733000333")),
        ),
        (
            ORDER,
            200,
            body("order_created_in_a_list"),
            Done(OrderCreated("733000111", "733000222", "")),
        ),
        (ORDER, 200, body("order_queued"), Done(OrderQueued("9012"))),
        (ORDER, 200, body("order_duplicate"), AlreadyExists(DUPLICATE)),
        (ORDER, 400, body("order_duplicate"), AlreadyExists(DUPLICATE)),
        (
            ORDER,
            409,
            told(message="Order Number BN-7731 Already Exists"),
            AlreadyExists("Order Number BN-7731 Already Exists"),
        ),
        (ORDER, 200, body("unknown_sku"), Rejected("product/sku lamp-tin does not exist")),
        (ORDER, 200, body("unknown_state"), Rejected("Unable to find states for given country Id")),
        (ORDER, 422, told(code=422, message="No"), Rejected("No")),
        (ORDER, 404, told(message="Not Found"), Rejected("Not Found")),
        (CARRIER, 200, body("carrier_registered"), Done(CarrierRegistered("7301"))),
        (
            CARRIER,
            200,
            told(code=200, data={"companyCarrierId": "7301"}),
            Done(CarrierRegistered("7301")),
        ),
        (CARRIER, 200, told(code=400, data=[], message="Wrong"), Rejected("Wrong")),
        (
            CARRIER,
            200,
            told(code=400, message="Carrier already exists"),
            Rejected("Carrier already exists"),
        ),
        (AWB, 200, body("awb_assigned"), Done(AwbAssigned())),
        (AWB, 200, told(code=400, message="Invalid invoice"), Rejected("Invalid invoice")),
        (AWB, 200, told(code=400, message="No data found"), Rejected("No data found")),
        (
            LOG_IN,
            200,
            body("token_wrong_password"),
            AuthRefused(401, "Invalid user credentials provided"),
        ),
        (
            LOG_IN,
            200,
            told(data=[], message="Invalid location key provided"),
            AuthRefused(401, "Invalid location key provided"),
        ),
        (
            LOG_IN,
            401,
            body("token_wrong_password"),
            AuthRefused(401, "Invalid user credentials provided"),
        ),
        (
            LOG_IN,
            403,
            body("token_wrong_password"),
            AuthRefused(401, "Invalid user credentials provided"),
        ),
        (LOG_IN, 401, HTML, AuthRefused(401)),
        (LOG_IN, 403, HTML, RateLimited(None, cool_down=True)),
        (LOG_IN, 403, told(message="Forbidden"), RateLimited(None, cool_down=True)),
        (
            LOG_IN,
            200,
            told(code=400, data=[], message="Account closed"),
            Rejected("Account closed"),
        ),
        (PRODUCTS, 200, body("products_none"), Done(ProductPage(()))),
        (FIND, 200, told(code=400, data=[], message="No data found"), Done(OrdersFound(()))),
        (FIND, 404, told(code=404, message="Unable to find order"), Done(OrdersFound(()))),
        (FIND, 200, told(code=200, data=[]), Done(OrdersFound(()))),
        (FIND, 200, told(code="200", data=[]), Done(OrdersFound(()))),
        (FIND, 200, told(code=400, message="Bad reference"), Rejected("Bad reference")),
        (STOCK, 200, told(code=200, data="No Data Found"), Done(easyecom.InventoryPage(()))),
        (LOCATIONS, 200, told(code=400, data=[], message="No records found"), Done(Locations(()))),
        (QUEUE, 200, told(code=400, message="No data found"), Done(QueueStatus("waiting"))),
    ],
)
def test_evidence_is_read(
    call: Call, status: int, answer: bytes, outcome: easyecom.Outcome
) -> None:
    assert read(call, status, {}, answer) == outcome


@pytest.mark.parametrize("call", CALLS, ids=by_kind)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 301, 302, 307, 204, 201, 408, 499, 100, 0])
def test_a_status_that_tells_nothing_is_doubt(call: Call, status: int) -> None:
    for answer in (HTML, b"", CREATED, body("order_duplicate"), told(code=400, message="No")):
        assert isinstance(read(call, status, {}, answer), OutcomeUnknown)


@pytest.mark.parametrize("call", CALLS, ids=by_kind)
@pytest.mark.parametrize(
    "answer",
    [HTML, b"", b"null", b"[]", b'"ok"', b"200", b"true", b'{"code": 200', b"\x1f\x8b\x00junk"]
    + [b"[" * 90, b'{"code": 200, "code": 200}', b'{"code": NaN}', b"{}", b'{"data": null}'],
)
def test_what_is_no_answer_is_doubt(call: Call, answer: bytes) -> None:
    for status in (200, 400, 404, 413):
        assert isinstance(read(call, status, {}, answer), OutcomeUnknown)


@pytest.mark.parametrize("call", WRITES, ids=by_kind)
@pytest.mark.parametrize(
    "code", ["200", "400", None, 200.0, True, 500, 201, 0, [200], {"a": 1}, 1e3]
)
def test_a_write_believes_no_other_code(call: Call, code: object) -> None:
    data = {"OrderID": "1", "InvoiceID": "2", "companyCarrierId": 3}
    answer = told(code=code, message="Successful", data=data)
    assert isinstance(read(call, 200, {}, answer), OutcomeUnknown)


@pytest.mark.parametrize("call", WRITES, ids=by_kind)
def test_a_success_inside_a_refusing_status_is_doubt(call: Call) -> None:
    data = {"OrderID": "1", "InvoiceID": "2", "companyCarrierId": 3}
    answer = told(code=200, message="Successful", data=data)
    assert isinstance(read(call, 400, {}, answer), OutcomeUnknown)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        "Successful",
        {"Message": "ok"},
        {"OrderID": ""},
        {"OrderID": 0, "queueId": None},
    ]
    + [
        {"OrderID": "NA"},
        {"OrderID": True},
        {"OrderID": {"id": 1}},
        [{"OrderID": 1}, {"OrderID": 2}],
    ]
    + [
        {"Status": 400, "OrderID": "1", "InvoiceID": "2"},
        {"SuborderID": "3"},
        {"OrderID": "9" * 40},
    ],
)
def test_an_order_without_ids_is_doubt(data: object) -> None:
    assert isinstance(read(ORDER, 200, {}, told(code=200, data=data)), OutcomeUnknown)


@pytest.mark.parametrize("found", [None, "", 0, "0", -3, "abc", 1.5, True, [], "٣", "9" * 30])
def test_a_registration_without_its_id_is_doubt(found: object) -> None:
    answer = told(code=200, message="Successful", data={"companyCarrierId": found})
    assert isinstance(read(CARRIER, 200, {}, answer), OutcomeUnknown)


def test_a_success_about_another_order_is_doubt() -> None:
    answer = CREATED.replace(b"BN-7731 created", b"BN-7732 created")
    assert read(ORDER, 200, {}, answer) == OutcomeUnknown(
        "POST /webhook/v2/createOrder was answered with HTTP 200, and it speaks of another order"
    )


@pytest.mark.parametrize(
    "words", ["Order created successfully", "Order BN-7731 created successfully"]
)
def test_a_success_in_other_words_is_still_one(words: str) -> None:
    answer = CREATED.replace(b"BN-7731 created successfully", words.encode())
    assert isinstance(read(ORDER, 200, {}, answer), Done)


@pytest.mark.parametrize("call", [call for call in CALLS if call is not LOG_IN], ids=by_kind)
@pytest.mark.parametrize("answer", [HTML, b"", told(code=401, message="Expired")])
def test_a_401_asks_for_a_fresh_token(call: Call, answer: bytes) -> None:
    outcome = read(call, 401, {}, answer)
    assert isinstance(outcome, AuthRefused)
    assert (outcome.status, outcome.renewable, outcome.code) == (401, True, "token_refused")


@pytest.mark.parametrize("call", [call for call in CALLS if call is not LOG_IN], ids=by_kind)
def test_a_403_is_not_cured_by_a_token(call: Call) -> None:
    assert read(call, 403, {}, HTML) == AuthRefused(403)


def test_a_401_on_the_log_in_is_not_renewable() -> None:
    outcome = read(LOG_IN, 401, {}, told(message="Unauthorized"))
    assert outcome == AuthRefused(401, "Unauthorized", renewable=False)


@pytest.mark.parametrize("call", CALLS, ids=by_kind)
def test_a_429_is_a_limit_whatever_its_body(call: Call) -> None:
    for answer in (HTML, b"", CREATED):
        assert outcome_of(call, 429, answer, Retry_After="30") == RateLimited(30.0)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(429, RateLimited()), (401, AuthRefused(401, "No", True)), (403, AuthRefused(403, "No"))],
)
def test_the_code_may_carry_the_status(code: int, outcome: easyecom.Outcome) -> None:
    assert read(FIND, 200, {}, told(code=code, message="No")) == outcome


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("30", 30.0),
        ("0", 1.0),
        ("1000000000", 900.0),
        ("9" * 39, 900.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 1.0),
        ("Tue, 24 Nov 2026 10:00:00 GMT", 900.0),
        ("Mon, 99 Nov 2026 10:02:00 GMT", None),
    ],
)
def test_retry_after_is_understood_or_ignored(wish: str, seconds: float | None) -> None:
    headers = {"retry-AFTER": wish, "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
    assert read(STOCK, 429, headers, b"") == RateLimited(seconds)


def test_a_retry_after_date_needs_the_answers_own_date() -> None:
    headers = {"Retry-After": "Mon, 23 Nov 2026 10:02:00 GMT"}
    assert read(STOCK, 429, headers, b"") == RateLimited(None)


@pytest.mark.parametrize("call", CALLS, ids=by_kind)
def test_a_body_over_the_cap_is_doubt(call: Call) -> None:
    answer = told(code=400, message="x" * MAX_REPLY)
    assert isinstance(read(call, 200, {}, answer), OutcomeUnknown)


@pytest.mark.parametrize("call", READS, ids=by_kind)
def test_a_server_error_in_disguise_is_not_an_empty_result(call: Call) -> None:
    for code in (500, "500", [500], {}):
        answer = told(code=code, message="Unable to find the database")
        assert isinstance(read(call, 200, {}, answer), OutcomeUnknown)


def test_doubt_names_method_and_path_only() -> None:
    outcome = read(FIND, 502, {"Authorization": "canary"}, b"canary")
    assert outcome == OutcomeUnknown(
        "GET /orders/V2/getOrderDetails was answered with HTTP 502, and that tells nothing"
    )


def test_easyecoms_words_are_cleaned_and_cut() -> None:
    words = "bad\x00\r\n\u202esku \ud800" + "x" * 600
    outcome = read(ORDER, 200, {}, told(code=400, message=words))
    assert isinstance(outcome, Rejected)
    assert outcome.message.startswith("bad sku  xxx")
    assert len(outcome.message) == 500


def test_a_token_echoed_in_a_message_is_hidden() -> None:
    words = "Bearer abcdef123456 and eyJhbGciOi.eyJsb2M.c2ln are bad"
    outcome = read(AWB, 200, {}, told(code=400, message=words))
    assert outcome == Rejected("[hidden] and [hidden] are bad")


@pytest.mark.parametrize(
    ("outcome", "code", "sentence"),
    [
        (Done(AwbAssigned()), "done", "EasyEcom took courier and AWB."),
        (
            easyecom.NotSent("no route"),
            "not_sent",
            "EasyEcom could not be reached, and nothing was sent: no route.",
        ),
        (RateLimited(3), "rate_limited", "EasyEcom is limiting our calls; this one has to wait."),
        (
            RateLimited(cool_down=True),
            "log_in_cool_down",
            "EasyEcom gives a location one log-in a minute; the next one has to wait.",
        ),
        (
            AuthRefused(401, "", True),
            "token_refused",
            "EasyEcom no longer accepts our token for this location.",
        ),
        (
            AuthRefused(401, "Invalid"),
            "credentials_refused",
            "EasyEcom does not accept the user name, password or key. Its words: Invalid",
        ),
        (AuthRefused(403), "access_forbidden", "EasyEcom does not let this API user do that."),
        (Rejected("no such sku"), "rejected", "EasyEcom refused it. Its words: no such sku"),
        (AlreadyExists(), "already_exists", "EasyEcom already has an order with this number."),
        (
            OutcomeUnknown("POST /x broke"),
            "outcome_unknown",
            "It is not known whether EasyEcom did it: POST /x broke.",
        ),
    ],
)
def test_every_outcome_has_a_code_and_a_sentence(outcome: Any, code: str, sentence: str) -> None:
    assert (outcome.code, outcome.sentence) == (code, sentence)


def test_every_kind_of_call_can_be_read() -> None:
    assert {call.kind for call in CALLS} == set(Kind)


def test_a_duplicate_is_recognised_behind_a_long_beginning() -> None:
    words = f"{'x' * 900} Order Number BN-7731 already exists within the Company."
    outcome = read(ORDER, 200, {}, told(code=400, message=words))
    assert outcome == AlreadyExists("x" * 500)


# What stands beside an answer may not change its meaning -----------------------------------------


@pytest.mark.parametrize("code", [401, 403, 429])
def test_code_counts_as_a_status_only_under_http_200(code: int) -> None:
    """A server error that carries such a code may come after the order was made."""
    for status in (500, 502, 408):
        outcome = outcome_of(ORDER, status, told(code=code, message="x"))
        assert isinstance(outcome, OutcomeUnknown), status
    assert outcome_of(ORDER, 400, told(code=code, message="x")) == Rejected("x")
    assert not isinstance(outcome_of(ORDER, 200, told(code=code)), OutcomeUnknown | Rejected)


@pytest.mark.parametrize("call", CALLS, ids=by_kind)
def test_words_of_a_wrong_log_in_mean_that_on_a_log_in_only(call: Call) -> None:
    words = "Invalid user credentials provided"
    outcome = outcome_of(call, 200, told(code=400, message=words))
    assert outcome == (AuthRefused(401, words) if call is LOG_IN else Rejected(words))


@pytest.mark.parametrize("status", [302, 408, 425, 499, 500, 503])
def test_wrong_log_in_is_nobodys_word_where_nobody_judged(status: int) -> None:
    answer = told(code=400, message="Invalid user credentials provided")
    assert isinstance(outcome_of(LOG_IN, status, answer), OutcomeUnknown)


def test_answer_of_exactly_the_most_bytes_is_read_and_one_more_is_unknown() -> None:
    longest = CREATED + b" " * (MAX_REPLY - len(CREATED))
    assert MAX_REPLY == 5_242_880
    assert isinstance(outcome_of(ORDER, 200, longest), Done)
    assert isinstance(outcome_of(ORDER, 200, longest + b" "), OutcomeUnknown)


def test_duplicate_that_calls_itself_a_success_is_read_as_a_success() -> None:
    said = CREATED.replace(b"created successfully", b"already exists, updated")
    assert said != CREATED
    assert isinstance(outcome_of(ORDER, 200, said), Done)


@pytest.mark.parametrize("call", [LOG_IN, PRODUCTS], ids=by_kind)
def test_what_may_lack_the_code_is_a_success_under_http_200_and_without_another_code(
    call: Call,
) -> None:
    data: dict[str, Any] = (
        {"token": {"jwt_token": "t"}} if call is LOG_IN else [{"sku": "A", "product_name": "A"}]
    )
    assert isinstance(outcome_of(call, 200, told(data=data)), Done)
    assert isinstance(outcome_of(call, 201, told(data=data)), OutcomeUnknown)
    assert isinstance(outcome_of(call, 404, told(data=data)), OutcomeUnknown)
    assert isinstance(outcome_of(call, 200, told(data=data, code=201)), OutcomeUnknown)
    assert isinstance(outcome_of(call, 200, told(data=data, code=500)), OutcomeUnknown)


def test_name_of_what_was_created_is_compared_for_orders_only() -> None:
    answer = told(code=200, message="C-7 created successfully", data={"companyCarrierId": "7301"})
    assert outcome_of(CARRIER, 200, answer) == Done(CarrierRegistered("7301"))
    assert isinstance(
        outcome_of(ORDER, 200, CREATED.replace(b"BN-7731", b"BN-7732")), OutcomeUnknown
    )
