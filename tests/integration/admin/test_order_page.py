"""An order's page: what a refusal means, the buyer on asking, evidence in one file."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse, reverse_lazy

from booon_console.lib import clock
from integration import easyecom
from integration.models import (
    ApiCall,
    Delivery,
    Event,
    Hold,
    KnownError,
    ParkedLine,
    ProductPull,
    Quota,
    Refusal,
    SyncJob,
    WebhookEndpoint,
    Worker,
    record_event,
)
from integration.sync import error_dictionary
from tests import factories
from tests.factories import make_location, make_order, make_shipment, pushed, refuse
from tests.integration.admin.rows import have_products, make_superuser, make_viewer
from tests.integration.orders.test_intake import facts, line

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
    error_dictionary.record_messages([easyecom.Rejected(WORDS)], clock.now())
    before = staff.get(page(order)).content.decode()
    naming = {"pattern": "pincode … is not", "sentence": "Nobody goes there.", "next_step": "Ask."}

    staff.post(reverse("admin:integration_knownerror_add"), naming)

    after = staff.get(page(order)).content.decode()
    assert "Nobody goes there." not in before
    # Once, with the refusal that it explains.
    assert "<p>Nobody goes there.</p>" in after.split('<li class="first">')[1].split("</li>")[0]
    assert after.count("Nobody goes there.") == after.count("Ask.") == 1
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
        ("rejected", "mend", "Mend it and send again…"),
        ("number_taken", "resolve", "Say what EasyEcom shows"),
        ("conflict", "resolve", "Say what EasyEcom shows"),
        ("cancelled_at_easyecom", "resolve", "Say what EasyEcom shows"),
        ("access_forbidden", "retry", "Retry"),
        ("in_doubt", "retry", "Look now"),
    ],
)
def test_reason_has_its_one_button(staff, reason, door, label):
    is_doubtful = reason in ("in_doubt", "number_taken", "conflict", "cancelled_at_easyecom")
    doubt = {"doubt": "unknown", "doubt_since": clock.now()} if is_doubtful else {}

    found = beside_the_reason(staff, make_order(blocked_reason=reason, **doubt))

    assert f"/{door}/" in found and f">{label}<" in found
    assert found.count("<form") + found.count('<a class="button') == 1


def test_refused_awb_leads_to_the_form(staff):
    order = pushed(make_order(blocked_reason="awb_rejected"))
    make_shipment(order)

    text = staff.get(page(order)).content.decode()

    assert 'href="#id_courier">Give carrier and AWB' in beside_the_reason(staff, order)
    assert 'id="shipment"' in text and '<details class="pad" open data-given>' in text


RETRY = ">Retry<"


def test_retry_is_offered_where_another_look_may_bring_it_on(staff):
    may_help = [
        make_order(),
        make_order(blocked_reason="unreachable"),
        make_order(blocked_reason="rejected"),
        make_order(blocked_reason="access_forbidden"),
    ]

    assert [staff.get(page(each)).content.decode().count(RETRY) for each in may_help] == [1] * 4


def test_retry_is_not_offered_where_it_would_do_nothing(staff):
    waits_for_its_awb, has_its_carrier = pushed(make_order()), pushed(make_order())
    make_shipment(has_its_carrier, assigned_at=clock.now())
    has_its_carrier.change(stage="carrier_assigned")
    manifested = pushed(make_order())
    manifested.change(stage="manifested", manifested_at=clock.now())
    paused = make_order(blocked_reason="rate_limited")
    not_live = make_order(make_location(live=False), blocked_reason="location_not_live")
    held = make_order(blocked_reason="held")
    Hold.objects.create(seller=held.seller, reason="Fraud", set_at=clock.now(), set_by="asha")
    orders = [waits_for_its_awb, has_its_carrier, manifested, paused, not_live, held]

    assert [staff.get(page(each)).content.decode().count(RETRY) for each in orders] == [0] * 6


@pytest.mark.parametrize("reason", ["", "rejected", "awb_rejected", "in_doubt", "unreachable"])
def test_page_has_at_most_one_primary_button_and_it_is_the_first_findings(staff, reason):
    order = pushed(make_order(blocked_reason=reason))
    make_shipment(order)
    if reason == "in_doubt":
        order.change(doubt="awb_unknown", doubt_since=clock.now())

    text = staff.get(page(order)).content.decode()

    primaries = re.findall(r'class="(?:button )?default"', text)
    assert len(primaries) <= 1
    if reason in ("rejected", "awb_rejected", "in_doubt"):
        assert 'class="button default"' in text.split('<li class="first">')[1].split("</li>")[0]


def test_manifest_that_easyecom_shows_is_told_with_the_end_of_the_wait(staff):
    note = "EasyEcom shows it Shipped since 09:24. Its webhook is awaited until 09:54."
    order = pushed(make_order())
    make_shipment(order, assigned_at=clock.now() - timedelta(hours=30))
    order.change(stage="carrier_assigned", easyecom_note=note, blocked_reason="not_manifested")

    text = staff.get(page(order)).content.decode()

    assert note in beside_the_reason(staff, order)
    # Once as the finding, once among the facts, and not as a banner besides.
    assert text.count(note) == 2
    assert "ask the seller whether it is packed" not in text


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
    assert text.index("<b>Received from Booon</b>") < text.index("<b>Manifested</b>")


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


# What the advice says, and the first button ---------------------------------------------------

TAX, STATES = "Tax Rate Not Set", "Unable to find states for given country Id"
MEND_AND_RETRY = "Mend the price in EasyEcom's words, then retry."


@pytest.fixture(autouse=True)
def dictionary(db):
    """What a new console knows: a test that empties all tables takes it from those that follow."""
    for name in ("0007_first_known_errors", "0028_known_refusals"):
        import_module(f"integration.migrations.{name}").add(apps, None)


def refused(words, **fields):
    error_dictionary.record_messages([easyecom.Rejected(words)], clock.now())
    return make_order(blocked_reason="rejected", blocked_detail=words, **fields)


@pytest.mark.parametrize(
    ("words", "first", "other"),
    [
        (TAX, "Retry", "Mend it and send again…"),
        ("product/sku doest not exist", "Retry", "Mend it and send again…"),
        (STATES, "Mend it and send again…", "Retry"),
        ("Mandatory parameter missing", "Mend it and send again…", "Retry"),
        ("Something that nobody has named", "Mend it and send again…", "Retry"),
    ],
)
def test_first_button_is_the_act_that_the_advice_names(staff, words, first, other):
    order = refused(words)

    text = staff.get(page(order)).content.decode()

    found = beside_the_reason(staff, order)
    assert f">{first}<" in found and 'class="button default"' in found
    assert f">{other}<" not in found
    # The other way is there too, once.
    assert text.count(f">{first}<") == text.count(f">{other}<") == 1


def test_advice_that_names_both_is_to_mend(staff):
    naming = {"pattern": "Price is not", "sentence": "S.", "next_step": MEND_AND_RETRY}
    staff.post(reverse("admin:integration_knownerror_add"), naming)

    assert ">Mend it and send again…<" in beside_the_reason(staff, refused("Price is not right"))


UNKNOWN_SKU = "product/sku doest not exist"


def refused_for_its_sku(words=UNKNOWN_SKU, lines=({"sku": "KURTA-XXL"},), catalog=("KURTA-XL",)):
    location = make_location()
    named = [line(line_id=f"BN-1-{n}", **each) for n, each in enumerate(lines, start=1)]
    order = factories.accept(location.seller, "BN-1", facts(location, lines=named)).order
    have_products(order, *catalog)
    error_dictionary.record_messages([easyecom.Rejected(words)], clock.now())
    return refuse(order, words)


def test_unknown_sku_with_near_ones_in_the_catalog_is_to_be_mended_first(staff):
    order = refused_for_its_sku(catalog=("KURTA-XL", "KURTA-L", "BOWL"))

    at = datetime(2026, 11, 23, 4, 45, tzinfo=UTC)
    ProductPull.objects.update_or_create(location=order.location, defaults={"watermark": at})

    text = staff.get(page(order)).content.decode()
    found = beside_the_reason(staff, order)

    assert "EasyEcom's catalog (as it was read 23 Nov, 10:15) has no" in unescape(found)
    assert "has no KURTA-XXL; near to it: KURTA-XL, KURTA-L. Mend the order" in found
    assert "Otherwise: See Unmapped SKUs" in found
    assert 'class="button default" id="rejected-mend-it-and-send-again">Mend it' in found
    assert text.count('class="button default"') == 1
    assert 'class="button" id="do-retry">Retry<' in text


@pytest.mark.parametrize(
    ("what", "first"),
    [
        ({"catalog": ["BOWL"]}, "Retry"),
        ({"catalog": []}, "Retry"),
        # It has the product now: what EasyEcom said then is no longer so.
        ({"catalog": ["KURTA-XXL", "KURTA-XL"]}, "Retry"),
        # About another thing than its SKU.
        ({"words": TAX}, "Retry"),
        (
            {"lines": [{"sku": "BOWL"}, {"sku": "KURTA-XXL"}], "catalog": ["BOWL", "KURTA-X"]},
            "Mend",
        ),
    ],
)
def test_near_skus_are_looked_for_where_the_refusal_is_about_a_sku(staff, what, first):
    order = refused_for_its_sku(**what)

    found = beside_the_reason(staff, order)

    assert re.search(rf'class="button default"[^>]*>{first}', found)


def test_of_a_refusal_by_line_only_the_named_line_is_looked_at(staff):
    order = refused_for_its_sku(
        lines=[{"sku": "KURTA-XXL"}, {"sku": "BRASS-LOTA-9"}], catalog=["KURTA-XL", "BOWL"]
    )
    order.change(refused_lines=[{"line_id": "BN-1-2", "sku": "", "message": UNKNOWN_SKU}])

    found = beside_the_reason(staff, order)

    assert "KURTA" not in found
    assert re.search(r'class="button default"[^>]*>Retry', found)


def test_refusals_of_two_kinds_are_advised_together(staff):
    order = refused(TAX)
    error_dictionary.record_messages([easyecom.Rejected(STATES)], clock.now())
    lines = [
        {"line_id": "", "sku": sku, "message": said} for sku, said in (("A", TAX), ("B", STATES))
    ]
    order.change(refused_lines=lines)

    found = beside_the_reason(staff, order)

    assert "has no tax rate" in found and "does not list the state" in found
    assert ">Mend it and send again…<" in found


def test_advice_stands_on_the_page_once(staff):
    text = staff.get(page(refused(TAX))).content.decode()

    assert text.count("The seller sets it in EasyEcom; then Retry.") == 1
    assert text.count("has no tax rate") == 1


def test_meaning_of_a_refused_log_in_is_still_told(staff):
    words = "Invalid user credentials"
    error_dictionary.record_messages([easyecom.Rejected(words)], clock.now())
    order = make_order(blocked_reason="credentials_refused", blocked_detail=words)

    text = staff.get(page(order)).content.decode()

    assert text.count("does not know this user name and password") == 1


# Facts that outlive a revision, and what withdrawing comes to ---------------------------------


def test_first_sent_stays_when_the_order_was_changed(staff):
    location = make_location()
    order = factories.accept(location.seller, "BN-1", facts(location)).order
    refuse(order)
    order.change(push_begun_at=datetime(2026, 11, 20, 4, 30, tzinfo=UTC))
    changed = facts(location, shipping_charge=Decimal("30.00"))
    factories.accept(location.seller, "BN-1", changed)

    waiting = staff.get(page(order)).content.decode()
    order.refresh_from_db()
    order.change(push_begun_at=datetime(2026, 11, 21, 4, 30, tzinfo=UTC))
    sent = staff.get(page(order)).content.decode()

    assert "20 Nov, 10:00" in waiting and "Revision 2: not yet" in waiting
    assert "20 Nov, 10:00" in sent and "21 Nov, 10:00" in sent


@pytest.mark.parametrize(
    ("fields", "said", "unsaid"),
    [
        (
            {"payment_mode": "prepaid", "collectable_amount": Decimal(0)},
            ["The buyer has paid ₹ 266.00: the console refunds nothing, Booon has to."],
            "is not collected",
        ),
        (
            {"collectable_amount": Decimal("266.00")},
            ["The buyer&#x27;s ₹ 266.00 on delivery is not collected."],
            "refunds",
        ),
        (
            {"collectable_amount": Decimal("100.00")},
            ["₹ 100.00 on delivery is not collected.", "The buyer has paid ₹ 166.00:"],
            "nowhere",
        ),
    ],
)
def test_withdrawing_says_what_becomes_of_the_money(staff, fields, said, unsaid):
    location = make_location()
    order = factories.accept(location.seller, "BN-1", facts(location, **fields)).order

    text = staff.get(page(order)).content.decode().split('class="ask"')[1].split("</details>")[0]

    assert all(sentence in text for sentence in said)
    assert unsaid not in text


def test_courier_is_offered_from_those_used(staff):
    make_shipment(pushed(make_order()), courier="Blue Dart")
    order = pushed(make_order())
    option = '<option value="Blue Dart"></option>'

    with_form = staff.get(page(order)).content.decode()
    again = staff.post(page(order, "shipment"), {"courier": "", "awb_number": ""}).content.decode()

    for text in (with_form, again):
        assert text.count('<datalist id="couriers">') == 1
        assert option in text and 'list="couriers"' in text


def test_who_received_it_from_whom_is_said(staff, order):
    text = staff.get(page(order)).content.decode()

    assert "<b>Received from Booon</b>" in text and "Booon gave it" in text
    assert "<b>Received</b>" not in text


# Held, waiting, and money ---------------------------------------------------------------------


def hold_all(seller=None):
    return Hold.objects.create(seller=seller, reason="Fraud", set_by="ravi", set_at=clock.now())


def messages_of(answer):
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("is_everything", [False, True])
def test_hold_is_told_whatever_else_stands_in_the_way_of_an_order(staff, order, is_everything):
    hold = hold_all(None if is_everything else order.seller)
    url = reverse("admin:integration_hold_change", args=[hold.pk])

    text = staff.get(page(order)).content.decode()

    assert "EasyEcom refused the order." in beside_the_reason(staff, order)
    findings = text.split('<ol class="findings">')[1].split("</ol>")[0]
    assert "is held by ravi: Fraud. Since" in findings
    assert "Nothing is sent for this order until it is released." in findings
    assert f'href="{url}">Open the hold' in findings
    assert "Nothing is held" not in text


def test_retry_of_a_held_order_says_when_it_will_be_tried(staff, order):
    free = messages_of(staff.post(page(order, "retry"), follow=True))
    hold_all(order.seller)
    held = messages_of(staff.post(page(order, "retry"), follow=True))

    assert free == ["It will be tried again."]
    assert held == ["It will be tried once the hold is released."]


def test_what_passes_by_itself_is_told_calmly_and_offers_no_first_button(staff):
    waits = make_order(blocked_reason="quota_spent")
    midnight = clock.now() + timedelta(hours=3)
    Quota.objects.create(
        seller=waits.seller, full_at=clock.now(), day="2026-11-01", refused_until=midnight
    )
    SyncJob.objects.filter(order=waits).update(due_at=midnight)
    now = clock.now()
    Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)

    text = staff.get(page(waits)).content.decode()

    panel = text.split('class="module panel why"')[1].split("</section>")[0]
    assert "What it waits for" in panel and "Why is it stuck?" not in panel
    assert "Nothing: it goes on by itself." in panel
    assert ">Open the seller<" in panel
    assert 'class="first"' not in panel
    assert re.findall(r'class="(?:button )?default"', text) == []


def test_money_of_an_order_is_shown_in_rupees_with_its_total(staff):
    location = make_location()
    lines = [line(sku="SOFA", quantity=2, unit_price=Decimal("61728.50"))]
    fields = {
        "lines": lines,
        "shipping_charge": Decimal("40.00"),
        "discount": Decimal("7.00"),
        "collectable_amount": Decimal("123490.00"),
    }
    order = factories.accept(location.seller, "BN-1", facts(location, **fields)).order

    text = staff.get(page(order)).content.decode()

    told = ["₹ 61,728.50", "₹ 1,23,490.00", "₹ 40.00", "₹ 7.00"]
    assert [each for each in told if each not in text] == []
    total = re.search(r"Total.*?readonly\">([^<]*)<", text, re.DOTALL)
    assert total and total[1] == "₹ 1,23,490.00"
    assert "61728.50" not in text


# The timeline, and the way back ---------------------------------------------------------------


def test_searches_by_the_buyers_number_are_one_line_of_the_timeline(staff, order):
    said = "It was looked for by the buyer's phone number."
    record_event("failed", "EasyEcom refused the order.", at=clock.now(), order=order)
    for actor in ("asha", "asha", "olu"):
        record_event("buyer_search", said, at=clock.now(), actor=actor, order=order)

    text = staff.get(page(order)).content.decode()

    entries = text.split('<ol class="timeline">')[1].split("</ol>")[0]
    assert "Its buyer was looked for 3 times, the last one here." in entries
    assert entries.count("buyer search") == 1
    assert '<span class="quiet">olu' in entries
    assert "EasyEcom refused the order." in entries
    # The trail keeps each, and so does the evidence.
    assert Event.objects.filter(kind="buyer_search", order=order).count() == 3
    bundle = zipfile.ZipFile(io.BytesIO(staff.post(page(order, "evidence")).content))
    assert bundle.read("evidence.html").decode().count("looked for by the buyer") == 3


FILTERED = "_changelist_filters=stage%3Dreceived%26q%3DBN"
LIST = reverse_lazy("admin:integration_order_changelist")


def test_way_back_from_an_order_and_its_acts_leads_to_the_list_as_it_was_filtered(staff, order):
    shown = staff.get(f"{page(order)}?{FILTERED}").content.decode()
    retry = f"{page(order, 'retry')}?{FILTERED}"

    assert f'href="{LIST}?stage=received&amp;q=BN">Orders</a>' in shown
    assert f'action="{retry}"' in shown
    assert staff.post(retry).url == f"{page(order)}?{FILTERED}"
    assert staff.post(page(order, "retry")).url == page(order)


def test_breadcrumbs_of_a_page_under_an_order_name_the_list_and_the_order(staff, order):
    text = staff.post(f"{page(order, 'mend')}?{FILTERED}").content.decode()

    crumbs = text.split('<div class="breadcrumbs">')[1].split("</div>")[0]
    assert f'href="{LIST}?stage=received&amp;q=BN">Orders</a>' in crumbs
    assert f'href="{page(order)}?{FILTERED}">{order.order_number}</a>' in crumbs
