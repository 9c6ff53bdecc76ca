"""What a call leaves behind, whole: its own row, and what its answer says of token and log-in."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from booon_console.fields import reveal
from integration import easyecom
from integration.easyecom import (
    AlreadyExists,
    AuthRefused,
    Done,
    Exchange,
    NotSent,
    OrdersFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TokenIssued,
)
from integration.models import ApiCall, CallCount, Quota, SyncJob
from integration.sync import api_calls
from integration.sync.api_calls import Prepared
from sellers.models import Location, LoginTrouble
from tests.factories import make_location, make_order, make_seller
from tests.integration import turns

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
REFUSED, COOL_DOWN = LoginTrouble.REFUSED, LoginTrouble.COOL_DOWN
TOKEN_REFUSED = LoginTrouble.TOKEN_REFUSED


def after(**parts: float) -> datetime:
    return NOW + timedelta(**parts)


@pytest.fixture
def seller():
    secrets = {"x_api_key": "key-canary", "api_password": "password-canary"}
    return make_seller(api_username="api@seller.test", **secrets)


def prepared(location: Location, *, order=None, call=None, job=None) -> Prepared:
    """The location's next call; a log-in where it has no token."""
    order = order or make_order(location)
    found = turns.prepare(
        job or order.sync_job,
        Location.objects.select_related("seller").get(pk=location.pk),
        call or easyecom.get_locations(),
        NOW,
        has_quota=True,
        order=order,
    )
    assert isinstance(found, Prepared)
    return found


def places():
    """What a log-in or a refused token changes, of every location."""
    return {
        row.pk: (
            reveal(row.token),
            row.token_issued_at,
            row.token_expires_at,
            row.login_trouble,
            row.login_started_at,
            row.next_login_at,
        )
        for row in Location.objects.all()
    }


# The call's row -----------------------------------------------------------------------------


def test_row_of_a_call_says_whose_it_is_and_what_goes_out(seller):
    location = make_location(seller=seller)
    order = make_order(location, order_number="BN-7", revision=3)
    SyncJob.objects.update(correlation_id="asked-by")
    job = SyncJob.objects.get()
    call = easyecom.assign_awb("91", "Delhivery", "89001", "7")

    opened = prepared(location, order=order, call=call, job=job)

    row = ApiCall.objects.values().get()
    assert row == {
        "id": opened.api_call_id,
        "job_id": job.pk,
        "seller_id": seller.pk,
        "location_id": location.pk,
        "order_id": order.pk,
        "revision": 3,
        "kind": "assign_awb",
        "is_write": True,
        "is_open": True,
        "method": "POST",
        "path": "/Carrier/assignAWB",
        "request": row["request"],
        "http_status": None,
        "outcome": "",
        "message": "",
        "error_id": None,
        "reply": "",
        "elapsed_ms": None,
        "correlation_id": "asked-by",
        "started_at": NOW,
        "ended_at": None,
    }
    assert '"awbNum": "89001"' in row["request"]
    assert (opened.call, opened.seller_id, opened.location_id) == (call, seller.pk, location.pk)
    assert (opened.token, opened.x_api_key) == ("token-canary", "key-canary")
    assert opened.token_issued_at == Location.objects.get().token_issued_at
    counted = CallCount.objects.values_list("seller", "kind", "is_polling", "count")
    assert list(counted) == [(seller.pk, "assign_awb", False, 1)]


def test_row_of_a_log_in_names_the_account_and_no_secret(seller):
    bare = {"token": "", "token_issued_at": None, "token_expires_at": None}
    location = make_location(seller=seller, location_key="en7", **bare)

    opened = prepared(location)

    account = {"email": "api@seller.test", "password": "password-canary", "location_key": "en7"}
    assert (opened.call.kind, opened.call.body) == ("log_in", account)
    row = ApiCall.objects.get()
    assert (row.kind, row.is_write, row.method) == ("log_in", False, "POST")
    assert (row.path, "canary" in row.request) == ("/access/token", False)
    assert places()[location.pk][4:] == (NOW, after(seconds=65))


def test_long_path_is_cut_and_a_call_without_a_body_has_none(seller):
    location = make_location(seller=seller)

    prepared(location, call=easyecom.find_order("7" * 600))

    row = ApiCall.objects.get()
    assert row.path == ("/orders/V2/getOrderDetails?reference_code=" + "7" * 600)[:500]
    assert row.request == ""


def test_row_is_closed_with_what_was_answered_and_no_other_row(seller):
    location = make_location(seller=seller)
    mine, other = prepared(location), prepared(location)
    before = ApiCall.objects.values().get(pk=other.api_call_id)
    opened = ApiCall.objects.values().get(pk=mine.api_call_id)
    refusal = Rejected("w" * 600)

    turns.record(mine, Exchange(refusal, 400, 17, b"b" * 5000), after(seconds=2))

    row = ApiCall.objects.values().get(pk=mine.api_call_id)
    assert row == opened | {
        "is_open": False,
        "http_status": 400,
        "outcome": "rejected",
        "message": refusal.sentence[:500],
        "error_id": row["error_id"],
        "reply": "b" * 4096,
        "elapsed_ms": 17,
        "ended_at": after(seconds=2),
    }
    assert row["error_id"] is not None
    assert ApiCall.objects.values().get(pk=other.api_call_id) == before


def test_row_of_a_call_whose_worker_ended_is_closed_and_no_other_row(seller):
    location = make_location(seller=seller)
    mine, other = prepared(location), prepared(location)
    before = {row["id"]: row for row in ApiCall.objects.values()}

    api_calls.abandon(ApiCall.objects.get(pk=mine.api_call_id), after(seconds=2))

    closed = {
        "is_open": False,
        "outcome": "outcome_unknown",
        "message": "The worker ended before the answer was written down.",
        "ended_at": after(seconds=2),
    }
    after_it = {row["id"]: row for row in ApiCall.objects.values()}
    assert after_it == before | {mine.api_call_id: before[mine.api_call_id] | closed}
    assert after_it[other.api_call_id]["is_open"]


def test_answer_that_came_late_is_added_to_its_row_and_to_no_other(seller):
    location = make_location(seller=seller)
    mine, _ = prepared(location), prepared(location)
    api_calls.abandon(ApiCall.objects.get(pk=mine.api_call_id), after(seconds=2))
    before = {row["id"]: row for row in ApiCall.objects.values()}
    unknown = OutcomeUnknown("r" * 600)

    row = api_calls.record_late(mine, Exchange(unknown, 502, 91_000, b"late" * 2000))

    told = {
        "http_status": 502,
        "outcome": "outcome_unknown",
        "message": f"Answered after the call was given up. {unknown.sentence}"[:500],
        "reply": ("late" * 2000)[:4096],
        "elapsed_ms": 91_000,
    }
    changed = {mine.api_call_id: before[mine.api_call_id] | told}
    assert {row["id"]: row for row in ApiCall.objects.values()} == before | changed
    assert row is not None and row.pk == mine.api_call_id


def test_answer_to_a_call_that_is_not_kept_any_more_is_nobodys(seller):
    mine = prepared(make_location(seller=seller))
    ApiCall.objects.all().delete()

    assert api_calls.record_late(mine, Exchange(NotSent("refused"), None, 1, b"")) is None
    assert not ApiCall.objects.exists()


# What the answer to a log-in leaves at its location -----------------------------------------

CLAIMED = (NOW, after(seconds=65))
PAUSED = (NOW, after(seconds=2, minutes=15))
LATER = after(seconds=2)
FRESH = Done(TokenIssued("fresh-canary", 600))
ENDLESS = Done(TokenIssued("fresh-canary", None))
NO_TOKEN = ("", None, None)


@pytest.mark.parametrize(
    ("outcome", "trouble", "left"),
    [
        (FRESH, "", ("fresh-canary", LATER, after(seconds=602), "", *CLAIMED)),
        (ENDLESS, "", ("fresh-canary", LATER, None, "", *CLAIMED)),
        (FRESH, REFUSED, ("fresh-canary", LATER, after(seconds=602), "", *CLAIMED)),
        (FRESH, COOL_DOWN, ("fresh-canary", LATER, after(seconds=602), "", *CLAIMED)),
        (
            FRESH,
            TOKEN_REFUSED,
            ("fresh-canary", LATER, after(seconds=602), TOKEN_REFUSED, *CLAIMED),
        ),
        (NotSent("refused"), "", (*NO_TOKEN, "", NOW, None)),
        (NotSent("refused"), COOL_DOWN, (*NO_TOKEN, COOL_DOWN, NOW, None)),
        (RateLimited(cool_down=True), "", (*NO_TOKEN, COOL_DOWN, *CLAIMED)),
        (RateLimited(cool_down=True), TOKEN_REFUSED, (*NO_TOKEN, COOL_DOWN, *CLAIMED)),
        (RateLimited(cool_down=True), COOL_DOWN, (*NO_TOKEN, REFUSED, *PAUSED)),
        (RateLimited(30.0), COOL_DOWN, (*NO_TOKEN, COOL_DOWN, *CLAIMED)),
        (AuthRefused(401), "", (*NO_TOKEN, REFUSED, *PAUSED)),
        (AuthRefused(403), COOL_DOWN, (*NO_TOKEN, REFUSED, *PAUSED)),
        (Rejected(), "", (*NO_TOKEN, "", *CLAIMED)),
        (OutcomeUnknown("time-out"), "", (*NO_TOKEN, "", *CLAIMED)),
    ],
    ids=lambda each: str(each)[:40],
)
def test_log_in_leaves_at_its_location_what_was_answered_and_nothing_at_another(
    seller, outcome, trouble, left
):
    bare = {"token": "", "token_issued_at": None, "token_expires_at": None}
    here, there = (make_location(seller=seller, **bare) for _ in range(2))
    Location.objects.update(login_trouble=trouble)
    Quota.objects.create(seller=seller, full_at=NOW, day=NOW.date())
    mine = prepared(here)
    before = places()

    turns.record(mine, Exchange(outcome, 200, 5, b""), LATER)

    assert places() == before | {here.pk: left}
    paused = Quota.objects.get().paused_until
    assert paused == (after(seconds=32) if outcome == RateLimited(30.0) else None)
    assert there.pk in before


# What the answer to any other call says of the token it went with ----------------------------

TOKEN = SimpleNamespace(
    kept=("token-canary", after(days=-1), after(days=9)),
    dropped=("", after(days=-1), after(days=9)),
)
NEVER = (None, None)
RENEWABLE = AuthRefused(401, renewable=True)
PAUSED_ONLY = (None, after(seconds=2, minutes=15))


@pytest.mark.parametrize(
    ("outcome", "trouble", "left"),
    [
        (Done(OrdersFound(())), "", (*TOKEN.kept, "", *NEVER)),
        (Done(OrdersFound(())), TOKEN_REFUSED, (*TOKEN.kept, "", *NEVER)),
        (RENEWABLE, "", (*TOKEN.dropped, TOKEN_REFUSED, *NEVER)),
        (RENEWABLE, COOL_DOWN, (*TOKEN.dropped, TOKEN_REFUSED, *NEVER)),
        (RENEWABLE, TOKEN_REFUSED, (*TOKEN.dropped, REFUSED, *PAUSED_ONLY)),
        (AuthRefused(401), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
        (AuthRefused(403), "", (*TOKEN.kept, "", *NEVER)),
        (NotSent("refused"), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
        (RateLimited(), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
        (RateLimited(cool_down=True), "", (*TOKEN.kept, "", *NEVER)),
        (Rejected(), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
        (AlreadyExists(), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
        (OutcomeUnknown("time-out"), TOKEN_REFUSED, (*TOKEN.kept, TOKEN_REFUSED, *NEVER)),
    ],
    ids=lambda each: str(each)[:40],
)
@pytest.mark.parametrize("is_renewed_meanwhile", [False, True])
def test_answer_says_of_the_token_it_went_with_and_of_no_other(
    seller, outcome, trouble, left, is_renewed_meanwhile
):
    good = {"token_issued_at": after(days=-1), "token_expires_at": after(days=9)}
    here, there = (make_location(seller=seller, **good) for _ in range(2))
    Location.objects.update(login_trouble=trouble)
    mine = prepared(here)
    if is_renewed_meanwhile:
        Location.objects.filter(pk=here.pk).update(token="newer", token_issued_at=after(seconds=1))
    before = places()

    turns.record(mine, Exchange(outcome, 200, 5, b""), LATER)

    assert places() == (before if is_renewed_meanwhile else before | {here.pk: left})
    assert there.pk in before


def test_refusal_of_a_token_that_another_dropped_already_is_no_second_one(seller):
    good = {"token_issued_at": after(days=-1), "token_expires_at": after(days=9)}
    here = make_location(seller=seller, **good)
    first, second = prepared(here), prepared(here)
    refused = Exchange(RENEWABLE, 401, 5, b"")

    turns.record(first, refused, LATER)
    turns.record(second, refused, LATER)

    assert places() == {here.pk: (*TOKEN.dropped, TOKEN_REFUSED, *NEVER)}


def test_answer_repeats_neither_the_orders_buyer_nor_the_accounts_secrets(seller):
    order = make_order(make_location(seller=seller))
    said = f"{order.shipping_address['phone']} key-canary password-canary token-canary"

    shown = easyecom.by_value(said, prepared(order.location, order=order).private)

    assert not [secret for secret in said.split() if secret in shown]
