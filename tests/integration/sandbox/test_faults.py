import threading

import pytest
import requests

from tests.integration.sandbox.helpers import calling, eventually


def test_drop_hangs_up_before_anything_happens(caller):
    caller.control("faults", kind="create_order", fault="drop")

    with pytest.raises(requests.ConnectionError):
        caller.create("BN-1")

    assert caller.state("orders") == []
    line = caller.ledger("create_order")[0]
    assert (line["committed"], line["status"], line["fault"]) == (False, None, "drop")
    assert caller.create("BN-1").json()["code"] == 200


def test_drop_after_commit_leaves_an_order_and_a_line_in_the_ledger(caller):
    caller.control("faults", kind="create_order", fault="drop_after_commit")

    with pytest.raises(requests.ConnectionError):
        caller.create("BN-1")

    order = caller.state("orders")[0]
    line = caller.ledger("create_order")[0]
    assert (line["committed"], line["status"]) == (True, None)
    assert line["invoice_id"] == str(order["invoice_id"])
    assert "already exists" in caller.create("BN-1").json()["message"]


def test_timeout_after_commit_says_nothing(caller):
    caller.control("faults", kind="add_carrier", fault="timeout_after_commit", seconds=60)

    with pytest.raises(requests.ReadTimeout):
        caller.post(
            "/Credentials/addCarrierCredentials",
            {"carrier_id": 1, "username": "u", "password": "p"},
            timeout=0.2,
        )

    assert len(caller.state("carriers")) == 1


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
def test_status_is_real_and_before_the_commit(caller, status):
    fault = {"kind": "create_order", "fault": "status", "status": status, "retry_after": "7"}
    caller.control("faults", **fault)

    answer = caller.create("BN-1")

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert caller.state("orders") == []


@pytest.mark.parametrize("committed", [True, False])
def test_html_comes_with_200_and_commits_by_its_flag(caller, committed):
    caller.control("faults", kind="create_order", fault="html", committed=committed)

    answer = caller.create("BN-1")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert len(caller.state("orders")) == int(committed)
    assert caller.ledger("create_order")[0]["committed"] is committed


def test_committed_400_creates_the_order_all_the_same(caller):
    caller.control("faults", kind="create_order", fault="committed_400")

    reply = caller.create("BN-1").json()

    assert (reply["code"], reply["data"]) == (400, [])
    assert caller.find("BN-1")["data"][0]["reference_code"] == "BN-1"


def test_truncated_answer_ends_before_its_length(caller):
    caller.control("faults", kind="create_order", fault="truncated")

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.create("BN-1")

    assert len(caller.state("orders")) == 1


def test_drip_sends_byte_by_byte(caller):
    caller.control("faults", kind="create_order", fault="drip", seconds=0.2)

    with (
        pytest.raises(requests.ConnectionError),
        caller.session.post(
            caller.address + "/webhook/v2/createOrder", json={}, timeout=0.1, stream=True
        ) as answer,
    ):
        answer.json()


def test_body_is_whatever_was_asked_for(caller):
    for body in ("", "null", '{"code": "200"}', {"code": 200, "data": {"OrderID": "1"}}):
        caller.control("faults", kind="create_order", fault="body", body=body, committed=True)

    texts = [caller.create(f"BN-{n}").text for n in range(4)]

    assert texts == ["", "null", '{"code": "200"}', '{"code": 200, "data": {"OrderID": "1"}}']
    assert len(caller.state("orders")) == 4


def test_slowness_waits_without_holding_up_the_others(caller, sandbox):
    caller.control("faults", kind="get_locations", fault="slow", seconds=60, times=None)
    with calling(sandbox.address) as slow:
        slow.session.headers.update(caller.session.headers)
        thread = threading.Thread(target=_try, args=(slow,))
        thread.start()
        eventually(lambda: caller.ledger("get_locations"))

        assert caller.create("BN-1").json()["code"] == 200
        sandbox.stop()
        thread.join(timeout=30)
        assert not thread.is_alive()


def _try(caller):
    try:
        caller.get("/getAllLocation", timeout=30)
    except requests.RequestException:
        return


def test_faults_come_in_order_as_often_as_asked_and_where_they_match(caller):
    one = {"kind": "create_order", "fault": "status", "match": {"order_number": "BN-2"}}
    caller.control("faults", **one, status=503, times=2)
    caller.control("faults", **one, status=500)

    statuses = [caller.create(number).status_code for number in ("BN-1", *["BN-2"] * 4)]

    assert statuses == [200, 503, 503, 500, 200]
    assert caller.get("/sandbox/faults").json() == {"faults": []}


def test_fault_after_commit_waits_for_a_request_that_gets_there(caller, stranger):
    caller.control("faults", kind="create_order", fault="committed_400")

    assert stranger.create("BN-1").status_code == 401
    assert caller.create("BN-1").json()["code"] == 400
    assert len(caller.state("orders")) == 1


def test_faults_for_ever_end_when_cleared(caller):
    caller.control("faults", kind="*", fault="status", status=502, times=None)
    during = [caller.get("/getAllLocation").status_code for _ in range(3)]
    caller.delete("/sandbox/faults")

    assert (during, caller.get("/getAllLocation").status_code) == ([502] * 3, 200)
