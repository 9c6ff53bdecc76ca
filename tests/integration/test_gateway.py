"""Tokens and log-ins: cached, single-flight, never twice in a minute, renewed on a 401."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integration import gateway
from integration.easyecom import AuthRefused, Exchange, Kind, NotSent, RateLimited, get_locations
from integration.models import ApiCall, SyncJob
from sellers.models import Location, LoginTrouble
from tests.factories import make_location, make_order
from tests.integration.conftest import API, bodies, run

LOG_IN = f"{API}/access/token"
CREATE = f"{API}/webhook/v2/createOrder"
TOKEN = {"data": {"token": {"jwt_token": "fresh-canary", "expires_in": 7776000}}}
CREATED = {"code": 200, "message": "", "data": {"OrderID": "1", "InvoiceID": "2"}}

pytestmark = pytest.mark.django_db


def tokenless(**fields: object) -> Location:
    return make_location(token="", token_issued_at=None, token_expires_at=None, **fields)


def refreshed(location: Location) -> Location:
    return Location.objects.select_related("seller").get(pk=location.pk)


def test_log_in_is_planned_first_where_there_is_no_token(easyecom):
    order = make_order(tokenless())
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(order.sync_job)

    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    assert easyecom.calls[1].request.headers["Authorization"] == "Bearer fresh-canary"


def test_token_is_encrypted_at_rest_and_in_no_record(easyecom, django_assert_num_queries):
    location = tokenless()
    order = make_order(location)
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(order.sync_job)

    raw = Location.objects.raw("SELECT id, token AS cipher FROM sellers_location")
    assert all("canary" not in row.cipher for row in raw)
    assert Location.objects.get(pk=location.pk).token == "fresh-canary"
    kept = json.dumps(list(ApiCall.objects.values("request", "reply", "message", "path")))
    assert "canary" not in kept


@pytest.mark.parametrize(("age", "log_ins"), [(79, 0), (80, 1)])
def test_token_is_renewed_at_day_eighty(easyecom, age, log_ins):
    location = make_location(token_issued_at=timezone.now() - timedelta(days=age, seconds=1))
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(make_order(location).sync_job)

    assert len(bodies(easyecom, "access/token")) == log_ins


def test_refused_token_is_renewed_once_and_the_order_goes_out(easyecom):
    order = make_order()
    easyecom.post(CREATE, status=401, json={"message": "Unauthenticated"})
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(order.sync_job)

    order.refresh_from_db()
    order.location.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    assert len(bodies(easyecom, "access/token")) == 1
    assert order.location.login_trouble == ""


def test_fresh_token_refused_as_well_ends_the_log_ins_for_a_quarter_of_an_hour(easyecom):
    order = make_order()
    easyecom.post(CREATE, status=401, json={"message": "Unauthenticated"})
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, status=401, json={"message": "Unauthenticated"})

    job = run(order.sync_job)

    order.refresh_from_db()
    assert len(bodies(easyecom, "access/token")) == 1
    assert order.blocked_reason == "credentials_refused"
    assert job.due_at > timezone.now() + timedelta(minutes=14)


def test_one_token_refused_to_many_at_once_is_one_refusal():
    location = make_location()
    calls = []
    for _ in range(3):
        job = make_order(location).sync_job
        calls.append(
            gateway.prepare(
                job, refreshed(location), get_locations(), timezone.now(), has_quota=True
            )
        )

    for prepared in calls:
        refused = Exchange(AuthRefused(401, renewable=True), 401, 5, b"")
        gateway.record(prepared, refused, timezone.now())

    location.refresh_from_db()
    assert (location.token, location.login_trouble) == ("", LoginTrouble.TOKEN_REFUSED)
    assert location.next_login_at is None


def test_two_jobs_of_one_location_log_in_once():
    location = tokenless()
    first, second = make_order(location).sync_job, make_order(location).sync_job
    now = timezone.now()

    won = gateway.prepare(first, location, get_locations(), now, has_quota=True)
    lost = gateway.prepare(second, refreshed(location), get_locations(), now, has_quota=True)

    assert isinstance(won, gateway.Prepared)
    assert won.call.kind is Kind.LOG_IN
    assert isinstance(lost, gateway.Wait)
    assert lost.code == gateway.AWAITING_LOGIN


def test_log_in_makes_those_who_waited_for_it_due(easyecom):
    location = tokenless()
    first, second = make_order(location).sync_job, make_order(location).sync_job
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)
    later = timezone.now() + timedelta(minutes=1)
    SyncJob.objects.filter(pk=second.pk).update(due_at=later, error_code=gateway.AWAITING_LOGIN)

    run(first)

    second.refresh_from_db()
    assert second.due_at <= timezone.now()


def prepared_login(location: Location) -> gateway.Prepared:
    job = make_order(location).sync_job
    prepared = gateway.prepare(
        job, refreshed(location), get_locations(), timezone.now(), has_quota=True
    )
    assert isinstance(prepared, gateway.Prepared)
    return prepared


def record(location: Location, outcome: object) -> None:
    prepared = prepared_login(location)
    gateway.record(prepared, Exchange(outcome, 403, 5, b""), timezone.now())
    location.refresh_from_db()


def test_second_log_in_within_a_minute_is_not_made():
    location = tokenless()
    prepared_login(location)
    job = make_order(location).sync_job

    again = gateway.prepare(
        job, refreshed(location), get_locations(), timezone.now(), has_quota=True
    )

    assert isinstance(again, gateway.Wait)
    assert timedelta(seconds=60) < again.until - timezone.now()


def test_log_in_that_was_never_sent_may_be_tried_again_at_once():
    location = tokenless()

    record(location, NotSent("refused"))

    assert location.next_login_at is None


def test_cool_down_twice_in_a_row_is_a_refusal():
    location = tokenless()
    record(location, RateLimited(cool_down=True))
    assert location.login_trouble == LoginTrouble.COOL_DOWN
    Location.objects.update(next_login_at=None)

    record(location, RateLimited(cool_down=True))

    assert location.login_trouble == LoginTrouble.REFUSED
    assert location.next_login_at > timezone.now() + timedelta(minutes=14)


def test_refusal_of_a_token_that_is_no_longer_ours_changes_nothing():
    location = make_location()
    job = make_order(location).sync_job
    prepared = gateway.prepare(
        job, refreshed(location), get_locations(), timezone.now(), has_quota=True
    )
    Location.objects.update(token="newer", token_issued_at=timezone.now())

    refused = Exchange(AuthRefused(401, renewable=True), 401, 5, b"")
    gateway.record(prepared, refused, timezone.now())

    location.refresh_from_db()
    assert (location.token, location.login_trouble) == ("newer", "")


def test_api_key_of_the_seller_goes_with_every_call(easyecom):
    location = tokenless()
    location.seller.x_api_key = "key-canary"
    location.seller.save()
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(make_order(location).sync_job)

    assert [call.request.headers["x-api-key"] for call in easyecom.calls] == ["key-canary"] * 2
