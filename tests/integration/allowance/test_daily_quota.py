"""A day's calls: orders have them first, polling has a share, and what waits says until when."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from booon_console import clock
from integration.allowance import postponing, quota
from integration.easyecom import Kind
from integration.engine.turnstile import Turnstile
from integration.models import CallCount, Order, Quota, SyncJob
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.conftest import API, CREATED, run

pytestmark = pytest.mark.django_db

# 12:00 in India.
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return NOON


def make_account(used=0, polled=0, limit=100, **fields):
    """A seller who has used that much of the day."""
    seller = make_seller(daily_quota=limit)
    Quota.objects.create(
        seller=seller,
        full_at=NOON,
        day=date(2026, 11, 23),
        used_today=used,
        polled_today=polled,
        **fields,
    )
    return seller


def polled_over(seller, start, until):
    """When polling that always wants more gets its calls, asking every minute."""
    minutes = (start + timedelta(minutes=n) for n in count())
    moments = []
    for moment in minutes:
        if moment >= until:
            return moments
        moments += [moment] * quota.take(seller, 10, moment, is_polling=True)


def make_poll(location, kind="stock", **fields):
    fields = {"due_at": NOON} | fields
    return SyncJob.objects.create(kind=kind, seller=location.seller, location=location, **fields)


def test_polling_takes_no_more_than_its_share_so_that_the_evening_has_its_orders():
    seller = make_account(limit=500)
    morning = NOON - timedelta(hours=11, minutes=59)

    moments = polled_over(seller, morning, MIDNIGHT)

    assert len(moments) == 75
    assert Quota.objects.get(seller=seller).polled_today == 75
    assert quota.take(seller, 425, MIDNIGHT - timedelta(seconds=1)) == 425


def test_polling_slows_at_eighty_per_cent_of_the_day_whoever_used_it():
    fast, slow = make_account(used=79), make_account(used=80)

    assert len(polled_over(fast, NOON, NOON + timedelta(minutes=1))) == 1
    moments = polled_over(slow, NOON, MIDNIGHT)

    assert len(moments) == 15
    assert moments[1] - moments[0] > timedelta(minutes=30)
    assert moments[-1] > MIDNIGHT - timedelta(hours=2)


def test_polling_stops_at_ninety_five_per_cent_and_orders_go_on():
    seller = make_account(used=95)

    assert quota.take(seller, 1, NOON, is_polling=True) == 0
    refusal = quota.refusal(seller, NOON, is_polling=True)
    assert (refusal.code, refusal.until) == ("quota_spent", MIDNIGHT)
    assert "Free again at 00:00 IST on 24 November." in refusal.message
    assert quota.take(seller, 5, NOON) == 5


def test_orders_go_on_beyond_our_count_until_easyecom_says_429():
    seller = make_account(used=100)
    assert quota.take(seller, 1, NOON) == 1

    quota.pause(seller.pk, 2, NOON)

    assert quota.take(seller, 1, NOON + timedelta(minutes=14)) == 0
    refusal = quota.refusal(seller, NOON)
    assert (refusal.code, refusal.until) == ("quota_spent", NOON + timedelta(minutes=15))
    assert quota.take(seller, 1, NOON + timedelta(minutes=15)) == 1


def test_pause_of_a_spent_day_ends_with_the_day():
    seller = make_account(used=100)
    late = MIDNIGHT - timedelta(minutes=3)
    quota.pause(seller.pk, None, late)

    assert quota.refusal(seller, late).until == MIDNIGHT
    assert quota.take(seller, 1, MIDNIGHT) == 1


def test_429_of_a_young_day_is_no_spent_day():
    seller = make_account(used=50)

    quota.pause(seller.pk, None, NOON)

    refusal = quota.refusal(seller, NOON)
    assert (refusal.code, refusal.until) == ("rate_limited", NOON + timedelta(seconds=5))


def test_new_day_in_india_begins_with_nothing_used():
    seller = make_account(used=100, polled=15)

    assert quota.take(seller, 1, MIDNIGHT - timedelta(seconds=1), is_polling=True) == 0
    assert quota.take(seller, 1, MIDNIGHT, is_polling=True) == 1
    assert Quota.objects.get(seller=seller).used_today == 1


def test_larger_quota_opens_a_spent_account_at_once():
    seller = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    assert quota.take(seller, 1, NOON) == 0

    seller.daily_quota = 50_000

    assert quota.take(seller, 1, NOON) == 1


def test_account_without_a_daily_quota_never_slows():
    seller = make_account(limit=None, used=10**6, polled=10**6)

    assert quota.take(seller, 400, NOON, is_polling=True) == 400


def test_polling_leaves_half_of_the_burst_to_orders():
    seller = make_seller(rate_per_second=1, burst=10)

    assert quota.take(seller, 10, NOON, is_polling=True) == 5
    assert quota.take(seller, 10, NOON) == 5


def test_polling_alone_goes_at_the_full_rate():
    seller = make_seller(rate_per_second=5, burst=10)
    quota.take(seller, 10, NOON, is_polling=True)

    granted = sum(
        quota.take(seller, 1, NOON + timedelta(milliseconds=100 * tick), is_polling=True)
        for tick in range(1, 101)
    )

    assert 46 <= granted <= 48


def test_poll_that_was_not_made_is_given_back():
    seller = make_account()
    quota.take(seller, 3, NOON, is_polling=True)

    quota.give_back(seller.pk, NOON, is_polling=True)

    row = Quota.objects.get(seller=seller)
    assert (row.used_today, row.polled_today) == (2, 2)


def test_orders_are_let_in_before_polling_that_is_due_longer(noon):
    location = make_location(seller=make_seller(burst=1, rate_per_second=0.01))
    make_poll(location, due_at=NOON - timedelta(hours=1))
    order = make_order(location)
    SyncJob.objects.filter(order=order).update(due_at=NOON)

    jobs = Turnstile().admit(64)

    assert [job.order_id for job in jobs] == [order.pk]


def test_polling_that_stopped_waits_for_tomorrow_and_says_so(noon):
    location = make_location(seller=make_account(used=95))
    job = make_poll(location)
    order = make_order(location)
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    turnstile = Turnstile()

    jobs = turnstile.admit(64)

    assert [each.order_id for each in jobs] == [order.pk]
    assert not turnstile.is_waiting
    job.refresh_from_db()
    assert (job.status, job.error_code, job.due_at) == ("pending", "quota_spent", MIDNIGHT)
    assert "Free again at 00:00 IST on 24 November." in job.error_message
    assert job.attempts == 0


def test_poll_of_a_dead_worker_waits_for_tomorrow_too(noon):
    location = make_location(seller=make_account(used=95))
    ended = NOON - timedelta(seconds=1)
    job = make_poll(
        location,
        status="running",
        lease_token="5f0c1de0-0c34-4c9e-9d0e-6f7f0f6f8a11",
        lease_until=ended,
    )

    Turnstile().admit(64)

    job.refresh_from_db()
    assert (job.status, job.lease_token, job.due_at) == ("pending", None, MIDNIGHT)


def test_slowed_polling_says_when_it_goes_on(noon):
    location = make_location(seller=make_account(used=90, polls_at=NOON + timedelta(hours=2)))
    job = make_poll(location)

    assert Turnstile().admit(64) == []

    job.refresh_from_db()
    assert (job.error_code, job.due_at) == ("quota_slowed", NOON + timedelta(hours=2))
    assert "14:00 IST on 23 November" in job.error_message


def test_orders_of_a_spent_account_say_so_and_others_go_out(noon):
    spent = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    location = make_location(seller=spent)
    fresh, unfinished = make_order(location), pushed(make_order(location))
    make_shipment(unfinished)
    resting = pushed(make_order(location))
    doubtful = make_order(location, doubt="unknown", doubt_since=NOON, blocked_reason="in_doubt")
    other = make_order()
    SyncJob.objects.update(due_at=NOON)
    SyncJob.objects.filter(order=doubtful).update(status="in_doubt")

    jobs = Turnstile().admit(64)

    assert [job.order_id for job in jobs] == [other.pk]
    reasons = dict(Order.objects.values_list("pk", "blocked_reason"))
    assert reasons == {
        fresh.pk: "quota_spent",
        unfinished.pk: "quota_spent",
        resting.pk: "",
        doubtful.pk: "quota_spent",
        other.pk: "",
    }
    fresh.refresh_from_db()
    assert "Free again at 00:00 IST on 24 November" in fresh.blocked_message
    waiting = SyncJob.objects.filter(seller=spent)
    assert set(waiting.values_list("error_code", "due_at")) == {
        ("quota_spent", NOON + timedelta(minutes=15))
    }
    assert SyncJob.objects.get(order=doubtful).status == "in_doubt"


def test_429_with_all_calls_used_blocks_the_order_for_the_day(easyecom, noon):
    order = make_order(make_location(seller=make_account(used=100)))
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    easyecom.post(f"{API}/webhook/v2/createOrder", status=429)

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("received", "quota_spent")
    assert (job.error_code, job.due_at) == ("quota_spent", NOON + timedelta(minutes=15))
    assert len(easyecom.calls) == 1


def test_new_limits_bring_forward_what_waited_for_them(noon):
    location = make_location(seller=make_account(used=95))
    job = make_poll(location)
    Turnstile().admit(64)

    assert postponing.look_again(location.seller) == 1

    job.refresh_from_db()
    assert job.due_at == NOON


def test_calls_are_counted_by_kind_and_day(easyecom, noon):
    order = make_order()
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED)
    run(order.sync_job)
    quota.count(order.seller_id, Kind.FIND_ORDER, NOON, is_polling=True)
    quota.count(order.seller_id, Kind.FIND_ORDER, NOON, is_polling=True)
    quota.count(order.seller_id, Kind.FIND_ORDER, MIDNIGHT, is_polling=True)

    rows = CallCount.objects.order_by("day", "kind").values_list(
        "day", "kind", "is_polling", "count"
    )

    assert list(rows) == [
        (date(2026, 11, 23), "create_order", False, 1),
        (date(2026, 11, 23), "find_order", True, 2),
        (date(2026, 11, 24), "find_order", True, 1),
    ]


def test_progress_ends_the_long_delays(easyecom, noon):
    order = make_order(order_number="BN-1")
    make_shipment(order)
    SyncJob.objects.filter(order=order).update(due_at=NOON, setbacks=5)
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED)
    easyecom.post(f"{API}/Carrier/assignAWB", status=429)

    job = run(order.sync_job)

    assert (job.error_code, job.setbacks) == ("rate_limited", 1)
