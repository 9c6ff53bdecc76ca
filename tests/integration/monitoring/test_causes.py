"""What is wrong right now: each cause, while it lasts and no longer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.feed import announcements
from integration.models import ApiKey, Change, Delivery, Refusal, SyncJob, Worker
from integration.monitoring import causes
from integration.sync import holds
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def worker() -> Worker:
    now = timezone.now()
    return Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)


def found() -> dict[str, str]:
    return {cause.key: cause.sentence for cause in causes.current_causes(timezone.now())}


def ago(**spans) -> object:
    return timezone.now() - timedelta(**spans)


def test_nothing_is_wrong_where_all_is_well(django_assert_max_num_queries):
    make_order()
    SyncJob.objects.want_location(make_location(live=False))

    with django_assert_max_num_queries(10):
        assert found() == {}


def test_silent_worker(worker):
    Worker.objects.update(beat_at=ago(seconds=61))

    assert found() == {"worker": "No worker sends a heartbeat: nothing is sent or applied."}


def test_hold_is_told_without_what_somebody_wrote():
    seller = make_seller(code="acme")
    one = holds.hold(seller, "Ask Meera, 98765 43210", actor="asha")
    everything = holds.hold(None, "Older", actor="console", doubts_database=True)

    assert found() == {
        f"hold:{one.pk}": "acme is held: nothing goes out to EasyEcom.",
        f"hold:{everything.pk}": "Everything is held: nothing goes out to EasyEcom. "
        "The database is not the one that was here before.",
    }
    assert [cause.seller_id for cause in causes.holds()] == [seller.pk, None]


def test_carrier_registration_in_doubt_names_its_location():
    location = make_location(location_key="en42")
    CarrierRegistration.objects.update(state="in_doubt", doubt_since=timezone.now())

    [cause] = causes.current_causes(timezone.now())

    assert cause.sentence.startswith("The carrier registration of en42 is in doubt.")
    assert cause.seller_id == location.seller_id


@pytest.mark.parametrize(("count", "is_told"), [(19, False), (20, True)])
def test_webhook_that_easyecom_is_about_to_end(count, is_told):
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
    assert list(found().values()) == ["Calls to EasyEcom have waited for more than 10 minutes."]

    holds.hold(order.seller, "A drill", actor="asha")
    assert [key.split(":")[0] for key in found()] == ["hold"]


def test_polling_may_wait():
    job = SyncJob.objects.of_location(make_location(), SyncJob.Kind.STOCK)
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
    announcements.ensure_receiver(timezone.now())
    announcements.take_up(timezone.now())
    assert found() == {}

    Change.objects.update(at=ago(minutes=11))

    assert list(found()) == ["queue:Webhooks to Booon"]


@pytest.mark.parametrize(
    ("days", "verb"), [(None, ""), (15, ""), (13, "ends"), (-6, "ended"), (-8, "")]
)
def test_key_that_ends_is_told_two_weeks_before_and_a_week_after(days, verb):
    now = timezone.now()
    ends = None if days is None else now + timedelta(days=days)
    ApiKey.objects.create(name="platform", digest="d", expires_at=ends)

    found = [cause.sentence for cause in causes.current_causes(now)]

    assert len(found) == bool(verb)
    assert all(f"The API key platform {verb} on" in sentence for sentence in found)


def test_revoked_key_needs_no_reminder():
    now = timezone.now()
    ApiKey.objects.create(
        name="platform", digest="d", expires_at=now + timedelta(days=1), revoked_at=now
    )

    assert causes.current_causes(now) == []
