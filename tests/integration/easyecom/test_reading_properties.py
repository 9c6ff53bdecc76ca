"""Whatever comes back, reading never raises, and never takes a hope for a fact."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from integration.easyecom import Done, OrderCreated, OrderQueued, read
from tests.examples import examples
from tests.integration.easyecom.test_reading import CALLS, CARRIER, ORDER, WRITES

UNSTORABLE = re.compile("[\x00-\x1f\ud800-\udfff]")
STATUS = st.sampled_from([200, 200, 200, 201, 302, 400, 401, 403, 404, 408, 429, 500, 503])
CODE = st.sampled_from([200, 200, "200", 200.0, True, None, 400, "400", 401, 403, 429, 500, 2**70])
LEAF = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["NA", "No Data Found", "\x00", "\ud800", "7301", "2026-11-20 10:00:00"]),
)
FIELD = st.one_of(
    st.sampled_from(
        ["OrderID", "InvoiceID", "SuborderID", "queueId", "Status", "companyCarrierId", "token"]
        + ["jwt_token", "status_id", "notes", "inventoryData", "nextUrl", "sku", "reference_code"]
        + ["cp_id", "sub_products", "quantity", "order_items", "location_key", "availableInventory"]
    ),
    st.text(max_size=4),
)
DATA = st.recursive(
    LEAF,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(FIELD, inner, max_size=4)),
    max_leaves=12,
)
MESSAGE = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(
        [
            "BN-7731 created successfully",
            "X9 created successfully",
            "X already exists",
            "No data found",
        ]
    ),
)
ENVELOPE = st.fixed_dictionaries({"code": CODE, "message": MESSAGE, "data": DATA})
ANSWER = st.one_of(st.binary(max_size=60), ENVELOPE.map(lambda told: json.dumps(told).encode()))


@settings(max_examples=examples(150), deadline=None)
@given(call=st.sampled_from(CALLS), status=STATUS, answer=ANSWER, wait=st.text(max_size=8))
def test_reading_never_raises(call, status, answer, wait):
    outcome = read(call, status, {"Retry-After": wait}, answer)
    assert outcome.code
    assert not UNSTORABLE.search(outcome.sentence)


@settings(max_examples=examples(150), deadline=None)
@given(call=st.sampled_from(WRITES), status=STATUS, told=ENVELOPE)
def test_a_write_is_done_only_with_http_200_and_code_200(call, status, told):
    outcome = read(call, status, {}, json.dumps(told).encode())
    if isinstance(outcome, Done):
        assert status == 200
        assert told["code"] == 200
        assert type(told["code"]) is int


@settings(max_examples=examples(150), deadline=None)
@given(data=DATA)
def test_a_done_order_has_an_id_and_a_done_registration_its_number(data):
    answer = json.dumps({"code": 200, "message": "Successful", "data": data}).encode()
    match read(ORDER, 200, {}, answer):
        case Done(OrderCreated(order_id, _, invoice_id)):
            assert order_id or invoice_id
        case Done(OrderQueued(queue_id)):
            assert queue_id
    registered = read(CARRIER, 200, {}, answer)
    if isinstance(registered, Done):
        assert registered.reply.company_carrier_id.isdigit()
