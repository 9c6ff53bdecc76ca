"""What is wrong right now: each cause, while it lasts and no longer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration import onboarding
from integration.alerting import causes
from integration.holds import holding
from integration.models import Change, Delivery, Refusal, SyncJob, Worker
from integration.telling import announcements
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def worker() -> Worker:
    now = timezone.now()
    return Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)


def found() -> dict[str, str]:
    return {cause.key: cause.sentence for cause in causes.found(timezone.now())}


def ago(**spans) -> object:
    return timezone.now() - timedelta(**spans)


def test_nothing_is_wrong_where_all_is_well(django_assert_max_num_queries):
    make_order()
    onboarding.want(make_location(live=False))

    with django_assert_max_num_queries(9):
        assert found() == {}


def test_silent_worker(worker):
    Worker.objects.update(beat_at=ago(seconds=61))

    assert found() == {"worker": "No worker gives a sign of life: nothing is sent or applied."}


def test_hold_is_told_without_what_somebody_wrote():
    seller = make_seller(code="acme")
    one = holding.hold(seller, "Ask Meera, 98765 43210", actor="asha")
    everything = holding.hold(None, "Older", actor="console", doubts_database=True)

    assert found() == {
        f"hold:{one.pk}": "acme is held: nothing goes out to EasyEcom.",
        f"hold:{everything.pk}": "Everything is held: nothing goes out to EasyEcom. "
        "The database is not the one that was here before.",
    }
    assert [cause.seller_id for cause in causes.holds()] == [seller.pk, None]


def test_carrier_registration_in_doubt_names_its_location():
    location = make_location(location_key="en42")
    CarrierRegistration.objects.update(state="in_doubt", doubt_since=timezone.now())

    [cause] = causes.found(timezone.now())

    assert cause.sentence.startswith("The carrier registration of en42 is in doubt.")
    assert cause.seller_id == location.seller_id


@pytest.mark.parametrize(("count", "is_told"), [(19, False), (20, True)])
def test_lifeline_that_easyecom_is_about_to_end(count, is_told):
    location = make_location(location_key="en42")
    endpoint = location.endpoints.get(topic="inventory")
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=hour, last_at=hour, count=count
    )

    sentence = (
        f"The inventory webhook of en42 was refused {count} times in a day. "
        "EasyEcom switches it off at 400."
    )
    assert found() == ({f"lifeline:{endpoint.pk}": sentence} if is_told else {})


def test_refused_log_ins_are_one_cause_for_a_seller():
    seller = make_seller(code="acme")
    for _ in range(2):
        make_location(seller=seller)
    make_location()
    Location.objects.filter(seller=seller).update(login_trouble="refused")

    assert found() == {
        f"log_in:{seller.pk}": "EasyEcom refuses the log-in of acme, at 2 of its locations."
    }


def test_calls_that_wait_too_long():
    order = make_order()
    SyncJob.objects.update(due_at=ago(minutes=9))
    assert found() == {}

    SyncJob.objects.update(due_at=ago(minutes=11))
    assert list(found().values()) == ["Calls to EasyEcom wait since more than 10 minutes."]

    holding.hold(order.seller, "A drill", actor="asha")
    assert [key.split(":")[0] for key in found()] == ["hold"]


def test_polling_may_wait():
    job = onboarding.job_for(make_location(), SyncJob.Kind.STOCK)
    SyncJob.objects.filter(pk=job.pk).update(status="pending", due_at=ago(hours=3))

    assert found() == {}


def test_webhooks_that_wait_too_long_and_a_replay_that_does_not():
    location = make_location()
    old = {"location": location, "topic": "inventory", "body": b"{}", "size": 2}
    replayed = Delivery.objects.create(**old, received_at=ago(days=3), judged_at=ago(days=3))
    assert replayed.status == "stored"
    assert found() == {}

    Delivery.objects.create(**old, received_at=ago(minutes=11))

    assert list(found()) == ["queue:Webhooks from EasyEcom"]


def test_what_booon_is_not_told(settings):
    settings.BOOON_WEBHOOK_URL = "https://booon.test/hook"
    order = make_order()
    whose = {"seller": order.seller, "location": order.location, "order": order}
    Change.objects.create(type="order.stage_changed", at=ago(minutes=9), data={}, **whose)
    announcements.meet(timezone.now())
    announcements.take_up(timezone.now())
    assert found() == {}

    Change.objects.update(at=ago(minutes=11))

    assert list(found()) == ["queue:Webhooks to Booon"]
