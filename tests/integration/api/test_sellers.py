"""Sellers, and what a platform needs to know before it gives orders for their locations."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from integration.models import ApiKey, Delivery, Quota, ReadBack
from tests.factories import make_location, make_order, make_seller
from tests.integration.api.conftest import fields
from tests.integration.api.test_scope import LIMITED, make_key

pytestmark = pytest.mark.django_db

URL = "/api/v1/sellers/"


def one(api, query=""):
    (row,) = api.get(f"{URL}{query}").json()["results"]
    return row


def receive(location, topic, at):
    Delivery.objects.create(
        location=location,
        endpoint=location.endpoints.get(topic=topic),
        topic=topic,
        received_at=at,
    )


@time_machine.travel("2026-11-26T06:30:15Z", tick=False)
def test_live_location_with_all_that_is_known_of_it(api):
    seller = make_seller(code="acme", name="Acme")
    location = make_location(seller=seller, location_key="en1", name="Pune")
    now = timezone.now()
    for hours in (5, 2):
        receive(location, "inventory", now - timedelta(hours=hours))
    for ended_at, arrival in ((now - timedelta(hours=9), 7), (now - timedelta(hours=1), None)):
        times = {"asked_at": ended_at, "ended_at": ended_at, "arrival": arrival}
        ReadBack.objects.create(location=location, cause="rotation", **times)
    make_order(location, blocked_reason="rejected")
    make_order(location, blocked_reason="rate_limited")

    row = one(api)

    assert row == {
        "code": "acme",
        "name": "Acme",
        "quota": {
            "daily_quota": None,
            "day_ends_at": "2026-11-26T18:30:00Z",
            "used_today": 0,
            "left_today": None,
            "orders": "normal",
            "orders_until": None,
            "polling": "normal",
            "polling_until": None,
            "message": "",
        },
        "locations": [
            {
                "location_key": "en1",
                "name": "Pune",
                "live": True,
                "live_at": "2026-11-26T06:30:15Z",
                "reason": "",
                "reason_message": "",
                "webhook_received_at": {
                    "inventory": "2026-11-26T04:30:15Z",
                    "manifested": None,
                },
                "stock_read_at": "2026-11-25T21:30:15Z",
                # Eighty days after the log-in, which was five minutes ago.
                "token_ok_until": "2027-02-14T06:25:15Z",
                "orders_stuck": 1,
            }
        ],
    }
    # Looking at an account writes nothing.
    assert not Quota.objects.exists()


def test_location_that_is_not_live_says_why(api):
    make_location(live=False, token="", blocked_reason="refused")

    (place,) = one(api)["locations"]

    assert (place["live"], place["live_at"], place["reason"]) == (False, None, "refused")
    assert place["reason_message"].startswith("EasyEcom refused a step of the onboarding.")
    assert place["token_ok_until"] is place["stock_read_at"] is None
    assert place["webhook_received_at"] == {"inventory": None, "manifested": None}


def test_dropped_token_is_good_no_longer(api):
    make_location(token="")

    assert one(api)["locations"][0]["token_ok_until"] is None


@pytest.mark.parametrize(
    ("used", "more", "orders", "polling", "sentence"),
    [
        (10, {}, "normal", "normal", ""),
        (80, {}, "normal", "slowed", "80% of the day's calls at EasyEcom are used"),
        (95, {}, "normal", "stopped", "95% of the day's calls at EasyEcom are used"),
        (100, {"spent_until": 1}, "stopped", "stopped", "The day's 100 calls are used."),
        (10, {"paused_until": 1}, "stopped", "stopped", "EasyEcom asked for a pause (429)."),
    ],
)
def test_account_says_what_goes_out(api, used, more, orders, polling, sentence):
    now = timezone.now()
    seller = make_seller(daily_quota=100)
    until = {name: now + timedelta(minutes=minutes) for name, minutes in more.items()}
    Quota.objects.create(
        seller=seller, full_at=now, day=timezone.localdate(now), used_today=used, **until
    )

    quota = one(api)["quota"]

    assert (quota["used_today"], quota["left_today"]) == (used, 100 - used)
    assert (quota["orders"], quota["polling"]) == (orders, polling)
    assert quota["message"].startswith(sentence)
    assert (quota["orders_until"] is not None) == (orders == "stopped")


def test_yesterdays_calls_are_not_todays(api):
    now = timezone.now()
    yesterday = timezone.localdate(now) - timedelta(days=1)
    Quota.objects.create(
        seller=make_seller(daily_quota=5), full_at=now, day=yesterday, used_today=5
    )

    assert one(api)["quota"]["used_today"] == 0


def test_pages_filters_and_scope(api):
    sellers = [make_location(seller=make_seller(code=f"s{n}")).seller for n in range(3)]
    make_key(sellers[2])

    first = api.get(f"{URL}?limit=2").json()
    codes = [row["code"] for row in first["results"]]

    assert codes == ["s0", "s1"]
    assert [row["code"] for row in api.get(first["next"]).json()["results"]] == ["s2"]
    assert one(api, "?seller=s1")["code"] == "s1"
    headers = {"Authorization": f"Bearer {LIMITED}"}
    own = api.get(URL, headers=headers).json()["results"]
    assert [row["code"] for row in own] == ["s2"]
    foreign = api.get(f"{URL}?seller=s0", headers=headers)
    assert (foreign.status_code, fields(foreign)) == (400, ["seller"])


def test_page_costs_as_much_with_many_sellers_as_with_few(api, django_assert_num_queries):
    ApiKey.objects.update(last_used_at=timezone.now())
    for count in (1, 8):
        for _ in range(count):
            location = make_location()
            make_location(seller=location.seller)
            make_order(location, blocked_reason="rejected")
            receive(location, "inventory", timezone.now())
        with django_assert_num_queries(4):
            assert len(api.get(URL).json()["results"]) >= count


def test_no_secret_is_read(api, django_assert_num_queries):
    make_location()

    with django_assert_num_queries(4) as queries:
        text = api.get(URL).content.decode()

    assert "canary" not in text
    columns = ("api_password", "x_api_key")
    assert not [q for q in queries if any(name in q["sql"] for name in columns)]
