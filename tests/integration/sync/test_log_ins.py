"""Tokens and log-ins: cached, single-flight, never twice in a minute, renewed on a 401."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone

from booon_console.fields import reveal
from integration.easyecom import (
    AuthRefused,
    Done,
    Exchange,
    Kind,
    NotSent,
    OrdersFound,
    RateLimited,
    TokenIssued,
    get_locations,
)
from integration.models import ApiCall, SyncJob
from integration.sync import api_calls, log_ins, rate_limit
from integration.sync.api_calls import Prepared, Wait
from sellers.models import Location, LoginTrouble
from tests.factories import make_location, make_order
from tests.integration import turns
from tests.integration.conftest import API, bodies, run

LOG_IN = f"{API}/access/token"
CREATE = f"{API}/webhook/v2/createOrder"
TOKEN = {"data": {"token": {"jwt_token": "fresh-canary", "expires_in": 7776000}}}
MOMENT = timedelta(microseconds=1)
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
    assert reveal(Location.objects.get(pk=location.pk).token) == "fresh-canary"
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
            turns.prepare(job, refreshed(location), get_locations(), timezone.now(), has_quota=True)
        )

    for prepared in calls:
        refused = Exchange(AuthRefused(401, renewable=True), 401, 5, b"")
        turns.record(prepared, refused, timezone.now())

    location.refresh_from_db()
    assert (location.token, location.login_trouble) == ("", LoginTrouble.TOKEN_REFUSED)
    assert location.next_login_at is None


def test_two_jobs_of_one_location_log_in_once():
    location = tokenless()
    first, second = make_order(location).sync_job, make_order(location).sync_job
    now = timezone.now()

    won = turns.prepare(first, location, get_locations(), now, has_quota=True)
    lost = turns.prepare(second, refreshed(location), get_locations(), now, has_quota=True)

    assert isinstance(won, Prepared)
    assert won.call.kind is Kind.LOG_IN
    assert isinstance(lost, Wait)
    assert lost.code == log_ins.AWAITING


def test_log_in_makes_those_who_waited_for_it_due(easyecom):
    location = tokenless()
    first, second = make_order(location).sync_job, make_order(location).sync_job
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)
    later = timezone.now() + timedelta(minutes=1)
    SyncJob.objects.filter(pk=second.pk).update(due_at=later, error_code=log_ins.AWAITING)

    run(first)

    second.refresh_from_db()
    assert second.due_at <= timezone.now()


@pytest.mark.parametrize("code", [log_ins.AWAITING, "token_refused"])
@pytest.mark.parametrize("status", SyncJob.Status)
def test_log_in_makes_only_those_due_that_wait_and_rest(code, status):
    location, other = tokenless(), tokenless()
    later = timezone.now() + timedelta(minutes=1)
    lease = {"lease_token": uuid4(), "lease_until": later} if status == "running" else {}
    waiting = {"status": status, "due_at": later, "error_code": code} | lease
    here, elsewhere = make_order(location).sync_job, make_order(other).sync_job
    SyncJob.objects.filter(pk__in=[here.pk, elsewhere.pk]).update(**waiting)
    for_another_reason = make_order(location).sync_job
    SyncJob.objects.filter(pk=for_another_reason.pk).update(due_at=later, error_code="held")
    prepared, now = prepared_login(location), timezone.now()

    issued = Done(TokenIssued("fresh-canary", None))
    turns.record(prepared, Exchange(issued, 200, 5, b""), now)

    waits = status in (SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT)
    here.refresh_from_db()
    elsewhere.refresh_from_db()
    for_another_reason.refresh_from_db()
    assert (here.status, here.due_at) == (status, now if waits else later)
    assert (elsewhere.due_at, for_another_reason.due_at) == (later, later)


def prepared_call(location: Location) -> Prepared:
    job, now = make_order(location).sync_job, timezone.now()
    prepared = turns.prepare(job, refreshed(location), get_locations(), now, has_quota=True)
    assert isinstance(prepared, Prepared)
    return prepared


def test_answer_that_comes_after_its_call_was_given_up_leaves_the_row_as_it_is():
    prepared = prepared_call(make_location())
    api_calls.abandon(ApiCall.objects.get(), timezone.now())
    before = ApiCall.objects.values().get()

    late = Exchange(Done(OrdersFound(())), 200, 5, b'{"code": 200}')
    turns.record(prepared, late, timezone.now())

    assert ApiCall.objects.values().get() == before
    assert (before["is_open"], before["outcome"]) == (False, "outcome_unknown")


def test_call_that_is_forbidden_costs_no_good_token():
    location = make_location()
    prepared = prepared_call(location)

    for _ in range(2):
        forbidden = Exchange(AuthRefused(403), 403, 5, b"")
        turns.record(prepared, forbidden, timezone.now())

    location.refresh_from_db()
    assert (reveal(location.token), location.login_trouble) == ("token-canary", "")
    assert location.next_login_at is None


def test_cool_down_of_one_location_pauses_nobody_else():
    location = tokenless()
    prepared = prepared_login(location)
    rate_limit.take(location.seller, 1, timezone.now())

    limited = Exchange(RateLimited(60.0, cool_down=True), 403, 5, b"")
    turns.record(prepared, limited, timezone.now())

    assert rate_limit.take(location.seller, 1, timezone.now()) == 1


@pytest.mark.parametrize(
    ("after", "is_made"),
    [(timedelta(seconds=65) - MOMENT, False), (timedelta(seconds=65), True)],
)
def test_second_log_in_is_made_from_the_end_of_the_cool_down_on(after, is_made):
    location = tokenless()
    job, now = make_order(location).sync_job, timezone.now()
    turns.prepare(job, refreshed(location), get_locations(), now, has_quota=True)

    again = turns.prepare(job, refreshed(location), get_locations(), now + after, has_quota=True)

    assert isinstance(again, Prepared) == is_made
    assert ApiCall.objects.filter(kind="log_in").count() == 1 + is_made


def prepared_login(location: Location) -> Prepared:
    job = make_order(location).sync_job
    prepared = turns.prepare(
        job, refreshed(location), get_locations(), timezone.now(), has_quota=True
    )
    assert isinstance(prepared, Prepared)
    return prepared


def record(location: Location, outcome: object) -> None:
    prepared = prepared_login(location)
    turns.record(prepared, Exchange(outcome, 403, 5, b""), timezone.now())
    location.refresh_from_db()


def test_second_log_in_within_a_minute_is_not_made():
    location = tokenless()
    prepared_login(location)
    job = make_order(location).sync_job

    again = turns.prepare(job, refreshed(location), get_locations(), timezone.now(), has_quota=True)

    assert isinstance(again, Wait)
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
    prepared = turns.prepare(
        job, refreshed(location), get_locations(), timezone.now(), has_quota=True
    )
    Location.objects.update(token="newer", token_issued_at=timezone.now())

    refused = Exchange(AuthRefused(401, renewable=True), 401, 5, b"")
    turns.record(prepared, refused, timezone.now())

    location.refresh_from_db()
    assert (reveal(location.token), location.login_trouble) == ("newer", "")


@pytest.mark.parametrize(
    ("trouble", "code", "said", "outcome"),
    [
        ("", "awaiting_log_in", "A log-in for this location is under way.", None),
        (
            "refused",
            "credentials_refused",
            "EasyEcom does not accept the user name, password or key.",
            AuthRefused(401),
        ),
        (
            "cool_down",
            "log_in_cool_down",
            "EasyEcom gives a location one log-in a minute; the next one has to wait.",
            RateLimited(cool_down=True),
        ),
    ],
)
@pytest.mark.parametrize("seconds", [None, 40])
def test_whoever_waits_for_a_log_in_is_told_until_when_and_why(
    trouble, code, said, outcome, seconds
):
    now = timezone.now()
    at = None if seconds is None else now + timedelta(seconds=seconds)
    location = tokenless(login_trouble=trouble, next_login_at=at)

    found = log_ins.wait_for(location, now)

    assert found.until == now + timedelta(seconds=seconds or 1)
    assert (found.code, found.outcome) == (code, outcome)
    assert found.message == said


def test_account_whose_password_no_key_opens_waits_a_quarter_of_an_hour(settings):
    location = tokenless()
    job, now = make_order(location).sync_job, timezone.now()
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    found = turns.prepare(job, refreshed(location), get_locations(), now, has_quota=True)

    assert isinstance(found, Wait)
    assert (found.until, found.code) == (now + timedelta(minutes=15), "secret_unreadable")
    assert found.message == "No key in FIELD_KEYS opens the stored api password."
    assert found.outcome is None
    assert not ApiCall.objects.exists()
