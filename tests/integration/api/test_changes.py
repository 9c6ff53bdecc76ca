from datetime import UTC, datetime

import pytest

from integration.feed import feed
from integration.models import Change, Stage, raise_stage
from tests.factories import make_order
from tests.integration.api.conftest import BODY, ORDER_URL

pytestmark = pytest.mark.django_db

URL = "/api/v1/changes/"


def test_the_feed_begins_at_the_beginning_and_gives_what_to_pass_next(api, location):
    api.put_json(ORDER_URL, BODY)
    api.delete(ORDER_URL)

    first = api.get(f"{URL}?limit=1").json()
    second = api.get(f"{URL}?after={first['cursor']}").json()

    at = Change.objects.order_by("pk")[0].at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert first == {
        "results": [
            {
                "cursor": "1",
                "type": "order.stage_changed",
                "at": at,
                "seller": "acme",
                "location_key": "ne29488101841",
                "data": {"order_number": "BN-1001", "stage": "received", "previous": None},
            }
        ],
        "cursor": "1",
    }
    assert [row["data"]["stage"] for row in second["results"]] == ["withdrawn"]
    assert second["cursor"] == "2"
    assert list(Change.objects.order_by("pk").values_list("cursor", flat=True)) == [1, 2]


def test_a_reader_that_has_no_cursor_yet_may_pass_an_empty_one(api, location):
    api.put_json(ORDER_URL, BODY)

    assert api.get(f"{URL}?after=").json() == api.get(URL).json()


def test_an_empty_page_gives_the_same_cursor_back(api, location):
    assert api.get(URL).json() == {"results": [], "cursor": None}

    api.put_json(ORDER_URL, BODY)

    assert api.get(f"{URL}?after=1").json() == {"results": [], "cursor": "1"}
    assert api.get("/api/v1/changes?after=000").json()["cursor"] == "1"


def test_a_reader_that_follows_the_cursor_sees_each_change_once(api):
    order = make_order()
    for stage in (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED):
        raise_stage(order, stage, at=order.updated_at, easyecom_invoice_id="1")

    seen, page = [], api.get(f"{URL}?limit=1").json()
    while page["results"]:
        seen += [row["data"]["stage"] for row in page["results"]]
        page = api.get(f"{URL}?limit=1&after={page['cursor']}").json()

    assert seen == ["awaiting_carrier", "carrier_assigned"]


def test_who_comes_too_late_is_told_where_the_feed_begins_now(api, location):
    for order in (make_order(location), make_order(location)):
        raise_stage(order, Stage.AWAITING_CARRIER, at=order.updated_at, easyecom_invoice_id="1")
    api.get(URL)
    feed.forget(datetime.max.replace(tzinfo=UTC), None)

    answer = api.get(f"{URL}?after=1")

    message = "What follows this cursor is not all kept any more. The oldest is 3."
    assert (answer.status_code, answer.json()) == (
        410,
        {"errors": [{"field": "after", "message": message}], "oldest": "3", "cursor": "2"},
    )
    assert api.get(f"{URL}?after=2").json() == {"results": [], "cursor": "2"}
    assert api.get(URL).json() == {"results": [], "cursor": None}


@pytest.mark.parametrize("after", ["3", "9" * 18])
def test_cursor_that_was_never_given_is_gone(api, location, after):
    for order in (make_order(location), make_order(location)):
        raise_stage(order, Stage.AWAITING_CARRIER, at=order.updated_at, easyecom_invoice_id="1")
    assert api.get(f"{URL}?after=2").status_code == 200

    answer = api.get(f"{URL}?after={after}")

    assert (answer.status_code, answer.json()["oldest"], answer.json()["cursor"]) == (410, "1", "2")
    [error] = answer.json()["errors"]
    assert error["field"] == "after" and "restored" in error["message"]


@pytest.mark.parametrize("wait", ["21", "-1", "1.5", "x"])
def test_nobody_waits_longer_than_20_seconds(api, wait):
    answer = api.get(f"{URL}?wait={wait}")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["wait"]
