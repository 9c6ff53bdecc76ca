"""The reason that is stored is the first finding's, whatever comes together and whatever passes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import combinations
from typing import Any, TypeAlias

import pytest
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Hold, Order, Quota, SyncJob
from integration.models.reasons import PASSING
from integration.monitoring import order_checks, reason_refresh
from integration.sync import holds
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import make_location, make_order, make_shipment, pushed

pytestmark = pytest.mark.django_db

Place: TypeAlias = Location


def ago(**span: float) -> Any:
    return clock.now() - timedelta(**span)


# What may be with an order itself -----------------------------------------------------------------


def fresh(place: Place) -> Order:
    return make_order(place)


def stored(reason: str, doubt: str = "") -> Callable[[Place], Order]:
    """As its last call left it."""

    def make(place: Place) -> Order:
        since = ago(minutes=6) if doubt else None
        order = make_order(place, blocked_reason=reason, doubt=doubt, doubt_since=since)
        order.change(push_begun_at=ago(minutes=7))
        return order

    return make


def with_awb(reason: str = "", doubt: str = "") -> Callable[[Place], Order]:
    def make(place: Place) -> Order:
        order = pushed(make_order(place))
        make_shipment(order)
        since = ago(minutes=6) if doubt else None
        order.change(blocked_reason=reason, doubt=doubt, doubt_since=since)
        return order

    return make


def waiting_for_its_awb(place: Place) -> Order:
    return pushed(make_order(place))


def late_awb(place: Place) -> Order:
    order = pushed(make_order(place))
    order.change(pushed_at=ago(days=30))
    return order


def cancelled_there(place: Place) -> Order:
    order = stored("cancelled_at_easyecom", "unknown")(place)
    order.change(cancelled_at_easyecom=ago(minutes=5))
    return order


def late_and_cancelled_there(place: Place) -> Order:
    order = late_awb(place)
    reason = {"blocked_reason": "cancelled_at_easyecom"}
    order.change(cancelled_at_easyecom=ago(minutes=5), **reason)
    return order


def assigned(place: Place, **span: float) -> Order:
    order = pushed(make_order(place))
    make_shipment(order, assigned_at=ago(**span or {"minutes": 1}))
    order.change(stage="carrier_assigned")
    return order


def late_manifest(place: Place) -> Order:
    return assigned(place, days=30)


ORDERS: dict[str, Callable[[Place], Order]] = {
    "fresh": fresh,
    "unreachable": stored("unreachable"),
    "rate_limited": stored("rate_limited"),
    "in_doubt": stored("in_doubt", "unknown"),
    "unnamed doubt": stored("", "unknown"),
    "rejected": stored("rejected"),
    "not_found": stored("not_found", "unknown"),
    "number_taken": stored("number_taken", "exists"),
    "conflict": stored("conflict", "exists"),
    "cancelled there": cancelled_there,
    "late AWB, cancelled there": late_and_cancelled_there,
    "waiting for its AWB": waiting_for_its_awb,
    "late AWB": late_awb,
    "AWB to be sent": with_awb(),
    "AWB in doubt": with_awb("in_doubt", "awb_unknown"),
    "AWB not found": with_awb("not_found", "awb_unknown"),
    "AWB refused": with_awb("awb_rejected"),
    "AWB conflict": with_awb("awb_conflict"),
    "assigned": assigned,
    "late manifest": late_manifest,
}


# What may be around it ----------------------------------------------------------------------------


def changed(place: Place, **columns: Any) -> None:
    Location.objects.filter(pk=place.pk).update(**columns)


@contextmanager
def not_live(place: Place) -> Iterator[None]:
    changed(place, live_at=None, blocked_reason="unreachable")
    yield
    changed(place, live_at=timezone.now(), blocked_reason="")


@contextmanager
def carrier_in_doubt(place: Place) -> Iterator[None]:
    rows = CarrierRegistration.objects.filter(location_key=place.location_key)
    number = rows.get().company_carrier_id
    rows.update(state="in_doubt", doubt_since=clock.now(), company_carrier_id="")
    changed(place, live_at=None, blocked_reason="carrier_in_doubt")
    yield
    rows.update(state="registered", doubt_since=None, company_carrier_id=number)
    changed(place, live_at=timezone.now(), blocked_reason="")


@contextmanager
def another_carrier(place: Place) -> Iterator[None]:
    """EASYECOM_CARRIER_ID has become another: nothing is registered under it."""
    rows = CarrierRegistration.objects.filter(location_key=place.location_key)
    rows.update(carrier_id=999)
    yield
    rows = CarrierRegistration.objects.filter(location_key=place.location_key)
    rows.update(carrier_id=order_checks.settings.EASYECOM_CARRIER_ID)


@contextmanager
def held(place: Place, *, seller: Seller | None = None) -> Iterator[None]:
    row = holds.hold(seller, "Stock-taking.", actor="vik")
    yield
    holds.release(Hold.objects.get(pk=row.pk), "Done.", actor="vik")


@contextmanager
def held_alone(place: Place) -> Iterator[None]:
    with held(place, seller=place.seller):
        yield


@contextmanager
def refused(place: Place) -> Iterator[None]:
    changed(place, login_trouble="refused", next_login_at=ago(minutes=-15))
    yield
    changed(place, login_trouble="", next_login_at=None)


@contextmanager
def spent(place: Place) -> Iterator[None]:
    now = clock.now()
    Seller.objects.filter(pk=place.seller_id).update(daily_quota=10)
    day = timezone.localdate(now)
    until = now + timedelta(minutes=5)
    row = {"full_at": now, "day": day, "used_today": 10, "spent_until": until}
    Quota.objects.update_or_create(seller_id=place.seller_id, defaults=row)
    yield
    Quota.objects.filter(seller=place.seller_id).update(spent_until=None, used_today=0)


AROUND = [not_live, carrier_in_doubt, another_carrier, held, held_alone, refused, spent]
# One location is not in two states at once.
STATES = {not_live, carrier_in_doubt, another_carrier}
TOGETHER = [
    pair for count in (1, 2) for pair in combinations(AROUND, count) if len(STATES & set(pair)) < 2
]
# Without a call to make, what is around does not matter.
CALLERS = {"fresh", "unreachable", "rate_limited", "in_doubt", "unnamed doubt"}
CALLERS |= {"AWB to be sent", "AWB in doubt"}


def told(order: Order) -> tuple[str, str]:
    """What is stored, and the reason of the first finding that has one."""
    order = Order.objects.select_related("location__seller", "shipment").get(pk=order.pk)
    found = [
        each for _, each in order_checks.run_checks(order, clock.now()) if each and each.reason
    ]
    return order.blocked_reason, str(found[0].reason) if found else ""


def renewed(orders: dict[str, Order]) -> dict[str, str]:
    """The reasons by kind, once the schedule has run."""
    reason_refresh.renew()
    both = {kind: told(order) for kind, order in orders.items()}
    assert {kind: stored for kind, (stored, _) in both.items()} == {
        kind: first for kind, (_, first) in both.items()
    }
    assert reason_refresh.renew() == 0, "it comes to rest"
    return {kind: stored for kind, (stored, _) in both.items()}


@pytest.mark.parametrize(
    "around", TOGETHER, ids=lambda around: " and ".join(each.__name__ for each in around)
)
def test_stored_reason_is_the_first_finding(around):
    place = make_location()
    orders = {kind: make(place) for kind, make in ORDERS.items()}
    alone = renewed(orders)
    with ExitStack() as stack:
        for each in around:
            stack.enter_context(each(place))
        meanwhile = renewed(orders)
    afterwards = renewed(orders)

    assert {kind for kind in ORDERS if meanwhile[kind] != alone[kind]} == CALLERS
    # What passed leaves what the order had by itself; its last call's trouble is told anew.
    assert afterwards == {
        kind: "" if reason in PASSING else reason for kind, reason in alone.items()
    }


def test_order_is_looked_at_again_once_what_was_around_it_is_gone():
    order = make_order()
    with refused(order.location):
        reason_refresh.renew()
    SyncJob.objects.filter(order=order).update(due_at=ago(minutes=-15))

    assert renewed({"it": order}) == {"it": ""}

    assert SyncJob.objects.get(order=order).due_at <= clock.now()


def test_hundred_orders_are_renewed_in_as_many_statements_as_ten(django_assert_max_num_queries):
    place = make_location()
    for _ in range(100):
        make_order(place)
    with refused(place), django_assert_max_num_queries(40):
        assert reason_refresh.renew() == 100
    with django_assert_max_num_queries(40):
        assert reason_refresh.renew() == 100
