"""Retry and Replay from the lists: permitted, written down, and no more than a list shows."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import (
    ApiKey,
    Delivery,
    Event,
    ParkedLine,
    Refusal,
    StockEntry,
    SyncJob,
)
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

JOBS = reverse("admin:integration_syncjob_changelist")
DELIVERIES = reverse("admin:integration_delivery_changelist")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def make_delivery(**fields: object) -> Delivery:
    given = {
        "topic": "inventory",
        "status": "parked",
        "body": b'{"sku": "A-1"}',
        "received_at": timezone.now(),
    } | fields
    return Delivery.objects.create(location=make_location(), **given)


def test_retry_of_selected_jobs_is_written_down_for_each(staff):
    jobs = [make_order().sync_job, make_order().sync_job]
    SyncJob.objects.update(status="failed", due_at=None)

    staff.post(JOBS, {"action": "retry", "_selected_action": [job.pk for job in jobs]})

    assert set(SyncJob.objects.values_list("status", flat=True)) == {"pending"}
    events = Event.objects.filter(kind="retry", actor="asha")
    assert {event.job_id for event in events} == {job.pk for job in jobs}


def test_retry_leaves_doubt_and_cancelled_jobs_as_they_are(staff):
    doubtful, cancelled = make_order().sync_job, make_order().sync_job
    SyncJob.objects.filter(pk=doubtful.pk).update(status="in_doubt", due_at=None)
    SyncJob.objects.filter(pk=cancelled.pk).update(status="cancelled", due_at=None)

    staff.post(JOBS, {"action": "retry", "_selected_action": [doubtful.pk, cancelled.pk]})

    doubtful.refresh_from_db()
    cancelled.refresh_from_db()
    assert (doubtful.status, doubtful.due_at is None) == ("in_doubt", False)
    assert (cancelled.status, cancelled.due_at) == ("cancelled", None)


def test_replay_of_a_delivery_stores_it_again_under_its_number(staff):
    delivery = make_delivery()

    staff.post(reverse("admin:integration_delivery_replay", args=[delivery.pk]))

    assert Delivery.objects.get().status == "stored"
    assert Event.objects.get(kind="replay").delivery == delivery


def test_replay_is_shown_before_it_is_asked_for(staff):
    delivery = make_delivery(body=b'{"inventoryData": [{"sku": "A-1", "inventory": 4}]}')
    page = reverse("admin:integration_delivery_change", args=[delivery.pk])
    preview = reverse("admin:integration_delivery_preview", args=[delivery.pk])

    offered = staff.get(page).content.decode()
    shown = staff.post(preview).content.decode()

    assert f'action="{preview}"' in offered
    assert '<td>A-1</td><td class="number">—</td><td class="number">4</td>' in shown
    assert f'action="{reverse("admin:integration_delivery_replay", args=[delivery.pk])}"' in shown
    assert (Delivery.objects.get().status, StockEntry.objects.count()) == ("parked", 0)
    assert staff.get(preview).url == page


def test_refusals_are_listed_with_their_likely_cause_and_lead_to_the_endpoint(staff):
    endpoint = make_location().endpoints.get(topic="inventory")
    now = timezone.now()
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=now, last_at=now, count=3
    )
    Refusal.objects.create(endpoint_id="", cause="method", hour=now, last_at=now, count=1)

    url = reverse("admin:integration_refusal_changelist")
    listed = staff.get(url, {"cause": "wrong_token"}).content.decode()

    assert "A wrong token: the one in EasyEcom is not the one issued here." in listed
    assert reverse("admin:integration_webhookendpoint_change", args=[endpoint.pk]) in listed
    assert "none of ours" not in listed


@pytest.mark.parametrize("status", ["stored", "asked", "empty"])
def test_what_can_not_be_replayed_is_left(staff, status):
    delivery = make_delivery(status=status)

    staff.post(DELIVERIES, {"action": "replay", "_selected_action": [delivery.pk]})

    assert Delivery.objects.get().status == status
    assert not Event.objects.exists()


def test_body_is_shown_as_it_came_to_who_asks_and_that_is_written_down(staff):
    delivery = make_delivery(body=b'{"customer_name": "Asha Rao", "x": "\xff"}')
    page = reverse("admin:integration_delivery_change", args=[delivery.pk])
    raw = reverse("admin:integration_delivery_raw", args=[delivery.pk])
    assert b"Asha Rao" not in staff.get(page).content

    shown = staff.post(raw)

    assert b"Asha Rao" in shown.content
    assert b"\\xff" in shown.content
    event = Event.objects.get(kind="read")
    assert (event.actor, event.delivery_id) == ("asha", delivery.pk)
    assert staff.get(raw).url == page
    assert Event.objects.filter(kind="read").count() == 1


def test_viewer_does_not_read_a_body_as_it_came(client):
    client.force_login(make_viewer())
    delivery = make_delivery()

    refused = client.post(reverse("admin:integration_delivery_raw", args=[delivery.pk]))

    assert refused.status_code == 403
    assert not Event.objects.exists()


def test_viewer_retries_and_replays_nothing(client):
    job, delivery = make_order().sync_job, make_delivery()
    SyncJob.objects.update(status="failed")
    client.force_login(make_viewer())

    client.post(JOBS, {"action": "retry", "_selected_action": [job.pk]})
    client.post(DELIVERIES, {"action": "replay", "_selected_action": [delivery.pk]})
    pages = [("syncjob_retry", job), ("delivery_replay", delivery)]
    statuses = [
        client.post(reverse(f"admin:integration_{name}", args=[row.pk])).status_code
        for name, row in pages
    ]

    assert statuses == [403, 403]
    assert SyncJob.objects.get(pk=job.pk).status == "failed"
    assert Delivery.objects.get().status == "parked"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b'{"a": "\\u0000\\ud800"}',
        b"[" * 5000,
        b'{"a": 1e999}',
        b"9" * 5000,
        b"x" * 200_000,
        b'{"sku": "' + b"\xe2\x80\xae" + b'gpj.exe"}',
        b"<script>alert(1)</script>",
    ],
)
def test_any_body_is_shown_escaped_and_bounded(staff, body):
    delivery = make_delivery(body=body, size=len(body))

    page = staff.get(reverse("admin:integration_delivery_change", args=[delivery.pk]))

    text = page.content.decode()
    assert page.status_code == 200
    assert len(text) < 100_000
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert ("64 KB" in text) == (len(body) > 65_536)


def test_body_is_indented_and_hides_the_buyer(staff):
    body = b'[{"order_id": 7, "customer_name": "Asha Rao", "contact_num": "9811100000"}]'
    delivery = make_delivery(body=body)

    page = staff.get(reverse("admin:integration_delivery_change", args=[delivery.pk]))

    text = page.content.decode()
    assert "    &quot;order_id&quot;: 7" in text
    assert "Asha" not in text
    assert "9811100000" not in text


def test_delivery_shows_parked_lines_and_what_it_changed(staff):
    delivery = make_delivery(status="partly", lines=50, lines_applied=49, judged_at=timezone.now())
    ParkedLine.objects.create(
        delivery=delivery, line=3, reason="bad_level", message="It is negative.", sku="A-1"
    )
    StockEntry.objects.create(
        location=delivery.location,
        sku="B-2",
        quantity=4,
        delivery=delivery,
        line=4,
        at=timezone.now(),
    )

    page = staff.get(reverse("admin:integration_delivery_change", args=[delivery.pk]))

    text = page.content.decode()
    assert "49/50" in text
    assert "It is negative." in text
    assert "B-2" in text


def test_api_key_is_revoked_once_and_for_all(staff):
    key = ApiKey.objects.create(name="platform", digest="d")

    staff.post(reverse("admin:integration_apikey_revoke", args=[key.pk]))

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert Event.objects.get(kind="api_key").actor == "asha"


def test_key_shows_its_scope_and_last_use_and_never_its_digest(staff):
    key = ApiKey.objects.create(
        name="shop", digest="digest-canary", is_limited=True, last_used_at=timezone.now()
    )
    key.sellers.add(make_seller(code="acme"))
    nobody = ApiKey.objects.create(name="lost", digest="digest-canary-2", is_limited=True)

    listed = staff.get(reverse("admin:integration_apikey_changelist")).content.decode()
    page = staff.get(reverse("admin:integration_apikey_change", args=[key.pk])).content.decode()

    for text in (listed, page):
        assert "acme" in text and "last used" in text.lower()
        assert "digest-canary" not in text
    assert "no seller" in listed and nobody.scope == "no seller"


def test_viewer_revokes_no_key(client):
    key = ApiKey.objects.create(name="platform", digest="d")
    client.force_login(make_viewer())

    answer = client.post(reverse("admin:integration_apikey_revoke", args=[key.pk]))

    key.refresh_from_db()
    assert answer.status_code == 403
    assert key.revoked_at is None
