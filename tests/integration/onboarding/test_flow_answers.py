"""What each answer comes to on a location's way, for every outcome and every state of its carrier;
and when its tokens end."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from booon_console.lib import clock
from integration import easyecom
from integration.easyecom import Call, Kind, Outcome
from integration.models import Event, Order, OrderReason, Rest, SyncJob, Topic, WebhookEndpoint
from integration.onboarding import carrier_resolution, flow, sellers
from sellers.models import CarrierRegistration, Location, LocationReason, LoginTrouble
from tests.factories import make_location, make_order, make_registration, make_seller
from tests.integration.onboarding.test_flow import enrol

pytestmark = pytest.mark.django_db

State = CarrierRegistration.State
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WORDS = "EasyEcom's words."

REGISTERED = easyecom.Done(easyecom.CarrierRegistered("4711"))
NOT_SENT = easyecom.NotSent(WORDS)
UNCLEAR = (
    easyecom.RateLimited(3),
    easyecom.RateLimited(60, cool_down=True),
    easyecom.AuthRefused(403, WORDS),
    easyecom.AuthRefused(401, WORDS, renewable=True),
    easyecom.Rejected(WORDS),
    easyecom.AlreadyExists(WORDS),
    easyecom.OutcomeUnknown(WORDS),
    easyecom.Done(easyecom.Locations(())),
)
ANSWERS = (REGISTERED, NOT_SENT, *UNCLEAR)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def registration_in(state, location):
    """A row in that state, each column with a value that would show if it were written over."""
    return make_registration(
        location,
        state=state,
        company_carrier_id="99" if state == State.REGISTERED else "",
        doubt_since=NOW - timedelta(days=2) if state == State.IN_DOUBT else None,
        sent_at=None if state == State.NOT_SENT else NOW - timedelta(days=3),
    )


def columns(registration):
    return CarrierRegistration.objects.filter(pk=registration.pk).values().get()


# The carrier -----------------------------------------------------------------------------------


def test_answers_are_of_every_class():
    classes = {getattr(each, "__origin__", each) for each in get_args(Outcome)}
    assert {type(answer) for answer in ANSWERS} == classes


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_registration_that_is_being_sent_is_settled_by_its_answer(answer):
    location = make_location(live=False)
    registration = registration_in(State.SENDING, location)

    rest = flow.settle(location, Kind.ADD_CARRIER, answer, NOW)

    registration.refresh_from_db()
    state = (registration.state, registration.company_carrier_id, registration.doubt_since)
    if answer is REGISTERED:
        assert (state, rest) == ((State.REGISTERED, "4711", None), None)
        assert Event.objects.get(location=location).kind == "registered"
    elif answer is NOT_SENT:
        assert (state, rest) == ((State.NOT_SENT, "", None), None)
        assert registration.sent_at is None
        assert location.blocked_reason == LocationReason.UNREACHABLE
    else:
        assert state == (State.IN_DOUBT, "", NOW)
        assert (rest.status, rest.due_in) == (SyncJob.Status.IN_DOUBT, None)
        assert (rest.code, rest.message) == ("carrier_in_doubt", location.blocked_message)
        assert registration.doubt_cause == answer.sentence == location.blocked_detail
        assert location.blocked_reason == LocationReason.CARRIER_IN_DOUBT
        assert Event.objects.get(location=location).kind == "in_doubt"


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENDING])
def test_late_answer_leaves_a_registration_that_somebody_settled(state):
    location = make_location(live=False)
    registration = registration_in(state, location)
    before = columns(registration)

    for answer in ANSWERS:
        flow.settle(location, Kind.ADD_CARRIER, answer, NOW)
        assert columns(registration) == before


def test_answer_settles_the_registration_of_its_own_location_and_carrier_only():
    location, other = make_location(live=False), make_location(live=False)
    foreign = registration_in(State.SENDING, other)
    old = make_registration(location, carrier_id=1, state=State.SENDING)
    own = registration_in(State.SENDING, location)
    before = columns(foreign), columns(old)

    flow.settle(location, Kind.ADD_CARRIER, REGISTERED, NOW)

    assert (columns(foreign), columns(old)) == before
    own.refresh_from_db()
    assert own.state == State.REGISTERED


NEXT = {
    State.NOT_SENT: Kind.ADD_CARRIER,
    State.SENDING: None,
    State.REGISTERED: Kind.GET_PRODUCTS,
    State.IN_DOUBT: None,
}


@pytest.mark.parametrize("state", State)
def test_carrier_is_sent_only_where_it_never_was(state):
    """One that is being sent is in doubt too: whoever sent it may have died."""
    location = make_location(live=False, located_at=NOW, token_issued_at=NOW)
    registration_in(state, location)

    for token in ("t", ""):
        location.token = token
        step = flow.next_call(location, NOW)
        if NEXT[state]:
            assert isinstance(step, Call)
            assert step.kind is (NEXT[state] if token else Kind.LOG_IN)
        else:
            assert isinstance(step, Rest)
            assert (step.status, step.due_in) == (SyncJob.Status.IN_DOUBT, None)
            assert location.blocked_reason == LocationReason.CARRIER_IN_DOUBT


@pytest.mark.parametrize("state", State)
def test_carrier_call_begins_once_and_from_not_sent_only(state):
    location = make_location(live=False)
    registration = registration_in(state, location)
    call = easyecom.add_carrier(7042, "u", "p")

    if state is State.NOT_SENT:
        flow.begin(location, call, NOW)
        registration.refresh_from_db()
        assert (registration.state, registration.sent_at) == (State.SENDING, NOW)
    with pytest.raises(flow.AlreadySent):
        flow.begin(location, call, NOW)


def test_other_calls_begin_without_touching_the_carrier():
    location = make_location(live=False)
    registration = registration_in(State.NOT_SENT, location)
    before = columns(registration)

    for call in (easyecom.get_locations(), easyecom.get_products(), easyecom.log_in("a", "b", "c")):
        flow.begin(location, call, NOW)

    assert columns(registration) == before


@pytest.mark.parametrize(("state", "is_there"), list(product(State, (True, False))))
def test_person_settles_the_carrier_only_while_it_is_in_doubt(state, is_there):
    location = make_location(live=False, blocked_reason=LocationReason.CARRIER_IN_DOUBT)
    registration = registration_in(state, location)
    before = columns(registration)

    def say():
        if is_there:
            carrier_resolution.carrier_is_there(registration, "55", actor="asha", reason="Seen.")
        else:
            carrier_resolution.carrier_is_not_there(registration, actor="asha", reason="Seen.")

    if state is not State.IN_DOUBT:
        with pytest.raises(carrier_resolution.AlreadySettled):
            say()
        assert columns(registration) == before
        assert not Event.objects.exists()
        assert not SyncJob.objects.filter(location=location).exists()
        return
    say()
    registration.refresh_from_db()
    location.refresh_from_db()
    settled = (State.REGISTERED, "55") if is_there else (State.NOT_SENT, "")
    assert (registration.state, registration.company_carrier_id) == settled
    assert (registration.doubt_since, registration.doubt_cause) == (None, "")
    assert registration.decided_by == "asha"
    assert (registration.sent_at is None) == (not is_there)
    event = Event.objects.get()
    assert (event.kind, event.actor, event.location) == ("resolved", "asha", location)
    assert location.blocked_reason == LocationReason.ONBOARDING
    assert SyncJob.objects.get(location=location).status == SyncJob.Status.PENDING
    with pytest.raises(carrier_resolution.AlreadySettled):
        say()


# The other steps -------------------------------------------------------------------------------

REASONS = {
    NOT_SENT: (LocationReason.UNREACHABLE, WORDS),
    easyecom.RateLimited(3): (LocationReason.RATE_LIMITED, ""),
    easyecom.RateLimited(60, cool_down=True): (LocationReason.COOL_DOWN, ""),
    easyecom.AuthRefused(403, WORDS): (LocationReason.REFUSED, WORDS),
    easyecom.AuthRefused(401, WORDS, renewable=True): (LocationReason.UNREACHABLE, WORDS),
    easyecom.AlreadyExists(WORDS): (LocationReason.UNREACHABLE, WORDS),
    easyecom.OutcomeUnknown(WORDS): (LocationReason.UNREACHABLE, WORDS),
}


@pytest.mark.parametrize("kind", [Kind.LOG_IN, Kind.GET_LOCATIONS, Kind.GET_PRODUCTS])
def test_step_that_settled_nothing_says_why_and_goes_on_by_itself(kind):
    for outcome, (reason, detail) in REASONS.items():
        location = make_location(live=False)
        assert flow.settle(location, kind, outcome, NOW) is None
        assert (location.blocked_reason, location.blocked_detail) == (reason, detail)
        assert not location.is_live

    location = make_location(live=False)
    rest = flow.settle(location, kind, easyecom.Rejected(WORDS), NOW)
    assert (rest.status, rest.due_in, rest.code) == (
        SyncJob.Status.FAILED,
        None,
        LocationReason.REFUSED,
    )
    assert (location.blocked_reason, location.blocked_detail) == (LocationReason.REFUSED, WORDS)


def test_refused_log_in_is_told_whatever_the_step_came_to():
    for outcome in REASONS:
        location = make_location(live=False, login_trouble=LoginTrouble.REFUSED)
        flow.settle(location, Kind.GET_LOCATIONS, outcome, NOW)
        assert location.blocked_reason == LocationReason.CREDENTIALS_REFUSED


def test_location_is_found_by_its_own_key_among_all_of_the_account():
    location = make_location(live=False, location_key="en2")
    found = tuple(
        easyecom.FoundLocation(f"en{n}", f"500{n}", f"Warehouse {n}", f"City {n}", f"State {n}")
        for n in (1, 2, 3)
    )

    flow.settle(location, Kind.GET_LOCATIONS, easyecom.Done(easyecom.Locations(found)), NOW)

    location.refresh_from_db()
    assert (location.name, location.city, location.company_id) == ("Warehouse 2", "City 2", "5002")
    assert location.located_at == NOW
    topics = WebhookEndpoint.objects.filter(location=location).values_list("topic", flat=True)
    assert sorted(topics) == [Topic.INVENTORY, Topic.MANIFESTED]


def test_going_live_frees_the_orders_that_waited_for_it_and_no_others():
    location, other = make_location(live=False), make_location(live=False)
    location.located_at = location.catalog_seen_at = NOW
    location.save()
    freed = (OrderReason.LOCATION_NOT_LIVE, OrderReason.CARRIER_NOT_REGISTERED)
    for reason, place in product(("", *OrderReason), (location, other)):
        order = make_order(place, blocked_reason=reason, blocked_detail=f"Because of {reason}.")
        SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)

    flow.go_live(location, NOW)

    moved = Order.objects.filter(sync_job__status="pending", sync_job__due_at=NOW)
    assert sorted(moved.values_list("location", "blocked_reason", "blocked_detail")) == [
        (location.pk, "", "")
    ] * len(freed)
    stays = set(Order.objects.filter(location=location).values_list("blocked_reason", flat=True))
    assert stays == {"", *OrderReason} - set(freed)
    assert Order.objects.exclude(sync_job__status="succeeded").count() == len(freed)


def test_location_that_is_live_goes_live_once():
    location = make_location(live_at=NOW - timedelta(days=1))
    make_order(location, blocked_reason=OrderReason.LOCATION_NOT_LIVE)

    flow.go_live(location, NOW)

    assert location.live_at == NOW - timedelta(days=1)
    assert not Event.objects.exists()
    assert Order.objects.get().blocked_reason == OrderReason.LOCATION_NOT_LIVE


@pytest.mark.parametrize(
    ("live", "tokens", "reason"),
    [
        (False, 2, LocationReason.ONBOARDING),
        (True, 1, LocationReason.TOKENS_NOT_ISSUED),
        (True, 2, ""),
    ],
)
def test_location_with_nothing_wrong_says_what_it_still_lacks(live, tokens, reason):
    location = make_location(blocked_reason=LocationReason.UNREACHABLE, blocked_detail="Gone.")
    if tokens == 1:
        WebhookEndpoint.objects.filter(location=location, topic="manifested").update(
            token_digest=""
        )
    location.live_at = NOW if live else None

    flow.unblock(location)

    location.refresh_from_db()
    assert (location.blocked_reason, location.blocked_detail) == (reason, "")


# Tokens ----------------------------------------------------------------------------------------

DAY_80 = timedelta(days=80)


@pytest.mark.parametrize(
    ("age", "is_good"), [(DAY_80 - SECOND, True), (DAY_80, False), (DAY_80 + SECOND, False)]
)
def test_location_token_is_good_until_day_80(age, is_good):
    location = Location(token="t", token_issued_at=NOW - age, token_expires_at=NOW + DAY_80)

    assert location.has_good_token(NOW) == is_good


@pytest.mark.parametrize(("left", "is_good"), [(SECOND, True), (0 * SECOND, False)])
def test_location_token_that_ends_earlier_is_good_until_then(left, is_good):
    location = Location(token="t", token_issued_at=NOW - SECOND, token_expires_at=NOW + left)

    assert location.has_good_token(NOW) == is_good


def test_location_without_a_token_or_its_time_has_no_good_one():
    assert not Location(token="", token_issued_at=NOW).has_good_token(NOW)
    assert not Location(token="t", token_issued_at=None).has_good_token(NOW)
    assert Location(token="t", token_issued_at=NOW, token_expires_at=None).has_good_token(NOW)


def test_log_in_is_renewed_on_day_80_where_the_location_is_live():
    jobs = {}
    for name, live, age in (
        ("old", True, DAY_80),
        ("older", True, DAY_80 + SECOND),
        ("young", True, DAY_80 - SECOND),
        ("not live", False, DAY_80 + SECOND),
    ):
        location = make_location(live=live, token_issued_at=NOW - age)
        jobs[name] = SyncJob.objects.of_location(location, SyncJob.Kind.LOCATION)
        SyncJob.objects.of_location(location, SyncJob.Kind.PRODUCTS)

    assert flow.want_renewals() == 2

    due = SyncJob.objects.filter(due_at=NOW)
    assert set(due) == {jobs["old"], jobs["older"]}


@pytest.fixture
def endpoint():
    location = make_location()
    return WebhookEndpoint.objects.get(location=location, topic="inventory")


def test_new_webhook_token_leaves_the_old_one_its_overlap_and_no_longer(endpoint):
    first = endpoint.token_digest

    issued = flow.issue_token(endpoint, overlap=timedelta(hours=24))

    endpoint.refresh_from_db()
    assert endpoint.old_digest == first != endpoint.token_digest
    assert endpoint.token_issued_at == NOW
    assert endpoint.old_used_at is None
    assert [endpoint.takes_old(NOW + timedelta(hours=24, seconds=s)) for s in (-1, 0, 1)] == [
        True,
        False,
        False,
    ]
    assert issued.token not in (first, endpoint.token_digest)
    assert len(issued.token) == 43


def test_new_webhook_token_without_overlap_ends_the_old_one_at_once(endpoint):
    flow.issue_token(endpoint, overlap=timedelta(hours=24))
    WebhookEndpoint.objects.update(old_used_at=NOW)
    endpoint.refresh_from_db()

    flow.issue_token(endpoint)

    endpoint.refresh_from_db()
    assert (endpoint.old_digest, endpoint.old_until, endpoint.old_used_at) == ("", None, None)
    assert not endpoint.takes_old(NOW)


def test_first_webhook_token_has_no_old_one(endpoint):
    endpoint.token_digest = ""

    flow.issue_token(endpoint, overlap=timedelta(hours=24))

    endpoint.refresh_from_db()
    assert (endpoint.old_digest, endpoint.old_until) == ("", None)
    assert not endpoint.takes_old(NOW)


def test_old_webhook_token_ends_by_hand_once_and_leaves_the_new_one(endpoint):
    other = WebhookEndpoint.objects.get(location=endpoint.location, topic="manifested")
    for each in (endpoint, other):
        flow.issue_token(each, overlap=timedelta(hours=24))
    current = endpoint.token_digest

    assert flow.end_old_token(endpoint)
    assert not flow.end_old_token(endpoint)

    endpoint.refresh_from_db()
    other.refresh_from_db()
    assert (endpoint.token_digest, endpoint.takes_old(NOW)) == (current, False)
    assert other.takes_old(NOW)


def test_tokens_are_issued_where_there_are_none_and_a_location_of_another_keeps_its_reason():
    mine, other = (make_location(blocked_reason="tokens_not_issued") for _ in range(2))
    WebhookEndpoint.objects.filter(topic="manifested").update(token_digest="")
    kept = WebhookEndpoint.objects.get(location=mine, topic="inventory").token_digest

    [issued] = flow.issue_tokens(mine)

    assert (issued.endpoint.location, issued.endpoint.topic) == (mine, "manifested")
    assert WebhookEndpoint.objects.get(location=mine, topic="inventory").token_digest == kept
    assert WebhookEndpoint.objects.get(location=other, topic="manifested").token_digest == ""
    assert Location.objects.get(pk=mine.pk).blocked_reason == ""
    assert Location.objects.get(pk=other.pk).blocked_reason == "tokens_not_issued"


@pytest.mark.parametrize("reason", [r for r in LocationReason if r != "tokens_not_issued"])
def test_issuing_tokens_ends_no_other_reason(reason):
    location = make_location(blocked_reason=reason)

    flow.issue_tokens(location)

    location.refresh_from_db()
    assert location.blocked_reason == reason


# Credentials -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "is_new"),
    [
        ({}, False),
        ({"name": "Another name"}, False),
        ({"api_username": "other@acme.test"}, True),
        ({"api_password": "other-canary"}, True),
        ({"x_api_key": "other-key-canary"}, True),
        ({"x_api_key": ""}, True),
        ({"x_api_key": None}, True),
    ],
)
def test_new_credentials_end_every_token_of_the_seller_and_nothing_else_does(fields, is_new):
    seller = make_seller(
        code="acme", api_username="api@acme.test", api_password="password-canary", x_api_key="key"
    )
    started = NOW - timedelta(seconds=20)
    trouble = {
        "login_trouble": LoginTrouble.REFUSED,
        "login_started_at": started,
        "next_login_at": NOW + timedelta(minutes=9),
        "blocked_reason": LocationReason.CREDENTIALS_REFUSED,
        "blocked_detail": "No.",
    }
    make_location(seller=seller, location_key="en100", **trouble)
    second = make_location(seller=seller, location_key="en200", **trouble)
    stranger = make_location(location_key="en300", **trouble)

    enrol(**fields)

    for location in (second, stranger):
        location.refresh_from_db()
        ended = is_new and location is second
        assert (location.token == "") == ended
        assert location.login_trouble == ("" if ended else LoginTrouble.REFUSED)
        assert location.blocked_reason == ("onboarding" if ended else "credentials_refused")
        # Never twice within EasyEcom's minute, with whatever credentials.
        allowed = started + timedelta(seconds=65) if ended else NOW + timedelta(minutes=9)
        assert location.next_login_at == allowed


def test_new_credentials_end_only_reasons_that_are_about_the_log_in():
    seller = make_seller(code="acme", api_username="old@acme.test")
    about = (LocationReason.CREDENTIALS_REFUSED, LocationReason.SECRET_UNREADABLE)
    for n, reason in enumerate(LocationReason):
        make_location(seller=seller, location_key=f"en{n}", blocked_reason=reason)

    sellers.log_in_anew(seller)

    kept = Location.objects.values_list("blocked_reason", flat=True)
    assert sorted(kept) == sorted(
        [*(reason for reason in LocationReason if reason not in about), "onboarding", "onboarding"]
    )


# What is written of an answer, to the letter -----------------------------------------------------


def test_what_get_location_shows_is_kept_as_far_as_it_fits():
    location = make_location(live=False, location_key="en1")
    shown = easyecom.Done(
        easyecom.Locations((location_shown("en2", "Other"), location_shown("en1", "n" * 300)))
    )

    assert flow.settle(location, Kind.GET_LOCATIONS, shown, NOW) is None

    location.refresh_from_db()
    assert (location.name, location.city, location.company_id) == ("n" * 200, "c" * 100, "5001")
    assert location.located_at == NOW


def location_shown(key, name):
    nothing = dict.fromkeys(easyecom.FoundLocation.__dataclass_fields__, "")
    said = {"location_key": key, "name": name, "city": "c" * 150, "company_id": "5001"}
    return easyecom.FoundLocation(**(nothing | said))


def test_carrier_in_doubt_is_written_with_its_time_and_cause():
    location = make_location(live=False)
    registration = registration_in(State.SENDING, location)
    CarrierRegistration.objects.update(updated_at=NOW - SECOND)

    rest = flow.settle(location, Kind.ADD_CARRIER, easyecom.OutcomeUnknown(WORDS), NOW)

    registration.refresh_from_db()
    assert (registration.state, registration.doubt_since) == (State.IN_DOUBT, NOW)
    assert registration.updated_at == NOW
    assert WORDS in registration.doubt_cause
    assert (rest.status, rest.due_in) == (SyncJob.Status.IN_DOUBT, None)
    [event] = Event.objects.filter(kind="in_doubt")
    assert event.sentence == f"Carrier registration in doubt. {registration.doubt_cause}"


def test_refused_location_rests_with_easyecoms_words():
    location = make_location(live=False)

    rest = flow.settle(location, Kind.GET_PRODUCTS, easyecom.Rejected(WORDS), NOW)

    assert (rest.status, rest.due_in, rest.code) == (SyncJob.Status.FAILED, None, "refused")
    assert WORDS in rest.message
    assert (location.blocked_reason, location.blocked_detail) == ("refused", WORDS)
