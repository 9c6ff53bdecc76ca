"""An order's page while the order moves: it says so at once, and renews itself until it rests."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from booon_console.lib import clock
from integration.models import ApiCall, Hold, Order, SyncJob, Worker
from integration.reconciliation import schedule
from tests.factories import make_order, open_call, pushed, refuse
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db
TRYING = "Trying now…"
POLLS = 'hx-trigger="every 2s"'
Status = SyncJob.Status


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture
def worker() -> Worker:
    now = clock.now()
    return Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)


def url(order: Order, door: str = "change") -> str:
    return reverse(f"admin:integration_order_{door}", args=[order.pk])


def shown(staff: Client, order: Order, **headers: str) -> str:
    return staff.get(url(order), headers=headers).content.decode()


def renewed(staff: Client, order: Order) -> str:
    return shown(staff, order, hx_request="true")


def test_retry_is_said_to_be_tried_at_once_and_the_old_refusal_is_of_the_past(staff, worker):
    order = refuse(make_order(), "Unable to find states for given country Id")
    before = shown(staff, order)
    assert TRYING not in before and POLLS not in before

    page = staff.post(url(order, "retry"), follow=True).content.decode()

    assert f'<p role="status">{TRYING}</p>' in page and POLLS in page
    assert "Why is it stuck?" not in page and "What stood in its way until now" in page
    assert '<li class="first">' not in page
    assert ">Retry<" not in page and "Mend it" not in page
    assert "<noscript>" in page.split('id="live"')[1].split('class="way"')[1]


def test_what_a_hold_keeps_is_not_said_to_be_tried(staff, worker):
    order = refuse(make_order(), "Unable to find states for given country Id")
    Hold.objects.create(seller=order.seller, reason="Fraud", set_by="ravi", set_at=clock.now())

    page = staff.post(url(order, "retry"), follow=True).content.decode()

    assert "It will be tried once the hold is released." in page
    assert TRYING not in page and POLLS not in page
    assert "Why is it stuck?" in page and "is held by ravi: Fraud" in page


def test_page_rests_when_the_order_does(staff, worker):
    order = refuse(make_order())
    staff.post(url(order, "retry"))
    assert POLLS in renewed(staff, order)

    refuse(order, "Tax Rate Not Set")

    part = renewed(staff, order)
    assert POLLS not in part and TRYING not in part
    assert "Tax Rate Not Set" in part and '<li class="first">' in part
    assert "EasyEcom was last asked" not in part


def test_refusal_says_when_easyecom_was_last_asked(staff, worker):
    order = refuse(make_order())
    open_call(order)
    ApiCall.objects.update(is_open=False, outcome="rejected")

    assert ", EasyEcom was last asked" in shown(staff, order)


@pytest.mark.parametrize(
    ("status", "due_in", "is_moving"),
    [
        (Status.PENDING, 0, True),
        (Status.PENDING, -60, True),
        (Status.PENDING, 900, False),
        (Status.PENDING, None, False),
        (Status.IN_DOUBT, 0, True),
        (Status.IN_DOUBT, 900, False),
        (Status.FAILED, None, False),
        (Status.SUCCEEDED, None, False),
        (Status.CANCELLED, None, False),
    ],
)
def test_only_what_is_about_to_be_tried_moves(staff, worker, status, due_in, is_moving):
    order = make_order(blocked_reason="unreachable")
    due = None if due_in is None else clock.now() + timedelta(seconds=due_in)
    SyncJob.objects.filter(order=order).update(status=status, due_at=due)

    assert (POLLS in shown(staff, order)) is is_moving


def test_nothing_moves_while_no_worker_is_at_work(staff):
    assert POLLS not in shown(staff, make_order())


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", "Going out to EasyEcom now…"),
        ("unreachable", TRYING),
        ("in_doubt", "Looking in EasyEcom now…"),
    ],
)
def test_it_says_what_is_being_done(staff, worker, reason, words):
    doubt = {"doubt": "unknown", "doubt_since": clock.now()} if reason == "in_doubt" else {}
    order = make_order(blocked_reason=reason, **doubt)

    assert f'<p role="status">{words}</p>' in shown(staff, order)


def test_comparison_that_was_asked_for_moves_until_it_was_made(staff, worker):
    order = pushed(make_order())
    SyncJob.objects.filter(order=order).update(status=Status.SUCCEEDED, due_at=None)
    schedule.request_order(order, actor="asha")
    assert "Comparing with EasyEcom now…" in shown(staff, order)

    Order.objects.filter(pk=order.pk).update(check_asked_at=None)

    assert POLLS not in shown(staff, order)


def test_what_is_renewed_is_the_part_that_changes_and_no_page(staff, worker):
    order = make_order()

    part = renewed(staff, order)

    assert "<html" not in part and 'id="user-tools"' not in part
    page = shown(staff, order)
    for name in ("lines", "facts", "changes", "shipment", "timeline", "banners"):
        assert f'id="{name}"' in page
        [start] = [piece for piece in part.split("<") if f'id="{name}"' in piece]
        assert 'hx-swap-oob="true"' in start
    assert 'hx-swap-oob="true"' not in page


def test_renewing_keeps_no_session_alive(staff, worker):
    order = make_order()
    shown(staff, order)
    session = staff.session
    session["seen_at"] = session["seen_at"] - 120
    session.save()

    renewed(staff, order)

    assert staff.session["seen_at"] == session["seen_at"]
