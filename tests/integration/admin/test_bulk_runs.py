"""Bulk runs as staff see them: prepared from a list, looked at, started, stopped, and read."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration.bulk import runs
from integration.models import (
    BulkItem,
    BulkRun,
    Delivery,
    Drain,
    Event,
    Order,
    Product,
    ProductPull,
    Quota,
    SyncJob,
)
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer, person

pytestmark = pytest.mark.django_db

JOBS = reverse("admin:integration_syncjob_changelist")
WHY = {"reason": "EasyEcom has these SKUs now."}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def failed_order(location=None, **fields) -> Order:
    order = make_order(location, blocked_reason="rejected", **fields)
    SyncJob.objects.filter(order=order).update(status="failed", due_at=None)
    return order


def page(run: BulkRun, name: str = "change") -> str:
    return reverse(f"admin:integration_bulkrun_{name}", args=[run.pk])


def prepared(client: Client, model: str = "syncjob", query: str = "") -> BulkRun:
    client.post(reverse(f"admin:integration_{model}_bulk") + query)
    return BulkRun.objects.order_by("-pk")[0]


def test_all_that_match_the_filters_become_a_run_and_nothing_is_asked_for(staff):
    order = failed_order()
    waiting = make_order()

    answer = staff.post(reverse("admin:integration_syncjob_bulk") + "?status=failed")

    run = BulkRun.objects.get()
    assert answer.url == page(run)
    assert [item.job.order for item in run.items.all()] == [order]
    assert run.filters == "status=failed"
    assert set(SyncJob.objects.values_list("status", "wanted")) == {("failed", 1), ("pending", 1)}
    assert waiting.pk not in run.items.values_list("job__order", flat=True)


def test_product_made_meanwhile_changes_the_outlook_once_the_catalog_was_read(staff):
    location = make_location()
    order = failed_order(location)
    order.lines.update(sku="KURTA-NEW")
    read_at = timezone.now() - timedelta(hours=3)
    ProductPull.objects.create(location=location, watermark=read_at, full_began_at=read_at)
    run = prepared(staff, query="?status=failed")
    SyncJob.objects.of_location(location, SyncJob.Kind.PRODUCTS)
    text = staff.get(page(run)).content.decode()
    assert "1 of 1 would end the same way again, as far as is known here" in text
    assert "EasyEcom's catalog lacks KURTA-NEW, as it was read" in unescape(text)
    assert reverse("admin:integration_order_change", args=[order.pk]) in text

    answer = staff.post(page(run, "catalogs"), follow=True)

    text = answer.content.decode()
    assert "1 catalog will be read whole." in text
    assert "The catalogs are being read." in text and 'hx-trigger="every 3s"' in text
    assert ProductPull.objects.get().full_wanted
    ProductPull.objects.update(full_wanted=False, watermark=timezone.now())
    now = timezone.now() + timedelta(minutes=1)
    Product.objects.create(
        sku="KURTA-NEW", seller=location.seller, location=location, seen_at=now, changed_at=now
    )
    staff.post(page(run, "reckon"))

    text = staff.get(page(run)).content.decode()
    assert "would end the same way" not in text and "may go through" in text
    assert run.items.get().outlook == ""


def test_outlook_of_a_run_that_was_started_stays_as_it_was(staff):
    failed_order()
    run = prepared(staff, query="?status=failed")
    staff.post(page(run, "start"), WHY)
    SyncJob.objects.update(status="succeeded")
    Order.objects.update(blocked_reason="")

    staff.post(page(run, "reckon"))

    assert run.items.get().outlook == "rejected"


def test_search_narrows_what_is_frozen(staff):
    failed_order(order_number="BN-A1")
    failed_order(order_number="BN-B1")

    run = prepared(staff, "order", "?q=BN-A&blocked_reason=rejected")

    assert [str(item.job.order) for item in run.items.all()] == ["BN-A1"]


def test_list_offers_it_to_who_may_and_carries_its_filters(staff, client):
    failed_order()
    client.force_login(make_viewer())

    offered = staff.get(JOBS, {"status": "failed"}).content.decode()

    assert 'action="/admin/integration/syncjob/bulk/?status=failed"' in offered
    assert "all that match" not in client.get(JOBS).content.decode()


def test_a_list_of_which_nothing_can_be_asked_for_says_so(staff):
    SyncJob.objects.filter(order=make_order()).update(status="succeeded")

    answer = staff.post(reverse("admin:integration_syncjob_bulk"), follow=True)

    assert not BulkRun.objects.exists()
    assert "None of them can be asked for again" in answer.content.decode()


def test_page_counts_by_reason_and_says_what_would_fail_again_and_what_it_costs(staff):
    seller = make_seller(name="Acme", daily_quota=2)
    location = make_location(seller=seller)
    for _ in range(3):
        failed_order(location)
    Order.objects.filter(pk=failed_order(location).pk).update(blocked_reason="unreachable")
    Quota.objects.create(
        seller=seller, full_at=timezone.now(), day=timezone.localdate(), used_today=1
    )

    text = " ".join(staff.get(page(prepared(staff))).content.decode().split())

    assert "3 of 4 would end the same way again" in text
    assert '<td class="number">3</td><td>EasyEcom refused the order</td>' in text
    assert "may go through" in text
    priced = '<td>Acme</td><td class="number">4</td><td class="number">4</td>'
    assert f'{priced}<td class="number"><span class="badge bad">1</span>' in text


def test_start_asks_for_a_reason_and_wakes_the_drain(staff, django_capture_on_commit_callbacks):
    failed_order()
    run = prepared(staff)

    refused = staff.post(page(run, "start"), {"reason": "short"})
    with django_capture_on_commit_callbacks(execute=True):
        started = staff.post(page(run, "start"), WHY)

    assert "Say a little more: 10 characters or more." in refused.content.decode()
    assert started.url == page(run)
    run.refresh_from_db()
    assert (run.state, run.reason, run.started_by) == ("running", WHY["reason"], "asha")
    assert Drain.objects.get(kind="bulk").queued_at is not None
    assert Event.objects.filter(kind="bulk", actor="asha").count() == 2


def test_operator_prepares_a_large_run_and_an_admin_starts_it(monkeypatch):
    monkeypatch.setattr(runs, "LARGE", 1)
    failed_order()
    failed_order()
    operator, admin = person("operator"), person("admin", "Admin")
    run = prepared(operator)

    refused = operator.post(page(run, "start"), WHY)
    told = operator.get(page(run)).content.decode()
    admin.post(page(run, "start"), WHY)
    paused = operator.post(page(run, "pause"))
    resumed = operator.post(page(run, "resume"))

    assert (refused.status_code, paused.status_code, resumed.status_code) == (403, 302, 403)
    assert "for an Admin to start" in told
    run.refresh_from_db()
    assert (run.frozen_by, run.started_by, run.state) == ("operator", "admin", "paused")


def test_more_than_a_hundred_selected_become_a_run_too(monkeypatch, staff):
    monkeypatch.setattr(runs, "LARGE", 1)
    ids = [failed_order().sync_job.pk, failed_order().sync_job.pk]

    answer = staff.post(JOBS, {"action": "retry", "_selected_action": ids})

    assert answer.url == page(BulkRun.objects.get())
    assert set(SyncJob.objects.values_list("status", flat=True)) == {"failed"}


def test_run_is_paused_resumed_and_cancelled_from_its_page(staff):
    failed_order()
    run = prepared(staff)
    staff.post(page(run, "start"), WHY)
    states = []
    for verb in ("pause", "resume", "cancel", "resume"):
        staff.post(page(run, verb))
        states.append(BulkRun.objects.get().state)

    assert states == ["paused", "running", "cancelled", "cancelled"]
    assert BulkItem.objects.get().result == "left"


def test_progress_alone_is_given_and_refreshes_the_page_once_the_state_changed(staff):
    failed_order()
    run = prepared(staff)
    staff.post(page(run, "start"), WHY)

    same = staff.get(page(run, "progress"), {"state": "running"})
    other = staff.get(page(run, "progress"), {"state": "frozen"})

    text = same.content.decode()
    assert "0 of 1 have their result" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<html" not in text
    assert ("HX-Refresh" in same.headers, other.headers["HX-Refresh"]) == (False, "true")


def test_bar_moves_no_more_once_nothing_does(staff):
    failed_order()
    run = prepared(staff)
    runs.move(run, "cancel", actor="asha")
    runs.drain()

    text = staff.get(page(run)).content.decode()

    assert "1 of 1 have their result" in text
    assert "hx-get" not in text


def test_rows_of_one_result_are_shown_and_all_are_given_as_csv(staff):
    one, other = failed_order(order_number="BN-1"), failed_order(order_number="BN-2")
    run = prepared(staff)
    run.items.filter(job__order=one).update(result="failed", message="=cmd()")
    run.items.filter(job__order=other).update(result="done")

    rows = staff.get(page(run), {"result": "failed"}).context["items"]
    given = staff.get(page(run, "results")).content.decode("utf-8-sig").splitlines()

    assert [str(item.job.order) for item in rows] == ["BN-1"]
    assert len(given) == 3
    assert re.match(r'"Order BN-1","Seller \d+","Failed again","\'=cmd\(\)"', given[1])


def test_staff_of_one_seller_freeze_their_rows_and_see_no_run_with_others(staff):
    mine, foreign = failed_order(), failed_order()
    limited = person("operator", sellers=[mine.seller])
    whole = prepared(staff)

    own = prepared(limited)

    assert [item.job.order for item in own.items.all()] == [mine]
    assert limited.get(page(own)).status_code == 200
    for name in ("change", "progress", "results"):
        answer = limited.get(page(whole, name))
        assert answer.status_code in (302, 404), name
    assert foreign.order_number not in limited.get(page(own)).content.decode()


def test_parked_deliveries_are_replayed_as_a_run(staff):
    location = make_location()
    for status in ("parked", "parked", "applied"):
        Delivery.objects.create(
            location=location, topic="inventory", status=status, received_at=timezone.now()
        )

    run = prepared(staff, "delivery", "?status=parked")

    assert (run.kind, run.size) == ("replay", 2)
    assert "Replay these 2" in staff.get(page(run)).content.decode()


def test_run_of_deliveries_shows_what_the_first_would_change(staff):
    location = make_location()
    for sku in ("A", "B"):
        body = b'{"inventoryData": [{"sku": "%s", "inventory": 4}]}' % sku.encode()
        Delivery.objects.create(
            location=location,
            topic="inventory",
            status="parked",
            body=body,
            received_at=timezone.now(),
        )
    run = prepared(staff, "delivery")

    shown = staff.post(page(run, "preview")).content.decode()

    assert f'action="{page(run, "preview")}"' in staff.get(page(run)).content.decode()
    assert "2 in all" in shown and "<td>B</td>" in shown
    assert set(Delivery.objects.values_list("status", flat=True)) == {"parked"}


def count_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    return len(queries)


def test_page_makes_no_more_queries_for_many_rows_and_sellers_than_for_few(staff):
    for _ in range(2):
        failed_order()
    few = prepared(staff)
    for _ in range(20):
        failed_order()
    many = prepared(staff)
    staff.get(page(few))

    counts = [count_queries(staff, page(run)) for run in (few, many)]

    assert (many.size, few.size) == (22, 2)
    assert counts[0] == counts[1] <= 16
