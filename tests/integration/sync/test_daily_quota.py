"""A day's calls: orders have them first, polling has a share, and what waits says until when."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.utils import timezone

from booon_console.lib import clock
from integration import easyecom as wire
from integration.easyecom import Kind
from integration.models import CallCount, Order, Quota, SyncJob
from integration.sync import postponing, rate_limit
from integration.sync.daily_quota import Day
from integration.sync.quota_status import Standing, out_of_quota
from integration.sync.scheduler import Scheduler
from sellers.models import Seller
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.conftest import API, CREATED, run
from tests.integration.entrances import case

pytestmark = pytest.mark.django_db

# 12:00 in India.
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


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
        moments += [moment] * rate_limit.take(seller, 10, moment, is_polling=True)


def make_poll(location, kind="stock", **fields):
    fields = {"due_at": NOON} | fields
    return SyncJob.objects.create(kind=kind, seller=location.seller, location=location, **fields)


def test_polling_takes_no_more_than_its_share_so_that_the_evening_has_its_orders():
    seller = make_account(limit=500)
    morning = NOON - timedelta(hours=11, minutes=59)

    moments = polled_over(seller, morning, MIDNIGHT)

    assert len(moments) == 75
    assert Quota.objects.get(seller=seller).polled_today == 75
    assert rate_limit.take(seller, 425, MIDNIGHT - timedelta(seconds=1)) == 425


def test_polling_slows_at_eighty_per_cent_of_the_day_whoever_used_it():
    fast, slow = make_account(used=79), make_account(used=80)

    assert len(polled_over(fast, NOON, NOON + timedelta(minutes=1))) == 1
    moments = polled_over(slow, NOON, MIDNIGHT)

    assert len(moments) == 15
    assert moments[1] - moments[0] > timedelta(minutes=30)
    assert moments[-1] > MIDNIGHT - timedelta(hours=2)


def test_polling_stops_at_ninety_five_per_cent_and_orders_go_on():
    seller = make_account(used=95)

    assert rate_limit.take(seller, 1, NOON, is_polling=True) == 0
    refusal = rate_limit.refusal(seller, NOON, is_polling=True)
    assert (refusal.code, refusal.until) == ("quota_spent", MIDNIGHT)
    assert "Free again at 00:00 IST on 24 November." in refusal.message
    assert rate_limit.take(seller, 5, NOON) == 5


@pytest.mark.parametrize(
    ("used", "polled", "is_slow", "polls_left"),
    [
        # Of the whole day: slow from 80, none from 95.
        (79, 0, False, 15),
        (80, 0, True, 15),
        (81, 0, True, 14),
        (94, 0, True, 1),
        (95, 0, True, 0),
        (96, 0, True, -1),
        # Of polling's own 15: slow from 12, none from 15.
        (11, 11, False, 4),
        (12, 12, True, 3),
        (13, 13, True, 2),
        (14, 14, True, 1),
        (15, 15, True, 0),
        (16, 16, True, -1),
    ],
)
def test_polling_slows_and_stops_at_its_numbers(used, polled, is_slow, polls_left):
    day = Day(100, used, polled, MIDNIGHT)

    assert (day.is_slow, day.polls_left) == (is_slow, polls_left)
    seller = make_account(used=used, polled=polled)
    assert rate_limit.take(seller, 9, NOON, is_polling=True) == max(min(polls_left, 1), 0)


@pytest.mark.parametrize(
    ("polls_at", "granted"),
    [(NOON - MOMENT, 1), (NOON, 1), (NOON + MOMENT, 0), (None, 1)],
)
def test_slow_polling_goes_on_at_its_moment(polls_at, granted):
    seller = make_account(used=80, polls_at=polls_at)

    assert rate_limit.take(seller, 9, NOON, is_polling=True) == granted


@pytest.mark.parametrize(("used", "is_used_up"), [(99, False), (100, True), (101, True)])
def test_429_rests_an_account_once_its_last_call_is_used(used, is_used_up):
    seller = make_account(used=used)

    rate_limit.pause(seller.pk, None, NOON)

    code = rate_limit.refusal(seller, NOON).code
    assert code == ("quota_spent" if is_used_up else "rate_limited")
    again = NOON + (timedelta(minutes=15) if is_used_up else timedelta(seconds=5))
    assert rate_limit.take(seller, 1, again - MOMENT) == 0
    assert rate_limit.take(seller, 1, again) == 1


@pytest.mark.parametrize(("retry_after", "minutes"), [(899, 15), (900, 15), (None, 15)])
def test_spent_account_rests_a_quarter_of_an_hour_whatever_else_easyecom_says(retry_after, minutes):
    seller = make_account(used=100)

    rate_limit.pause(seller.pk, retry_after, NOON)

    assert rate_limit.refusal(seller, NOON).until == NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (NOON, MIDNIGHT),
        # Three in the morning in India: UTC's midnight comes first.
        (MIDNIGHT + timedelta(hours=3), MIDNIGHT + timedelta(hours=5, minutes=30)),
    ],
)
@pytest.mark.parametrize(("limit", "used"), [(None, 0), (500, 3)])
def test_limit_exceeded_rests_till_the_day_ends_whatever_our_own_count(limit, used, now, until):
    seller = make_account(limit=limit, used=used)

    rate_limit.pause(seller.pk, None, now, of_the_day=True)

    refusal = rate_limit.refusal(seller, now)
    assert (refusal.code, refusal.until) == ("quota_spent", until)
    assert rate_limit.take(seller, 1, until - MOMENT) == 0
    assert rate_limit.take(seller, 1, until) == 1
    assert [row.seller_id for row in out_of_quota(now)] == [seller.pk]


def test_limits_that_are_changed_end_the_rest_that_easyecom_asked_for():
    seller = make_account(limit=500, used=3)
    rate_limit.pause(seller.pk, None, NOON, of_the_day=True)

    postponing.resume(seller)

    assert rate_limit.take(seller, 1, NOON + timedelta(minutes=1)) == 1


@pytest.mark.parametrize(
    ("message", "is_of_the_day"),
    [
        ("Limit Exceeded", True),
        ("limit exceeded.", True),
        ("Daily limit exceeded", True),
        ("Your quota is used up", True),
        ("Too Many Requests", False),
        ("Rate limit exceeded", False),
        ("", False),
    ],
)
def test_words_of_a_429_tell_the_day_from_the_second(message, is_of_the_day):
    body = json.dumps({"message": message}).encode()

    outcome = wire.read(wire.find_order("BN-1"), 429, {}, body)

    assert outcome == wire.RateLimited(None, of_the_day=is_of_the_day)


def test_limit_exceeded_of_a_call_says_so_on_the_order(easyecom):
    given = case("easyecom/11_429_limit_exceeded.json")
    order = make_order()
    easyecom.post(f"{API}/webhook/v2/createOrder", status=given["http_status"], json=given["body"])

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.blocked_reason, job.error_code) == ("quota_spent", "quota_spent")
    assert "Limit Exceeded" in order.blocked_detail
    assert job.due_at == Quota.objects.get(seller=order.seller).refused_until


def test_small_quota_leaves_polling_one_call_a_day():
    seller = make_account(limit=5)

    assert rate_limit.take(seller, 9, NOON, is_polling=True) == 1
    assert rate_limit.take(seller, 9, MIDNIGHT - MOMENT, is_polling=True) == 0
    assert rate_limit.take(seller, 9, MIDNIGHT, is_polling=True) == 1


def test_orders_go_on_beyond_our_count_until_easyecom_says_429():
    seller = make_account(used=100)
    assert rate_limit.take(seller, 1, NOON) == 1

    rate_limit.pause(seller.pk, 2, NOON)

    assert rate_limit.take(seller, 1, NOON + timedelta(minutes=14)) == 0
    refusal = rate_limit.refusal(seller, NOON)
    assert (refusal.code, refusal.until) == ("quota_spent", NOON + timedelta(minutes=15))
    assert rate_limit.take(seller, 1, NOON + timedelta(minutes=15)) == 1


def test_pause_of_a_spent_day_ends_with_the_day():
    seller = make_account(used=100)
    late = MIDNIGHT - timedelta(minutes=3)
    rate_limit.pause(seller.pk, None, late)

    assert rate_limit.refusal(seller, late).until == MIDNIGHT
    assert rate_limit.take(seller, 1, MIDNIGHT) == 1


def test_429_of_a_young_day_is_no_spent_day():
    seller = make_account(used=50)

    rate_limit.pause(seller.pk, None, NOON)

    refusal = rate_limit.refusal(seller, NOON)
    assert (refusal.code, refusal.until) == ("rate_limited", NOON + timedelta(seconds=5))


def test_new_day_in_india_begins_with_nothing_used():
    seller = make_account(used=100, polled=15)

    assert rate_limit.take(seller, 1, MIDNIGHT - timedelta(seconds=1), is_polling=True) == 0
    assert rate_limit.take(seller, 1, MIDNIGHT, is_polling=True) == 1
    assert Quota.objects.get(seller=seller).used_today == 1


def test_larger_quota_opens_a_spent_account_at_once():
    seller = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    assert rate_limit.take(seller, 1, NOON) == 0

    seller.daily_quota = 50_000

    assert rate_limit.take(seller, 1, NOON) == 1


def test_account_without_a_daily_quota_never_slows():
    seller = make_account(limit=None, used=10**6, polled=10**6)

    assert rate_limit.take(seller, 400, NOON, is_polling=True) == 400


def test_polling_leaves_half_of_the_burst_to_orders():
    seller = make_seller(rate_per_second=1, burst=10)

    assert rate_limit.take(seller, 10, NOON, is_polling=True) == 5
    assert rate_limit.take(seller, 10, NOON) == 5


def test_polling_alone_goes_at_the_full_rate():
    seller = make_seller(rate_per_second=5, burst=10)
    rate_limit.take(seller, 10, NOON, is_polling=True)

    granted = sum(
        rate_limit.take(seller, 1, NOON + timedelta(milliseconds=100 * tick), is_polling=True)
        for tick in range(1, 101)
    )

    assert 46 <= granted <= 48


def test_poll_that_was_not_made_is_given_back():
    seller = make_account()
    rate_limit.take(seller, 3, NOON, is_polling=True)

    rate_limit.give_back(seller.pk, NOON, is_polling=True)

    row = Quota.objects.get(seller=seller)
    assert (row.used_today, row.polled_today) == (2, 2)


def test_orders_are_let_in_before_polling_that_is_due_longer(noon):
    location = make_location(seller=make_seller(burst=1, rate_per_second=0.01))
    make_poll(location, due_at=NOON - timedelta(hours=1))
    order = make_order(location)
    SyncJob.objects.filter(order=order).update(due_at=NOON)

    jobs = Scheduler().admit(64)

    assert [job.order_id for job in jobs] == [order.pk]


def test_polling_that_stopped_waits_for_tomorrow_and_says_so(noon):
    location = make_location(seller=make_account(used=95))
    job = make_poll(location)
    order = make_order(location)
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    turnstile = Scheduler()

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

    Scheduler().admit(64)

    job.refresh_from_db()
    assert (job.status, job.lease_token, job.due_at) == ("pending", None, MIDNIGHT)


def test_slowed_polling_says_when_it_goes_on(noon):
    location = make_location(seller=make_account(used=90, polls_at=NOON + timedelta(hours=2)))
    job = make_poll(location)

    assert Scheduler().admit(64) == []

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

    jobs = Scheduler().admit(64)

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


@pytest.mark.parametrize("reason", ["onboarding", "cool_down", "unreachable", "secret_unreadable"])
def test_unfinished_location_of_a_spent_account_says_so(noon, reason):
    spent = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    location = make_location(seller=spent, live=False, blocked_reason=reason)
    make_poll(location, "location")

    Scheduler().admit(64)

    location.refresh_from_db()
    assert location.blocked_reason == "quota_spent"
    assert "Free again at 00:00 IST on 24 November" in location.blocked_detail


@pytest.mark.parametrize("reason", ["credentials_refused", "carrier_in_doubt"])
def test_location_that_waits_for_a_person_goes_on_saying_that(noon, reason):
    spent = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    location = make_location(seller=spent, live=False, blocked_reason=reason)
    job = make_poll(location, "location")

    Scheduler().admit(64)

    location.refresh_from_db()
    job.refresh_from_db()
    assert (location.blocked_reason, job.error_code) == (reason, "quota_spent")


def test_429_with_all_calls_used_blocks_the_order_for_the_day(easyecom, noon):
    order = make_order(make_location(seller=make_account(used=100)))
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    easyecom.post(f"{API}/webhook/v2/createOrder", status=429)

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("received", "quota_spent")
    assert (job.error_code, job.due_at) == ("quota_spent", NOON + timedelta(minutes=15))
    assert len(easyecom.calls) == 1


@pytest.mark.postgres
def test_new_limits_bring_forward_everything_that_waited_for_them(noon):
    seller = make_account(used=100, polled=20, spent_until=NOON + timedelta(minutes=15))
    location = make_location(seller=seller)
    order, onboarding = make_order(location), make_poll(location, "location")
    stock, products = make_poll(location, "stock"), make_poll(location, "products")
    elsewhere = make_poll(make_location())
    held_by_another_reason = make_poll(make_location(seller=seller), error_code="held", due_at=None)
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    # Whoever went first finds no day's calls left, and everybody's jobs are put off.
    Scheduler(only=[order.sync_job.pk, onboarding.pk, stock.pk, products.pk]).admit(64)
    waited = SyncJob.objects.filter(seller=seller).exclude(pk=held_by_another_reason.pk)
    assert set(waited.values_list("kind", "due_at")) == {
        ("order", NOON + timedelta(minutes=15)),
        ("location", NOON + timedelta(minutes=15)),
        ("stock", MIDNIGHT),
        ("products", MIDNIGHT),
    }

    Seller.objects.filter(pk=seller.pk).update(daily_quota=1000)
    assert postponing.resume(seller) == 4

    assert set(waited.values_list("due_at", flat=True)) == {NOON}
    assert {job.kind for job in Scheduler().admit(64) if job.seller_id == seller.pk} == {
        "order",
        "location",
        "stock",
        "products",
    }
    held_by_another_reason.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (held_by_another_reason.due_at, elsewhere.wanted) == (None, 1)


@pytest.mark.postgres
def test_new_limits_have_one_under_way_look_again(noon):
    location = make_location(seller=make_account(used=10))
    running, resting = make_poll(location), make_poll(location, "products", status="succeeded")
    (claimed,) = Scheduler(only=[running.pk]).admit(64)

    assert postponing.resume(location.seller) == 1

    running.refresh_from_db()
    resting.refresh_from_db()
    assert (running.status, running.wanted, running.served) == ("running", 2, 1)
    assert (claimed.pk, resting.wanted) == (running.pk, 1)


@pytest.mark.postgres
def test_polling_that_is_still_slow_goes_out_once_and_is_spread_anew(noon):
    seller = make_account(used=90, polled=5, polls_at=NOON + timedelta(hours=6))
    job = make_poll(make_location(seller=seller))
    Scheduler().admit(64)
    job.refresh_from_db()
    assert job.due_at == NOON + timedelta(hours=6)

    Seller.objects.filter(pk=seller.pk).update(daily_quota=110)
    postponing.resume(seller)

    # Polling's share of 110 is 16, and 5 are used: one now, 10 in the twelve hours to midnight.
    assert [job.pk for job in Scheduler().admit(64)] == [job.pk]
    assert Quota.objects.get(seller=seller).polls_at == NOON + timedelta(hours=12) / 11


@pytest.mark.postgres
def test_drain_under_way_goes_by_limits_as_they_are_now(noon):
    seller = make_account(used=100, spent_until=NOON + timedelta(minutes=15))
    location = make_location(seller=seller)
    first, second = make_order(location), make_order(location)
    SyncJob.objects.update(due_at=NOON)
    drain = Scheduler()
    assert drain.admit(64) == []

    Seller.objects.filter(pk=seller.pk).update(daily_quota=1000)
    postponing.resume(seller)

    assert {job.order_id for job in drain.admit(64)} == {first.pk, second.pk}


@pytest.mark.postgres
def test_drain_that_knows_old_limits_puts_nothing_off_by_them(noon):
    seller = make_account(used=10)
    location = make_location(seller=seller)
    drain = Scheduler()
    make_poll(location, "stock")
    assert len(drain.admit(64)) == 1
    late = make_poll(location, "products")
    Quota.objects.filter(seller=seller).update(used_today=96)
    Seller.objects.filter(pk=seller.pk).update(daily_quota=1000)

    # By the limits it knows there is no call left, so it asks for those of now.
    assert (drain.admit(64), drain.is_waiting) == ([], True)
    late.refresh_from_db()
    assert (late.due_at, late.error_code) == (NOON, "")
    assert [job.pk for job in drain.admit(64)] == [late.pk]


def test_calls_are_counted_by_kind_and_day(easyecom, noon):
    order = make_order()
    SyncJob.objects.filter(order=order).update(due_at=NOON)
    easyecom.post(f"{API}/webhook/v2/createOrder", json=CREATED)
    run(order.sync_job)
    rate_limit.count({(order.seller_id, Kind.FIND_ORDER, True): 1}, NOON)
    rate_limit.count({(order.seller_id, Kind.FIND_ORDER, True): 1}, NOON)
    rate_limit.count({(order.seller_id, Kind.FIND_ORDER, True): 1}, MIDNIGHT)

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


def test_limits_beyond_reckoning_are_that_accounts_trouble():
    seller = Seller(code="acme", burst=2**31 - 1, rate_per_second=0.01)

    standing = Standing.of(seller, timezone.now())

    assert (standing.orders, standing.polling) == ("stopped", "stopped")
    assert "can't be reckoned with" in standing.orders_message
