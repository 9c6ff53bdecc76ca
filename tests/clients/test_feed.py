import pytest
import requests
from booon_console_client import TooLate, Unauthorized
from django.db import OperationalError
from django.utils import timezone

from integration.feed import feed
from integration.models import ApiKey
from tests.clients.conftest import forget_everything, set_level
from tests.integration.api.conftest import BODY


def taken(changes, count):
    return [next(changes) for _ in range(count)]


def test_following_yields_each_change_once_and_goes_on_from_a_cursor(console, location):
    console.put_order("acme", "BN-1", BODY)
    set_level(location, "A", 5)
    first = taken(console.follow(wait=0), 2)
    set_level(location, "A", 4)

    (next_one,) = taken(console.follow(first[-1]["cursor"], wait=0), 1)

    assert [change["type"] for change in first] == ["order.stage_changed", "stock.updated"]
    assert first[0]["data"] == {"order_number": "BN-1", "stage": "received", "previous": None}
    assert next_one["data"]["quantity"] == 4
    assert console.changes(next_one["cursor"]) == {"results": [], "cursor": next_one["cursor"]}


def test_trouble_is_waited_out_and_nothing_is_lost_or_told_twice(
    console, location, naps, monkeypatch
):
    for quantity in range(6):
        set_level(location, "A", quantity)
    real_read, real_request = feed.read, console._session.request
    console.retries = 0
    troubles = iter(["", "503", "gone", "503", "slow down", "", "500"])

    def read(after, limit):
        trouble = next(troubles, "")
        if trouble == "503":
            raise OperationalError
        if trouble == "500":
            raise RuntimeError
        return real_read(after, limit)

    def request(*args, **options):
        answer = real_request(*args, **options)
        if answer.status_code == 503 and len(naps) == 0:
            return answer
        if len(naps) == 1:
            raise requests.ConnectionError("lost on the way back")
        if len(naps) == 2:
            answer.status_code, answer.headers["Retry-After"] = 429, "7"
        return answer

    monkeypatch.setattr(feed, "read", read)
    monkeypatch.setattr(console._session, "request", request)

    pages = console.follow_pages(limit=2, wait=0)
    told = [change for _ in range(3) for change in next(pages)["results"]]

    assert [change["data"]["quantity"] for change in told] == list(range(6))
    assert naps[0] == 30 and 7 in naps and len(naps) >= 3


def test_a_quiet_feed_is_waited_for_by_the_console_and_not_in_a_hot_loop(
    console, location, naps, monkeypatch
):
    set_level(location, "A", 1)
    waits = []
    real = console.changes

    def changes(after, **options):
        waits.append(options["wait"])
        if len(waits) == 3:
            set_level(location, "A", 2)
        return real(after, **(options | {"wait": 0}))

    monkeypatch.setattr(console, "changes", changes)

    assert [each["data"]["quantity"] for each in taken(console.follow(), 2)] == [1, 2]
    assert (waits, naps) == ([20, 20, 20], [1])


def test_a_change_ends_the_wait(console, location):
    set_level(location, "A", 1)
    (first,) = console.changes()["results"]
    # Not numbered yet, as when it is committed a moment later.
    set_level(location, "A", 2)

    page = console.changes(first["cursor"], wait=5)

    assert [each["data"]["quantity"] for each in page["results"]] == [2]


def test_who_is_too_late_learns_where_to_go_on(console, location):
    for quantity in range(3):
        set_level(location, "A", quantity)
    forget_everything()
    set_level(location, "A", 9)

    with pytest.raises(TooLate) as late:
        next(console.follow("1", wait=0))

    assert (late.value.status, late.value.oldest, late.value.cursor) == (410, "4", "3")
    assert late.value.errors[0].field == "after"
    assert next(console.follow(late.value.cursor, wait=0))["data"]["quantity"] == 9


def test_a_revoked_key_is_not_waited_out(console, naps):
    ApiKey.objects.update(revoked_at=timezone.now())

    with pytest.raises(Unauthorized):
        next(console.follow(wait=0))
    assert naps == []
