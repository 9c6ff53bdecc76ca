"""Onboarding: each step once, and the carrier at most once whatever happens."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from booon_console.fields import reveal
from integration.models import Event, Order, OrderReason, Product, SyncJob, WebhookEndpoint
from integration.onboarding import flow, sellers
from sellers.models import CarrierRegistration, Location, LocationReason, LoginTrouble
from tests.factories import make_location, make_order, make_registration
from tests.integration.conftest import API, bodies, run

LOG_IN = f"{API}/access/token"
LOCATIONS = f"{API}/getAllLocation"
CARRIER = f"{API}/Credentials/addCarrierCredentials"
PRODUCTS = f"{API}/Products/GetProductMaster"
State = CarrierRegistration.State

pytestmark = pytest.mark.django_db

TOKEN = {"data": {"token": {"jwt_token": "jwt-canary", "expires_in": 7776000}}, "message": None}


def given(key: str = "en100", **fields: object) -> dict[str, object]:
    return {
        "code": "acme",
        "name": "Acme Traders",
        "api_username": "api@acme.test",
        "api_password": "password-canary",
        "locations": [{"location_key": key}],
    } | fields


def enrol(**fields: object) -> Location:
    form = sellers.SellerIn(data=given(**fields))
    form.is_valid(raise_exception=True)
    (location,) = sellers.take_in(form.validated_data, actor="tester")
    return location


REGISTERED = {"code": 200, "data": {"companyCarrierId": 77}}


def answer_all(easyecom, *, next_url=None, carrier=None):
    easyecom.post(LOG_IN, json=TOKEN)
    listed = {
        "company_id": 5001,
        "location_key": "en100",
        "location_name": "Main",
        "city": "Pune",
        "api_token": "api-token-canary",
    }
    easyecom.get(LOCATIONS, json={"code": 200, "message": "ok", "data": [listed]})
    easyecom.post(CARRIER, **(carrier or {"json": {"code": 200, "data": {"companyCarrierId": 77}}}))
    page = {"data": [{"sku": "A-1", "product_name": "A", "active": 1}], "nextUrl": next_url}
    easyecom.get(PRODUCTS, json=page)


def job_of(location: Location) -> SyncJob:
    return SyncJob.objects.get(location=location, kind=SyncJob.Kind.LOCATION)


def test_onboarding_carries_a_location_to_live(easyecom):
    answer_all(easyecom, next_url="/Products/GetProductMaster?cursor=a+b==")
    location = enrol()

    job = run(job_of(location))

    location.refresh_from_db()
    assert location.is_live
    assert (location.name, location.city, location.company_id) == ("Main", "Pune", "5001")
    assert reveal(location.token) == "jwt-canary"
    assert flow.registration_of(location).company_carrier_id == "77"
    assert WebhookEndpoint.objects.filter(location=location).count() == 2
    assert list(Product.objects.values_list("sku", flat=True)) == ["A-1"]
    assert job.status == SyncJob.Status.SUCCEEDED
    pull = SyncJob.objects.get(location=location, kind=SyncJob.Kind.PRODUCTS)
    assert pull.next_page == "/Products/GetProductMaster?cursor=a+b=="
    assert SyncJob.objects.get(location=location, kind=SyncJob.Kind.STOCK).due_at is not None


def test_second_onboarding_makes_no_call_at_all(easyecom):
    answer_all(easyecom)
    run(job_of(enrol()))
    made = len(easyecom.calls)

    run(job_of(enrol()))

    assert made == 4
    assert len(easyecom.calls) == made


def test_carrier_credentials_of_the_file_go_out_and_the_setting_stands_in(easyecom):
    answer_all(easyecom)
    carrier = {"username": "own", "password": "own-canary"}
    run(job_of(enrol(locations=[{"location_key": "en100", "carrier": carrier}])))

    (body,) = bodies(easyecom, "addCarrierCredentials")
    assert body == {"carrier_id": 7042, "username": "own", "password": "own-canary"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        {"body": requests.ReadTimeout()},
        {"status": 500, "body": "<html>"},
        {"json": {"code": 400, "message": "Invalid", "data": []}},
        {"status": 401, "json": {"message": "no"}},
        {"status": 429, "json": {"message": "slow"}},
        {"json": {"code": 200, "data": {}}},
    ],
)
def test_registration_without_clear_success_is_in_doubt_and_never_sent_again(easyecom, answer):
    answer_all(easyecom, carrier=answer)
    location = enrol()
    run(job_of(location))

    for _ in range(3):
        SyncJob.objects.filter(location=location).want()
        job = run(job_of(location))

    registration = flow.registration_of(location)
    location.refresh_from_db()
    assert registration.state == State.IN_DOUBT
    assert location.blocked_reason == LocationReason.CARRIER_IN_DOUBT
    assert job.status == SyncJob.Status.IN_DOUBT
    assert len(bodies(easyecom, "addCarrierCredentials")) == 1


def test_location_made_anew_meets_the_same_registration(easyecom):
    location = make_location(live=False, location_key="en100")
    make_registration(location, state=State.IN_DOUBT, doubt_since=timezone.now())
    location.delete()

    location = enrol()
    run(job_of(location))

    location.refresh_from_db()
    assert location.blocked_reason == LocationReason.CARRIER_IN_DOUBT
    assert len(easyecom.calls) == 0


def test_registration_is_begun_only_once():
    location = make_location(live=False)
    registration = make_registration(location, state=State.SENDING, sent_at=timezone.now())
    call = flow.add_carrier(location, registration)

    with pytest.raises(flow.AlreadySent):
        flow.begin(location, call, timezone.now())


def test_going_live_makes_the_waiting_orders_due(easyecom):
    answer_all(easyecom)
    location = enrol()
    order = make_order(location, blocked_reason=OrderReason.LOCATION_NOT_LIVE)
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)

    run(job_of(location))

    order = Order.objects.get(pk=order.pk)
    assert order.blocked_reason == ""
    assert (order.sync_job.status, order.sync_job.due_at is None) == ("pending", False)


def test_wrong_credentials_pause_the_log_in_for_a_quarter_of_an_hour(easyecom):
    wrong = {"code": 400, "message": "Invalid user credentials provided", "data": []}
    easyecom.post(LOG_IN, json=wrong)
    location = enrol()

    run(job_of(location))
    SyncJob.objects.filter(location=location).want()
    job = run(job_of(location))

    location.refresh_from_db()
    assert len(easyecom.calls) == 1
    assert location.blocked_reason == LocationReason.CREDENTIALS_REFUSED
    assert job.status == SyncJob.Status.PENDING
    assert timedelta(minutes=14) < job.due_at - timezone.now() <= timedelta(minutes=15)


def test_corrected_credentials_are_tried_without_waiting_out_the_pause(easyecom):
    wrong = {"code": 400, "message": "Invalid user credentials provided", "data": []}
    easyecom.post(LOG_IN, json=wrong)
    location = enrol()
    run(job_of(location))
    Location.objects.update(login_started_at=timezone.now() - timedelta(minutes=2))

    enrol(api_password="corrected-canary")
    location.refresh_from_db()

    assert location.next_login_at < timezone.now()
    assert location.login_trouble == ""


def test_log_in_cool_down_is_waited_for_and_not_called_a_wrong_password(easyecom):
    easyecom.post(LOG_IN, status=403, json={"message": "wait"})
    location = enrol()

    job = run(job_of(location))

    location.refresh_from_db()
    assert location.blocked_reason == LocationReason.COOL_DOWN
    assert location.login_trouble == LoginTrouble.COOL_DOWN
    assert timedelta(seconds=55) < job.due_at - timezone.now() < timedelta(seconds=66)


OTHER = {"location_key": "en999", "company_id": 9, "location_name": "Other", "city": "Goa"}


@pytest.mark.postgres
@pytest.mark.parametrize(
    "answer",
    [
        {"code": 200, "message": "Successful", "data": []},
        {"code": 200, "message": "Successful", "data": [OTHER]},
        {"code": 200, "message": "Successful", "data": OTHER},
        {"code": 200, "message": "Successful", "data": {}},
        {"code": 200, "message": "Successful", "data": None},
        {"code": 200, "message": "Successful", "data": "No Data Found"},
        {"code": 400, "message": "No records found", "data": []},
    ],
)
def test_location_that_get_location_does_not_list_goes_live_because_its_log_in_proved_the_key(
    easyecom, answer
):
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.get(LOCATIONS, json=answer)
    easyecom.post(CARRIER, json=REGISTERED)
    easyecom.get(PRODUCTS, json={"data": "No Data Found"})
    location = enrol()

    job = run(job_of(location))

    location.refresh_from_db()
    assert location.is_live
    assert (location.name, location.city, location.company_id) == ("", "", "")
    assert location.blocked_reason == LocationReason.TOKENS_NOT_ISSUED
    assert job.status == SyncJob.Status.SUCCEEDED
    assert WebhookEndpoint.objects.filter(location=location).count() == 2
    event = Event.objects.get(location=location, kind="located")
    assert event.sentence == (
        "EasyEcom took the log-in with this location key, which proves it. Get Location does not "
        "list the location, as for a secondary warehouse: what it is called is learnt later."
    )


def test_one_location_may_come_without_a_list_around_it(easyecom):
    easyecom.post(LOG_IN, json=TOKEN)
    location = enrol()
    mine = OTHER | {"location_key": location.location_key}
    easyecom.get(LOCATIONS, json={"code": 200, "message": "Successful", "data": mine})
    easyecom.post(CARRIER, json=REGISTERED)
    easyecom.get(PRODUCTS, json={"data": "No Data Found"})

    run(job_of(location))

    location.refresh_from_db()
    assert (location.name, location.city, location.company_id) == ("Other", "Goa", "9")


def test_tokens_are_issued_once_and_kept_as_digests():
    location = make_location(live=False)
    for topic in ("inventory", "manifested"):
        WebhookEndpoint.objects.create(location=location, topic=topic)

    first = flow.issue_tokens(location)
    second = flow.issue_tokens(location)

    assert (len(first), len(second)) == (2, 0)
    digests = WebhookEndpoint.objects.values_list("token_digest", flat=True)
    assert not {each.token for each in first} & set(digests)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"code": "a b"}, "code"),
        ({"api_password": ""}, "api_password"),
        ({"locations": []}, "locations"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"stage": "x"}, "stage"),
        ({"locations": [{"location_key": "x"}, {"location_key": "x"}]}, "locations.1.location_key"),
    ],
)
def test_bad_input_names_the_field(fields, field):
    form = sellers.SellerIn(data=given(**fields))

    assert not form.is_valid()
    assert field in form.errors


def test_key_of_another_seller_is_refused():
    make_location(location_key="en100")

    form = sellers.SellerIn(data=given())

    assert not form.is_valid()
    assert "locations.0.location_key" in form.errors


@pytest.mark.postgres
@pytest.mark.parametrize(("daily_quota", "wanted"), [(5000, 2), (None, 2), (1000, 1)])
def test_seller_given_again_with_other_limits_frees_what_waited(daily_quota, wanted):
    location = enrol(daily_quota=1000)
    midnight = timezone.now() + timedelta(hours=9)
    job = SyncJob.objects.create(
        kind="stock",
        seller=location.seller,
        location=location,
        due_at=midnight,
        error_code="quota_slowed",
    )

    enrol(daily_quota=daily_quota)

    job.refresh_from_db()
    assert job.wanted == wanted
    assert (job.due_at < midnight) == (wanted == 2)


def test_seller_given_again_without_limits_keeps_them_and_frees_nothing():
    location = enrol(daily_quota=1000)
    job = SyncJob.objects.create(
        kind="stock", seller=location.seller, location=location, error_code="quota_spent"
    )

    enrol()

    job.refresh_from_db()
    location.seller.refresh_from_db()
    assert (job.wanted, location.seller.daily_quota) == (1, 1000)
