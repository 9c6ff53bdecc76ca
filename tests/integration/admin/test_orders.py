"""The order's list and page: found by what people have in hand, and each act with its right."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration.models import (
    ApiCall,
    Change,
    Event,
    Order,
    OrderLine,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from sellers.models import Location
from tests.factories import awb_conflict, make_order, make_shipment, pushed
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integration_order_changelist")


def url_of(order: Order, page: str = "change") -> str:
    return reverse(f"admin:integration_order_{page}", args=[order.pk])


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def found(staff: Client, **params: str) -> list[str]:
    rows = staff.get(LIST, params).context["cl"].result_list
    return sorted(order.order_number for order in rows)


@pytest.fixture
def two(db) -> tuple[Order, Order]:
    first = pushed(make_order(order_number="BN-77"))
    second = pushed(make_order(order_number="BN-78"))
    first.change(easyecom_order_id="5001", easyecom_invoice_id="6001")
    second.change(easyecom_order_id="5002", easyecom_invoice_id="6002")
    make_shipment(first, awb_number="AWB-1")
    OrderLine.objects.filter(order=second).update(sku="SAREE-1")
    OrderLine.objects.create(
        order=second, position=1, line_id="2", sku="SAREE-2", quantity=1, unit_price=1
    )
    return first, second


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("BN-77", ["BN-77"]),
        ("BN-7", ["BN-77", "BN-78"]),
        ("5002", ["BN-78"]),
        ("6001", ["BN-77"]),
        ("AWB", ["BN-77"]),
        ("SAREE-", ["BN-78"]),
        ("BN-7 SAREE", ["BN-78"]),
        ("BN-77 SAREE", []),
        ("bn-77", []),
        ("N-77", []),
        ("%", []),
        ("_N-7", []),
    ],
)
def test_search_finds_what_begins_so_and_nothing_twice(staff, two, words, numbers):
    assert found(staff, q=words) == numbers


@pytest.mark.parametrize("words", ["BN-78 BN-7", "BN-7 BN-78", "BN-7 BN-7 SAREE-2"])
def test_word_with_too_many_matches_still_narrows(staff, two, monkeypatch, words):
    monkeypatch.setattr("booon_console.lib.search.CAP", 2)

    assert found(staff, q=words) == ["BN-78"]


def test_search_says_when_it_stopped_looking(staff, two, monkeypatch):
    monkeypatch.setattr("booon_console.lib.search.CAP", 2)

    answer = staff.get(LIST, {"q": "BN-7"})

    assert "matches were looked at" in answer.content.decode()


def test_search_never_scans(staff, two):
    with CaptureQueriesContext(connection) as queries:
        staff.get(LIST, {"q": "BN-7"})

    text = " ".join(query["sql"] for query in queries)
    assert "LIKE '%" not in text
    assert "UPPER(" not in text


def test_filters_by_stage_reason_and_seller(staff, two):
    first, second = two
    second.change(stage=Stage.CARRIER_ASSIGNED)
    first.mark_blocked("rejected")

    assert found(staff, stage="carrier_assigned") == ["BN-78"]
    assert found(staff, blocked_reason="rejected") == ["BN-77"]
    assert found(staff, seller=second.seller.code) == ["BN-78"]
    assert found(staff, seller="nobody") == []


LONG = "Pincode 500034 is not in zone W-7 of this plan, says the courier of the day (ref 88213)"


def reason_in_list(staff, order) -> str:
    text = staff.get(LIST).content.decode()
    row = text[text.index(f">{order}</a>") :]
    return row.split('<td class="field-reason">')[1].split("</td>")[0]


def test_list_asks_the_database_no_more_for_many_refusals_than_for_one(staff):
    def refuse_one(n: int) -> None:
        words = [{"line_id": "1", "sku": "A", "message": f"Tax Rate Not Set {n}"}]
        make_order(blocked_reason="rejected", blocked_detail="Error", refused_lines=words)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            text = staff.get(LIST).content.decode()
        assert "Tax Rate Not Set 0" in text
        return len(asked)

    refuse_one(0)
    queries()  # The first page of all warms caches.
    few = queries()
    for n in range(1, 20):
        refuse_one(n)

    assert queries() == few <= (13 if connection.vendor == "postgresql" else 12)


@pytest.mark.parametrize("reason", ["rejected", "number_taken", "awb_rejected", "access_forbidden"])
def test_list_shows_easyecoms_words_of_a_refusal(staff, reason):
    order = make_order(blocked_reason=reason, blocked_detail='No <b>"such"</b> thing')

    cell = reason_in_list(staff, order)

    assert ">No &lt;b&gt;&quot;such&quot;&lt;/b&gt; thing</div>" in cell


def test_long_words_are_cut_in_the_list_and_whole_in_the_title(staff):
    cell = reason_in_list(staff, make_order(blocked_reason="rejected", blocked_detail=LONG))

    assert f'title="{LONG}">{LONG[:69]}…</div>' in cell


def test_of_a_refusal_by_line_the_list_says_what_is_wrong_with_the_lines(staff):
    order = make_order(
        blocked_reason="rejected",
        blocked_detail="Error creating order: A: Tax Rate Not Set",
        refused_lines=[
            {"line_id": "1", "sku": "A", "message": "Tax Rate Not Set"},
            {"line_id": "2", "sku": "B", "message": "Tax Rate Not Set"},
            {"line_id": "3", "sku": "C", "message": "SKU is not active"},
        ],
    )

    assert ">Tax Rate Not Set; SKU is not active</div>" in reason_in_list(staff, order)


@pytest.mark.parametrize(
    "fields",
    [
        {"blocked_reason": "unreachable", "blocked_detail": "POST /x stopped"},
        {"blocked_reason": "credentials_refused", "blocked_detail": "POST /x stopped"},
        {"blocked_reason": "held", "blocked_detail": "Fraud"},
        {"blocked_reason": "rejected", "blocked_detail": ""},
        # Of a refusal that is over.
        {"refused_lines": [{"line_id": "1", "sku": "A", "message": "Tax Rate Not Set"}]},
    ],
)
def test_list_quotes_nothing_that_easyecom_did_not_say(staff, fields):
    assert "easyecoms" not in reason_in_list(staff, make_order(**fields))


def test_page_shows_lines_the_timeline_and_a_masked_buyer(staff):
    order = pushed(make_order())
    order.mark_blocked("rejected", "product/sku does not exist")
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
        message="EasyEcom refused it.",
        started_at=timezone.now(),
    )

    page = staff.get(url_of(order, "change")).content.decode()

    assert "KURTA-RED-M" in page
    assert "EasyEcom refused the order. product/sku does not exist" in page
    assert "Create Order" in page
    assert "A•••" in page
    assert "•••00" in page
    assert "Pune 411001" in page
    for hidden in ("Asha", "9811100000", "Lake Road", "asha@buyer.test"):
        assert hidden not in page


def test_text_from_outside_is_escaped(staff):
    order = make_order()
    OrderLine.objects.filter(order=order).update(name="<script>alert(1)</script>")

    page = staff.get(url_of(order, "change")).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://x.test/l", "data:text/html,x"])
def test_only_https_becomes_a_link(staff, url):
    order = make_order()
    make_shipment(order, label_url=url)

    assert f'href="{url}"' not in staff.get(url_of(order, "change")).content.decode()


SHIPMENT = {"courier": "Delhivery", "awb_number": "AWB-9", "label_url": "https://l.test/1.pdf"}


def test_shipment_details_are_given_by_name(staff):
    order = pushed(make_order())
    SyncJob.objects.update(status="succeeded", due_at=None)

    staff.post(url_of(order, "shipment"), SHIPMENT)

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.courier, shipment.awb_number) == ("Delhivery", "AWB-9")
    assert SyncJob.objects.get(order=order).status == "pending"
    assert Event.objects.get(order=order, kind="shipment").actor == "asha"


def test_awb_of_another_order_is_an_error_on_its_field(staff):
    make_shipment(make_order(), awb_number="AWB-9")
    order = pushed(make_order())

    answer = staff.post(url_of(order, "shipment"), SHIPMENT)

    assert answer.context["form"].errors["awb_number"] == [
        "Another order that is not manifested yet has this courier's AWB number. "
        "One of the two is wrong."
    ]
    assert not ShipmentDetails.objects.filter(order=order).exists()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://x.test", "x\x00y", "a b"])
def test_shipment_url_that_is_not_https_is_an_error_on_its_field(staff, url):
    order = pushed(make_order())

    answer = staff.post(url_of(order, "shipment"), SHIPMENT | {"label_url": url})

    assert "label_url" in answer.context["form"].errors


def test_unsent_order_is_withdrawn(staff):
    order = make_order()

    staff.post(url_of(order, "withdraw"))

    order.refresh_from_db()
    assert order.stage == Stage.WITHDRAWN
    assert Event.objects.filter(order=order, actor="asha").exists()


def test_sent_order_is_not_withdrawn_and_says_why(staff):
    order = pushed(make_order())

    answer = staff.post(url_of(order, "withdraw"))

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER
    (message,) = get_messages(answer.wsgi_request)
    assert "can't be changed or withdrawn" in str(message)


def test_retry_makes_the_job_due_and_wakes_after_commit(
    staff, django_capture_on_commit_callbacks, monkeypatch
):
    woken: list[str] = []
    monkeypatch.setattr("integration.sync.wakeup.wake", woken.append)
    order = make_order()
    later = timezone.now() + timedelta(hours=1)
    SyncJob.objects.update(status="failed", due_at=later)

    with django_capture_on_commit_callbacks(execute=True):
        staff.post(url_of(order, "retry"))

    job = SyncJob.objects.get(order=order)
    assert job.status == "pending"
    assert job.due_at < later
    assert Event.objects.get(kind="retry").actor == "asha"
    assert woken == ["outbox"]


@pytest.mark.parametrize(
    "page", ["shipment", "use_awb", "replace_awb", "mend", "withdraw", "retry", "resolve"]
)
def test_viewer_is_refused(client, page):
    order = make_order()
    before = list(Order.objects.values()), list(SyncJob.objects.values())
    client.force_login(make_viewer())

    assert client.post(url_of(order, page), SHIPMENT).status_code == 403
    assert (list(Order.objects.values()), list(SyncJob.objects.values())) == before


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("page", ["shipment", "use_awb", "mend", "withdraw", "retry", "buyer"])
def test_address_of_an_act_leads_to_its_order_and_does_nothing(staff, method, page):
    """By Back, by a bookmark, or typed."""
    order = make_order()
    before = list(Order.objects.values()), list(SyncJob.objects.values())

    answer = getattr(staff, method)(url_of(order, page))

    assert (answer.status_code, answer.url) == (302, url_of(order, "change"))
    assert (list(Order.objects.values()), list(SyncJob.objects.values())) == before
    assert not Event.objects.exists()
    assert staff.put(url_of(order, page)).status_code == 405


def test_address_of_a_bulk_act_leads_to_the_list_as_it_is_filtered(staff):
    answer = staff.get(reverse("admin:integration_order_bulk"), {"stage": "received"})

    assert answer.url == f"{reverse('admin:integration_order_changelist')}?stage=received"


@pytest.mark.parametrize("name", ["logout", "take_back", "save_view"])
def test_other_acts_lead_to_the_front_page(staff, name):
    answer = staff.get(reverse(f"admin:{name}"))

    assert (answer.status_code, answer.url) == (302, reverse("admin:index"))
    assert staff.get(reverse("admin:index")).status_code == 200


def unfindable(location: Location | None = None) -> Order:
    order = make_order(location, push_begun_at=timezone.now())
    order.mark_in_doubt("unknown", timezone.now())
    order.mark_blocked("not_found")
    SyncJob.objects.filter(order=order).update(status="in_doubt", due_at=None)
    return order


REASON = "Looked in Orders and in Failed Orders."


def say(client: Client, order: Order, **said: str) -> Any:
    sure = {"order_number": order.order_number, "reason": REASON}
    return client.post(url_of(order, "resolve"), sure | said)


def test_permitted_person_sends_an_order_again_that_nobody_finds(client):
    order = unfindable()
    client.force_login(make_viewer("resolve_order_doubt"))
    assert "Say what EasyEcom shows" in client.get(url_of(order, "change")).content.decode()

    say(client, order, answer="not_there")

    order.refresh_from_db()
    assert (order.doubt, order.blocked_reason, order.stage) == ("", "", Stage.RECEIVED)
    assert SyncJob.objects.get(order=order).due_at is not None
    event = Event.objects.get(kind="resolved")
    assert event.actor == "vik"
    assert REASON in event.sentence


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"order_number": "BN-other"}, "order_number"),
        ({"reason": "short"}, "reason"),
        ({"reason": ""}, "reason"),
        ({"answer": ""}, "answer"),
        ({"answer": "awb_there"}, "answer"),
        ({"invoice_id": "91"}, "answer"),
        ({"answer": "there"}, "invoice_id"),
        ({"answer": "there", "invoice_id": "EE-91"}, "invoice_id"),
    ],
)
def test_word_about_an_order_says_what_is_missing(staff, said, field):
    order = unfindable()

    answer = say(staff, order, **{"answer": "not_there"} | said)

    assert field in answer.context["form"].errors
    order.refresh_from_db()
    assert order.is_in_doubt


@pytest.mark.parametrize("reason", ["not_found", "number_taken", "conflict"])
def test_order_that_a_person_finds_in_failed_orders_goes_on_with_its_ids(staff, reason):
    order = unfindable()
    order.mark_blocked(reason)

    say(staff, order, answer="there", invoice_id="91", order_id="81")

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason, order.doubt) == (Stage.AWAITING_CARRIER, "", "")
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == ("81", "91")
    assert "InvoiceID 91" in Event.objects.get(kind="resolved").sentence


def test_invoice_of_another_order_is_not_taken_for_this_one(staff):
    other = pushed(make_order())
    order = unfindable(other.location)

    answer = say(staff, order, answer="there", invoice_id=other.easyecom_invoice_id)

    assert "invoice_id" in answer.context["form"].errors
    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == (Stage.RECEIVED, "not_found")


@pytest.mark.parametrize("reason", ["not_found", "number_taken", "conflict"])
def test_order_that_is_not_there_and_shall_not_go_there_is_withdrawn(staff, reason):
    order = unfindable()
    order.mark_blocked(reason)

    say(staff, order, answer="withdraw")

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason, order.doubt) == (Stage.WITHDRAWN, "", "")
    assert SyncJob.objects.get(order=order).status == SyncJob.Status.CANCELLED
    assert Change.objects.get(order=order).data["stage"] == "withdrawn"


def test_order_is_not_sent_beside_another_of_its_number(staff):
    order = unfindable()
    order.mark_blocked("conflict")

    answer = say(staff, order, answer="not_there")

    assert "answer" in answer.context["form"].errors


@pytest.mark.parametrize(
    ("word", "stage"),
    [("awb_there", Stage.CARRIER_ASSIGNED), ("awb_not_there", Stage.AWAITING_CARRIER)],
)
def test_person_says_whether_an_order_has_its_awb(staff, word, stage):
    order = pushed(make_order())
    make_shipment(order, assign_begun_at=timezone.now())
    order.mark_in_doubt("awb_unknown", timezone.now())
    order.mark_blocked("not_found")
    assert "AWB" in staff.get(url_of(order, "resolve")).content.decode()

    say(staff, order, answer=word)

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.blocked_reason) == (stage, "", "")
    assert SyncJob.objects.get(order=order).due_at is not None


def test_nothing_is_asked_about_an_order_that_moves_on_by_itself(staff):
    order = make_order()

    assert staff.get(url_of(order, "resolve")).status_code == 302
    assert "resolve" not in staff.get(url_of(order, "change")).content.decode()


def test_word_about_an_order_that_was_found_meanwhile_changes_nothing(staff):
    order = unfindable()
    order.clear_doubt()
    pushed(order)

    say(staff, order, answer="not_there")

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER
    assert not Event.objects.filter(kind="resolved").exists()


# Two AWBs --------------------------------------------------------------------------------------

REPLACED = {
    "courier": "Delhivery",
    "awb_number": "OURS-1",
    "replaces": "xb-55120",
    "reason": "The seller read ours off the parcel.",
}


def test_awb_conflict_offers_its_two_ways_out_and_no_retry(staff):
    order = awb_conflict(pushed(make_order()), "XB-55120")

    text = staff.get(url_of(order, "change")).content.decode()

    assert "Use EasyEcom&#x27;s: XB-55120" in text
    assert url_of(order, "replace_awb") in text
    assert url_of(order, "retry") not in text


def test_operator_who_may_not_give_awbs_has_the_console_look_again(client):
    client.force_login(make_viewer("retry_syncjob"))
    order = awb_conflict(pushed(make_order()), "XB-55120")

    text = client.get(url_of(order, "change")).content.decode()

    assert ">Look again<" in text
    assert "XB-55120" in text and "Use EasyEcom" not in text


@pytest.mark.parametrize(
    ("courier", "kept"), [("Xpress", "Xpress"), ("", "Delhivery"), ("ops@x.test", "Delhivery")]
)
def test_easyecoms_awb_is_used_and_nothing_is_sent(staff, courier, kept):
    order = awb_conflict(pushed(make_order()), "XB-55120")
    held = [{"courier": courier, "awb_number": "XB-55120"}]
    ShipmentDetails.objects.update(at_easyecom=held, label_url="https://l.test/ours.pdf")

    staff.post(url_of(order, "use_awb"), {"awb_number": "XB-55120"})

    order = Order.objects.select_related("shipment").get()
    assert (order.stage, order.doubt, order.blocked_reason) == (Stage.CARRIER_ASSIGNED, "", "")
    assert (order.shipment.courier, order.shipment.awb_number) == (kept, "XB-55120")
    assert order.shipment.label_url == ""
    assert Event.objects.get(kind="shipment").actor == "asha"


@pytest.mark.parametrize("awb", ["", "ANOTHER"])
def test_no_other_awb_is_used_than_one_that_easyecom_shows(staff, awb):
    order = awb_conflict(pushed(make_order()), "XB-55120")

    staff.post(url_of(order, "use_awb"), {"awb_number": awb})

    assert Order.objects.get().is_in_doubt


def test_ours_replaces_easyecoms_once_that_is_typed_with_a_reason(
    staff, monkeypatch, django_capture_on_commit_callbacks
):
    woken: list[str] = []
    monkeypatch.setattr("integration.sync.wakeup.wake", woken.append)
    order = awb_conflict(pushed(make_order()), "XB-55120")
    assert "XB-55120" in staff.get(url_of(order, "replace_awb")).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        staff.post(url_of(order, "replace_awb"), REPLACED)

    order = Order.objects.select_related("shipment").get()
    assert (order.stage, order.doubt, order.blocked_reason) == (Stage.AWAITING_CARRIER, "", "")
    assert (order.shipment.awb_number, order.shipment.assign_begun_at) == ("OURS-1", None)
    assert REPLACED["reason"] in Event.objects.get(kind="shipment").sentence
    assert woken == ["outbox"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"replaces": "XB-1"}, "replaces"),
        ({"replaces": ""}, "replaces"),
        ({"reason": "ok"}, "reason"),
    ],
)
def test_replacing_says_what_is_missing(staff, said, field):
    order = awb_conflict(pushed(make_order()), "XB-55120")

    answer = staff.post(url_of(order, "replace_awb"), REPLACED | said)

    assert field in answer.context["form"].errors
    assert Order.objects.get().is_in_doubt


@pytest.mark.parametrize("said", [{}, {"reason": ""}])
def test_who_replaces_an_awb_is_told_that_somebody_else_decided_meanwhile(staff, said):
    """And whoever sends it once more means it."""
    order = awb_conflict(pushed(make_order()), "XB-55120")
    drawn = staff.get(url_of(order, "replace_awb")).context["form"]["seen"].value()
    meera = Client()
    meera.force_login(User.objects.create_superuser("meera", password="pw"))
    meera.post(url_of(order, "use_awb"), {"awb_number": "XB-55120"})

    answer = staff.post(url_of(order, "replace_awb"), REPLACED | said | {"seen": drawn})

    assert "meera gave" in answer.content.decode()
    shipment = ShipmentDetails.objects.get()
    assert shipment.awb_number == "XB-55120"
    seen = answer.context["form"]["seen"].value()
    staff.post(url_of(order, "replace_awb"), REPLACED | {"seen": seen})
    shipment.refresh_from_db()
    assert shipment.awb_number == "OURS-1"


def test_conflict_that_is_over_is_not_settled_again(staff):
    order = pushed(make_order())
    make_shipment(order)

    for door, said in (("use_awb", {"awb_number": "XB-55120"}), ("replace_awb", REPLACED)):
        assert staff.post(url_of(order, door), said).status_code == 302
    assert not Event.objects.exists()


# Replacing what EasyEcom took ------------------------------------------------------------------

ANOTHER = {
    "courier": "Bluedart",
    "awb_number": "7701",
    "replaces": "8901",
    "reason": "The courier missed the pickup.",
}


def with_awb():
    order = pushed(make_order())
    now = timezone.now()
    make_shipment(order, awb_number="8901", assign_begun_at=now, assigned_at=now)
    order.change(stage=Stage.CARRIER_ASSIGNED)
    return order


def test_awb_that_easyecom_took_is_replaced_on_the_orders_page(staff):
    order = with_awb()
    assert url_of(order, "replace_awb") in staff.get(url_of(order)).content.decode()
    asked = staff.get(url_of(order, "replace_awb")).content.decode()
    assert "EasyEcom has 8901 (Delhivery)." in asked

    staff.post(url_of(order, "replace_awb"), ANOTHER)

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.awb_number, shipment.replaces, shipment.assigned_at) == ("7701", "8901", None)
    text = staff.get(url_of(order)).content.decode()
    assert "not yet: EasyEcom has 8901" in text
    assert "The courier missed the pickup." in text
    found = staff.get("/admin/integration/order/", {"q": "8901"}).content.decode()
    assert order.order_number in found


def test_label_is_added_on_the_orders_page(staff):
    order = with_awb()
    given = {"courier": "Delhivery", "awb_number": "8901", "label_url": "https://l.test/1.pdf"}

    staff.post(url_of(order, "shipment"), given)

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.label_url, shipment.has_new_links) == ("https://l.test/1.pdf", True)


def test_damaged_awb_is_refused_by_name_on_the_orders_page(staff):
    order = pushed(make_order())

    answer = staff.post(url_of(order, "shipment"), {"courier": "DTDC", "awb_number": "9.87655E+11"})

    assert "what Excel makes of a number" in answer.content.decode()
    assert not ShipmentDetails.objects.exists()


def seen_on(answer) -> str:
    return re.search(r'name="seen" value="([^"]+)"', answer.content.decode())[1]


def test_second_of_two_people_is_told_of_the_first_before_anything_is_replaced(staff):
    order = pushed(make_order())
    page = reverse("admin:integration_order_change", args=[order.pk])
    url = reverse("admin:integration_order_shipment", args=[order.pk])
    seen = seen_on(staff.get(page))
    bela = Client()
    bela.force_login(User.objects.create_superuser("bela", "bela@booon.test", "pw"))
    bela.post(url, {"courier": "Delhivery", "awb_number": "AAA1", "seen": seen})

    answer = staff.post(url, {"courier": "BlueDart", "awb_number": "BBB2", "seen": seen})

    text = answer.content.decode()
    assert "bela gave Delhivery, AWB AAA1 just now. Replace it?" in text
    assert 'value="Replace it"' in text and 'value="BBB2"' in text
    assert ShipmentDetails.objects.get().awb_number == "AAA1"

    meant = {"courier": "BlueDart", "awb_number": "BBB2", "seen": seen_on(answer)}
    assert staff.post(url, meant).status_code == 302
    assert ShipmentDetails.objects.get().awb_number == "BBB2"
    sentences = order.events.filter(kind="shipment").values_list("sentence", flat=True)
    assert "Changed: Delhivery, AWB AAA1 → BlueDart, AWB BBB2." in sentences


def test_same_details_sent_twice_are_one_act(staff):
    order = pushed(make_order())
    url = reverse("admin:integration_order_shipment", args=[order.pk])
    given = {"courier": "Delhivery", "awb_number": "AAA1", "seen": "none"}

    assert [staff.post(url, given).status_code for _ in range(2)] == [302, 302]

    assert order.events.filter(kind="shipment").count() == 1
