"""How many statements a turn takes: as many for one job as for 64."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.easyecom import AwbAssigned, Done, Exchange, Kind, OrderCreated, Rejected
from integration.models import ApiCall, Change, Event, Order, ShipmentDetails, Stage, SyncJob
from integration.sync import engine, leases, rate_limit
from integration.sync.api_calls import Answer
from integration.sync.turns import MOST, Step
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

FRAME = ("SAVEPOINT", "RELEASE")
# SQLite takes so many values in one insert, and cuts a larger one into several.
DIFFERENCE = 4


def claimed(count: int, *, assigns: bool = False) -> list[SyncJob]:
    seller = make_seller(rate_per_second=100, burst=200)
    location = make_location(seller=seller)
    orders = [make_order(location) for _ in range(count)]
    if assigns:
        for order in orders:
            pushed(order)
            make_shipment(order)
    rate_limit.take(seller, count, timezone.now())
    return leases.claim([order.sync_job.pk for order in orders], timezone.now())


def turn(steps, may_call=True):
    """The calls that go out, and the statements that it took."""
    with CaptureQueriesContext(connection) as queries:
        calls = list(engine.advance(steps, may_call=may_call))
    return calls, [each["sql"] for each in queries if not each["sql"].startswith(FRAME)]


def turns(count, outcome_of, **options):
    """Both turns of so many jobs: their calls are opened, and answered."""
    calls, opening = turn([Step(job) for job in claimed(count, **options)])
    assert len(calls) == count
    answers = [
        Step(job, Answer(prepared, Exchange(outcome_of(n), 200, 5, b"{}")))
        for n, (job, prepared) in enumerate(calls)
    ]
    more, settling = turn(answers)
    return opening, settling, more


def created(n):
    return Done(OrderCreated(f"81{n}", f"71{n}", f"91{n}"))


def written(statements):
    return [each for each in statements if re.match("INSERT|UPDATE", each)]


def test_a_push_of_many_takes_as_many_statements_as_one():
    one = [len(statements) for statements in turns(1, created)[:2]]
    opening, settling, _ = turns(MOST, created)

    assert len(opening) - one[0] <= DIFFERENCE
    assert len(settling) - one[1] <= DIFFERENCE
    assert len(opening) + len(settling) <= 4 * 16
    assert Order.objects.filter(stage=Stage.AWAITING_CARRIER).count() == 1 + MOST
    assert Change.objects.filter(data__stage="awaiting_carrier").count() == 1 + MOST
    assert Event.objects.filter(kind="stage").count() == 1 + MOST
    assert ApiCall.objects.filter(is_open=False, outcome="done").count() == 1 + MOST
    assert SyncJob.objects.filter(status="succeeded", lease_token=None).count() == 1 + MOST


def test_an_awb_of_many_takes_as_many_statements_as_one():
    taken = lambda n: Done(AwbAssigned())  # noqa: E731
    one = [len(statements) for statements in turns(1, taken, assigns=True)[:2]]
    opening, settling, _ = turns(MOST, taken, assigns=True)

    assert len(opening) - one[0] <= DIFFERENCE
    assert len(settling) - one[1] <= DIFFERENCE
    assert Order.objects.filter(stage=Stage.CARRIER_ASSIGNED).count() == 1 + MOST
    begun = {"assign_begun_at__isnull": False, "assigned_at__isnull": False}
    assert ShipmentDetails.objects.filter(**begun).count() == 1 + MOST


def test_look_ups_after_refusals_of_many_take_as_many_statements_as_one():
    refused = lambda n: Rejected("Tax Rate Not Set")  # noqa: E731
    _, one, _ = turns(1, refused)
    _, many, more = turns(MOST, refused)

    assert len(many) - len(one) <= DIFFERENCE
    assert {prepared.call.kind for _, prepared in more} == {Kind.FIND_ORDER}
    assert Order.objects.filter(doubt="rejected").count() == 1 + MOST


def test_what_many_write_is_one_statement_a_table():
    _, settling, _ = turns(16, created)

    tables = [re.search('"(integration_[a-z]+)"', each).group(1) for each in written(settling)]
    assert sorted(tables) == sorted(set(tables))
