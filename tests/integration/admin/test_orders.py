"""The order's list and page: found by what people have in hand, and each act with its right."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration.models import ApiCall, Event, Order, OrderLine, ShipmentDetails, Stage, SyncJob
from tests.factories import make_order, make_shipment, pushed
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integration_order_changelist")


def url_of(order: Order, page: str) -> str:
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
    monkeypatch.setattr("booon_console.search.CAP", 2)

    assert found(staff, q=words) == ["BN-78"]


def test_search_says_when_it_stopped_looking(staff, two, monkeypatch):
    monkeypatch.setattr("booon_console.search.CAP", 2)

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
        "Another order has this courier's AWB number."
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
    monkeypatch.setattr("integration.jobs.wake", woken.append)
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


@pytest.mark.parametrize("page", ["shipment", "withdraw", "retry", "resolve"])
def test_viewer_is_refused(client, page):
    order = make_order()
    before = list(Order.objects.values()), list(SyncJob.objects.values())
    client.force_login(make_viewer())

    assert client.post(url_of(order, page), SHIPMENT).status_code == 403
    assert (list(Order.objects.values()), list(SyncJob.objects.values())) == before


@pytest.mark.parametrize("page", ["shipment", "withdraw", "retry"])
def test_get_is_refused(staff, page):
    assert staff.get(url_of(make_order(), page)).status_code == 405


def unfindable() -> Order:
    order = make_order(push_begun_at=timezone.now())
    order.mark_in_doubt("unknown", timezone.now())
    order.mark_blocked("not_found")
    SyncJob.objects.filter(order=order).update(status="in_doubt", due_at=None)
    return order


REASON = "Looked in Orders and in Failed Orders."


def test_permitted_person_sends_an_order_again_that_nobody_finds(client):
    order = unfindable()
    client.force_login(make_viewer("resolve_order_doubt"))
    assert "send again" in client.get(url_of(order, "change")).content.decode()

    client.post(url_of(order, "resolve"), {"order_number": order.order_number, "reason": REASON})

    order.refresh_from_db()
    assert (order.doubt, order.blocked_reason, order.stage) == ("", "", Stage.RECEIVED)
    assert SyncJob.objects.get(order=order).due_at is not None
    event = Event.objects.get(kind="resolved")
    assert event.actor == "vik"
    assert REASON in event.sentence


@pytest.mark.parametrize(
    "said", [{"order_number": "BN-other"}, {"reason": "short"}, {"reason": ""}]
)
def test_word_about_an_order_needs_its_number_and_a_reason(staff, said):
    order = unfindable()

    staff.post(
        url_of(order, "resolve"), {"order_number": order.order_number, "reason": REASON} | said
    )

    order.refresh_from_db()
    assert order.is_in_doubt


def test_word_about_an_order_that_was_found_meanwhile_changes_nothing(staff):
    order = unfindable()
    order.clear_doubt()
    pushed(order)

    staff.post(url_of(order, "resolve"), {"order_number": order.order_number, "reason": REASON})

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER
    assert not Event.objects.filter(kind="resolved").exists()
