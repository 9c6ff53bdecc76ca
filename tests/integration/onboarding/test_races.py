"""Two at the same seller, location or registration, at the same time."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from integration.easyecom import Kind
from integration.models import Delivery, Order, SyncJob, WebhookEndpoint
from integration.onboarding import carrier_resolution, flow, mistyped
from integration.sync import leases, rate_limit
from integration.sync.api_calls import Prepared
from sellers.models import CarrierRegistration, Location, Seller
from tests import races
from tests.factories import make_location, make_order, make_registration, make_seller
from tests.integration.onboarding.test_flow import enrol
from tests.integration.turns import advance

pytestmark = races.marks


def in_doubt():
    location = make_location(live=False)
    return location, make_registration(location, state="in_doubt", doubt_since=timezone.now())


def say_there(registration):
    return lambda: carrier_resolution.carrier_is_there(
        registration, "55", actor="asha", reason="Seen."
    )


def say_not_there(registration):
    return lambda: carrier_resolution.carrier_is_not_there(
        registration, actor="vik", reason="Not seen."
    )


def test_two_that_settle_a_carrier_at_once_are_one_word():
    _, registration = in_doubt()

    _, refused = races.meet(say_there(registration), say_not_there(registration))

    registration.refresh_from_db()
    assert isinstance(refused, carrier_resolution.AlreadySettled)
    assert (registration.state, registration.decided_by) == ("registered", "asha")


def test_whoever_settles_a_carrier_locks_its_location_first():
    location, registration = in_doubt()

    assert races.locks_in_order(location, [registration], say_there(registration)) is None


def test_engine_locks_the_location_before_its_job_and_its_registration():
    location = make_location(live=False)
    registration = make_registration(location)
    job = SyncJob.objects.want_location(location)
    now = timezone.now()
    rate_limit.take(location.seller, 1, now)
    (claimed,) = leases.claim([job.pk], now)

    prepared = races.locks_in_order(
        location, [job, registration], lambda: advance(claimed, None, may_call=True)
    )

    assert isinstance(prepared, Prepared)
    assert prepared.call.kind is Kind.LOG_IN


def test_carrier_that_two_begin_to_send_at_once_is_sent_by_one():
    location = make_location(live=False)
    registration = make_registration(location)
    call = flow.add_carrier(location, registration)

    found = races.meet(
        lambda: flow.begin(location, call, timezone.now()),
        lambda: flow.begin(location, call, timezone.now()),
    )

    assert found[0] is None
    assert isinstance(found[1], flow.AlreadySent)
    assert CarrierRegistration.objects.get().state == "sending"


def test_tokens_that_two_issue_at_once_are_issued_by_one():
    location = make_location()
    WebhookEndpoint.objects.update(token_digest="")

    first, second = races.meet(
        lambda: flow.issue_tokens(location), lambda: flow.issue_tokens(location)
    )

    assert (len(first), second) == (2, [])
    kept = set(WebhookEndpoint.objects.values_list("token_digest", flat=True))
    assert kept == {each.endpoint.token_digest for each in first}


def test_two_files_of_one_seller_at_once_are_both_taken_in():
    seller = make_seller(code="acme", rate_per_second=5)
    make_location(seller=seller, location_key="en100")

    races.meet(lambda: enrol(daily_quota=1000), lambda: enrol(rate_per_second=7))

    seller.refresh_from_db()
    assert (seller.daily_quota, seller.rate_per_second) == (1000, 7)


def test_credentials_that_are_new_to_the_one_who_came_second_end_the_token_again():
    """Told back to what they were: whoever came first has logged in with the others by then."""
    seller = make_seller(code="acme", api_username="api@acme.test", api_password="password-canary")
    location = make_location(seller=seller, location_key="en100")

    def change_and_log_in():
        enrol(api_password="other-canary")
        Location.objects.filter(pk=location.pk).update(token="token-of-the-other")

    races.meet(change_and_log_in, enrol)

    location.refresh_from_db()
    assert location.token == ""


def test_webhook_of_a_location_that_is_in_hand_is_stored_at_once():
    location, registration = in_doubt()
    job = SyncJob.objects.want_location(location)
    beside = races.Beside(lambda: inventory_of(location))

    with transaction.atomic():
        flow.load(job)
        say_there(registration)()
        beside.begin()
        has_waited = beside.until_it_waits()
    beside.until_it_ends()

    assert not has_waited
    assert Delivery.objects.get() == beside.found


def inventory_of(location):
    return Delivery.objects.create(
        location=location, topic="inventory", received_at=timezone.now(), body=b"{}"
    )


def test_seller_of_a_location_that_is_in_hand_is_changed_at_once():
    location = make_location(live=False)
    job = SyncJob.objects.want_location(location)
    sellers = Seller.objects.filter(pk=location.seller_id)
    beside = races.Beside(lambda: sellers.update(name="Another"))

    with transaction.atomic():
        flow.load(job)
        beside.begin()
        has_waited = beside.until_it_waits()
    beside.until_it_ends()

    assert (has_waited, beside.found) == (False, 1)


def test_location_is_not_removed_under_a_call_that_begins_at_the_same_moment():
    location = make_location(live=False)
    job = SyncJob.objects.want_location(location)

    def claim():
        Location.objects.select_for_update(no_key=True).get(pk=location.pk)
        return SyncJob.objects.filter(pk=job.pk).update(
            status="running",
            lease_token="00000000-0000-0000-0000-000000000001",
            lease_until=timezone.now(),
        )

    def remove():
        with pytest.raises(mistyped.Stays) as refused:
            mistyped.remove(location, "It was mistyped.", actor="asha")
        return refused.value.sentence

    found = races.meet(claim, remove)

    assert found == (1, "A call for it is under way. Try again in a minute.")
    assert Location.objects.filter(pk=location.pk).exists()


def test_order_that_comes_while_its_location_is_removed_is_not_lost_under_it():
    location = make_location(live=False)
    other = make_location()
    SyncJob.objects.want_location(location)
    SyncJob.objects.want_location(other)

    def remove():
        mistyped.remove(location, "It was mistyped.", actor="asha")
        return "removed"

    def give():
        with pytest.raises(IntegrityError):
            make_order(location)
        return "refused"

    assert races.meet(remove, give) == ("removed", "refused")
    assert not Order.objects.exists()
