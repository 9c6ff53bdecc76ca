"""An order's page: what a refusal means, the buyer on asking, evidence in one file."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from booon_console import clock
from integration import easyecom
from integration.models import (
    ApiCall,
    Delivery,
    Event,
    KnownError,
    ParkedLine,
    Refusal,
    WebhookEndpoint,
    record_event,
)
from integration.trouble import dictionary
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db
WORDS = "Pincode 400067 is not serviceable"


@pytest.fixture
def staff(client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def order():
    return make_order(blocked_reason="rejected", blocked_detail=WORDS)


def page(order, door="change"):
    return reverse(f"admin:integration_order_{door}", args=[order.pk])


def test_known_refusal_is_explained_with_its_next_step(staff, order):
    dictionary.note(easyecom.Rejected(WORDS), clock.now())
    before = staff.get(page(order)).content.decode()
    naming = {"pattern": "pincode … is not", "sentence": "Nobody goes there.", "next_step": "Ask."}

    staff.post(reverse("admin:integration_knownerror_add"), naming)

    after = staff.get(page(order)).content.decode()
    assert "Nobody goes there." not in before
    assert "Nobody goes there.</strong> Ask." in after
    assert KnownError.objects.get(pattern="pincode … is not").named_by == "asha"
    assert Event.objects.filter(kind="error_named", actor="asha").exists()


def test_pattern_that_would_fit_everything_is_refused(staff):
    naming = {"pattern": " * a", "sentence": "S", "next_step": "N"}

    answer = staff.post(reverse("admin:integration_knownerror_add"), naming)

    assert "at least four letters" in answer.content.decode()


def test_buyer_is_masked_until_asked_for_and_asking_is_written_down(staff, order):
    phone = order.shipping_address["phone"]
    assert phone not in staff.get(page(order)).content.decode()

    answer = staff.post(page(order, "buyer"))

    assert phone in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    event = Event.objects.get(kind="buyer_read")
    assert (event.order, event.actor) == (order, "asha")


def test_viewer_is_not_shown_the_buyer(client, order):
    client.force_login(make_viewer())

    assert client.post(page(order, "buyer")).status_code == 403
    assert page(order, "buyer") not in client.get(page(order)).content.decode()


def test_evidence_holds_the_whole_story_and_no_buyer(staff, order):
    record_event("failed", "EasyEcom refused the order.", at=clock.now(), order=order)
    ApiCall.objects.create(
        job=order.sync_job,
        seller=order.seller,
        location=order.location,
        order=order,
        kind="create_order",
        is_write=True,
        is_open=False,
        method="POST",
        path="/x",
        outcome="rejected",
        message=f"EasyEcom refused it. Its words: {WORDS}",
        reply='{"code": 400}',
        started_at=clock.now(),
    )

    answer = staff.post(page(order, "evidence"))

    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    facts = json.loads(archive.read("evidence.json"))
    written = archive.read("evidence.html").decode()
    assert facts["order"]["order_number"] == order.order_number
    assert facts["calls_to_easyecom"][0]["answer"] == '{"code": 400}'
    assert "EasyEcom refused the order." in [event["sentence"] for event in facts["events"]]
    assert WORDS in written
    address = order.shipping_address
    for secret in (address["phone"], address["name"], address["line1"], "canary"):
        assert secret not in written + json.dumps(facts)
    assert answer["Content-Disposition"].endswith(f'{order.order_number}.zip"')
    assert Event.objects.filter(kind="evidence", actor="asha", order=order).exists()


def test_parked_webhook_that_names_the_order_is_on_its_timeline(staff, order):
    delivery = Delivery.objects.create(
        location=order.location, topic="manifested", status="parked", received_at=clock.now()
    )
    ParkedLine.objects.create(
        delivery=delivery,
        line=0,
        reason="conflict",
        message="It names another invoice.",
        order_number=order.order_number,
    )

    assert "It names another invoice." in staff.get(page(order)).content.decode()


@pytest.mark.parametrize(("hours", "is_told"), [(1, True), (-1, False)])
def test_refused_webhooks_of_its_location_are_told_while_its_manifest_could_come(
    staff, hours, is_told
):
    order = pushed(make_order())
    endpoint = WebhookEndpoint.objects.get(location=order.location, topic="manifested")
    at = order.pushed_at + timedelta(hours=hours)
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=at, count=3, last_at=at
    )

    text = staff.get(page(order)).content.decode()

    assert ("3 of its location" in text) is is_told
    assert ("A wrong token" in text) is is_told


def beside_the_reason(staff, order) -> str:
    """What stands in the first finding, up to the next one."""
    text = staff.get(page(order)).content.decode()
    return text.split('<li class="first">')[1].split("</li>")[0]


@pytest.mark.parametrize(
    ("reason", "door", "label"),
    [
        ("rejected", "retry", "Retry"),
        ("number_taken", "resolve", "Say what EasyEcom shows"),
        ("conflict", "resolve", "Say what EasyEcom shows"),
        ("unreachable", "retry", "Retry"),
        ("in_doubt", "retry", "Look now"),
    ],
)
def test_reason_has_its_one_button(staff, reason, door, label):
    is_doubtful = reason in ("in_doubt", "number_taken", "conflict")
    doubt = {"doubt": "unknown", "doubt_since": clock.now()} if is_doubtful else {}

    found = beside_the_reason(staff, make_order(blocked_reason=reason, **doubt))

    assert f"/{door}/" in found and f">{label}<" in found
    assert found.count("<form") + found.count('<a class="button"') == 1


def test_refused_awb_leads_to_the_form(staff):
    order = pushed(make_order(blocked_reason="awb_rejected"))
    make_shipment(order)

    text = staff.get(page(order)).content.decode()

    assert 'href="#shipment">Give carrier and AWB' in beside_the_reason(staff, order)
    assert 'id="shipment"' in text and '<details class="pad" open>' in text


def test_order_that_no_look_up_finds_is_said_to_be_missing_there(staff):
    order = make_order(blocked_reason="not_found", doubt="unknown", doubt_since=clock.now())

    assert page(order, "resolve") in beside_the_reason(staff, order)


def test_operator_who_may_not_say_it_has_the_console_look_again(client):
    client.force_login(make_viewer("retry_syncjob"))
    order = make_order(blocked_reason="conflict", doubt="unknown", doubt_since=clock.now())

    assert f"{page(order, 'retry')}" in (found := beside_the_reason(client, order))
    assert ">Look again<" in found


def test_location_that_is_not_live_is_opened_from_the_reason(staff):
    order = make_order(make_location(live=False), blocked_reason="location_not_live")
    url = reverse("admin:sellers_location_change", args=[order.location_id])

    assert f'href="{url}">Open the location' in beside_the_reason(staff, order)


def test_viewer_has_the_reason_and_no_button(client, order):
    client.force_login(make_viewer())

    found = beside_the_reason(client, order)

    assert "EasyEcom refused the order." in found
    assert "button" not in found


def test_way_shows_each_stage_with_its_clock(staff, settings):
    settings.AWB_LIMIT_HOURS = 2
    order = pushed(make_order())
    order.change(stage_since=clock.now() - timedelta(hours=3))

    text = staff.get(page(order)).content.decode()

    assert '<li class="now late" aria-current="step">' in text
    assert "late: the next was due within 2 h" in text
    assert text.index("<b>Received</b>") < text.index("<b>Manifested</b>")


def test_payloads_of_the_timeline_are_folded_and_had_on_asking(staff, order):
    call = ApiCall.objects.create(
        job=order.sync_job,
        seller=order.seller,
        location=order.location,
        order=order,
        kind="create_order",
        is_write=True,
        is_open=False,
        method="POST",
        path="/x",
        outcome="done",
        request='{"what": "was sent"}',
        started_at=clock.now(),
    )
    url = reverse("admin:integration_apicall_change", args=[call.pk])

    text = staff.get(page(order)).content.decode()

    assert f'hx-get="{url}" hx-trigger="toggle once" hx-select="#payload"' in text
    assert "was sent&quot;" not in text
    asked = staff.get(url).content.decode()
    assert "was sent&quot;" in asked.split('id="payload"')[1]
