"""Ticked orders are compared with EasyEcom, and one page shows what came of all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from responses import matchers

from booon_console.roles import OPERATOR, VIEWER
from integration.easyecom.payloads import ist_text
from integration.models import ApiCall, Hold, Order, SyncJob, Worker
from integration.webhooks import processing
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.admin.rows import make_superuser, person
from tests.integration.conftest import API, NOT_FOUND, run
from tests.integration.deliveries import manifest_row

pytestmark = pytest.mark.django_db
LIST = reverse("admin:integration_order_changelist")
PAGE = reverse("admin:integration_order_compared")
FIND = f"{API}/orders/V2/getOrderDetails"
WAITS = "being compared"


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


def assigned(location: Any = None, **fields: Any) -> Order:
    order = pushed(make_order(location, **fields))
    make_shipment(order, assigned_at=timezone.now() - timedelta(hours=1))
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    order.change(stage="carrier_assigned")
    return order


def ask(staff, *orders, query=""):
    ticked = {"action": "compare_selected", "_selected_action": [order.pk for order in orders]}
    return staff.post(LIST + query, ticked, follow=True)


def shows(easyecom, order, *, json):
    of_it = matchers.query_param_matcher({"reference_code": order.order_number}, strict_match=False)
    easyecom.get(FIND, json=json, match=[of_it])


def look_up_all() -> None:
    for job in SyncJob.objects.filter(kind="checks"):
        run(job)
    processing.drain(5)
    # What was looked up a moment ago may still be applied.
    ApiCall.objects.update(started_at=timezone.now() - timedelta(minutes=1))


def cells(answer) -> dict[str, list[str]]:
    """Of each row by its order's number: stage, what EasyEcom shows, what is to be looked at."""
    rows = answer.content.decode().split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    columns = [[each.split("</td>")[0] for each in row.split("<td")[1:]] for row in rows]
    return {row[0].split("</a>")[0].rpartition(">")[2]: row[2:5] for row in columns}


def test_several_orders_are_compared_and_one_page_shows_what_came_of_each(staff, easyecom):
    well = assigned(order_number="BN-1")
    gone = assigned(well.location, order_number="BN-2")
    shipped = assigned(order_number="BN-3")
    missing = assigned(shipped.location, order_number="BN-4")
    new = make_order(order_number="BN-5")
    now = timezone.now()
    Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)
    shows(easyecom, well, json={"code": 200, "data": [there(well)]})
    cancelled = {"order_status": "Cancelled"}
    shows(easyecom, gone, json={"code": 200, "data": [there(gone) | cancelled]})
    ago = ist_text(timezone.now() - timedelta(hours=20))
    shows(easyecom, shipped, json={"code": 200, "data": [manifest_row(shipped, manifest_date=ago)]})
    shows(easyecom, missing, json=NOT_FOUND)

    answer = ask(staff, well, gone, shipped, missing, new, query="?q=BN-")

    assert answer.redirect_chain[0][0].startswith(PAGE)
    assert [WAITS in shown for _, shown, _ in cells(answer).values()] == [*[True] * 4, False]
    text = answer.content.decode()
    assert "<strong>0</strong> of 5 to be looked at. <strong>4</strong> wait for EasyEcom" in text
    assert 'hx-trigger="every 2s"' in text
    # Back to the list as it was filtered.
    assert f'<a href="{LIST}?q=BN-">Orders</a>' in text

    look_up_all()
    answer = staff.get(answer.redirect_chain[0][0])

    found = cells(answer)
    assert WAITS not in answer.content.decode()
    assert 'hx-trigger="every 2s"' not in answer.content.decode()
    assert "<strong>3</strong> of 5 to be looked at" in answer.content.decode()
    assert set(list(found)[:3]) == {"BN-2", "BN-3", "BN-4"}
    stage, shown, to_look_at = found["BN-1"]
    assert "Carrier assigned" in stage and "EasyEcom shows it: " in shown
    assert to_look_at.endswith("nothing")
    assert "Cancelled at EasyEcom" in found["BN-2"][0] and "Cancelled there" in found["BN-2"][2]
    assert "Manifested" in found["BN-3"][0] and "the webhook had not come" in found["BN-3"][2]
    assert "shows no order of this number" in found["BN-4"][2]
    assert "EasyEcom does not have it yet" in found["BN-5"][1]
    assert found["BN-5"][2].endswith("nothing")


def there(order: Order) -> dict[str, Any]:
    """As a look-up shows one that is not manifested yet."""
    row = manifest_row(order)
    return row | {"manifest_date": None, "manifest_no": None, "order_status": "Confirmed"}


def test_partly_cancelled_and_what_easyecom_notes_are_to_be_looked_at(staff):
    lines = [{"sku": "A", "quantity": 3, "cancelled": 2, "shipped": 0}]
    order = assigned(order_number="BN-1")
    order.change(cancelled_lines=lines, easyecom_note="It is on hold in EasyEcom.")

    _, shown, to_look_at = cells(staff.get(PAGE, {"orders": order.pk}))["BN-1"]

    assert "Not looked up yet." in shown
    assert "Partly cancelled there: 2 of 3 A." in to_look_at
    assert "It is on hold in EasyEcom." in to_look_at


def test_page_asks_no_more_for_many_orders_than_for_few(staff):
    orders = [looked_up(assigned()) for _ in range(12)]

    def count(rows) -> int:
        with CaptureQueriesContext(connection) as asked:
            answer = staff.get(PAGE, {"orders": ",".join(str(each.pk) for each in rows)})
        assert len(cells(answer)) == len(rows)
        return len(asked)

    count(orders[:1])  # The first page of all warms caches.

    assert count(orders) == count(orders[:2])


def looked_up(order: Order) -> Order:
    ApiCall.objects.create(
        job=order.sync_job,
        seller=order.seller,
        location=order.location,
        order=order,
        kind="find_order",
        is_write=False,
        is_open=False,
        method="GET",
        path="/x",
        outcome="done",
        message="EasyEcom shows it: InvoiceID 7.",
        started_at=timezone.now() - timedelta(minutes=1),
    )
    return order


def test_what_is_renewed_is_the_table_alone(staff):
    order = looked_up(assigned(order_number="BN-1"))

    part = staff.get(PAGE, {"orders": order.pk}, headers={"HX-Request": "true"}).content.decode()

    assert "InvoiceID 7" in part and 'id="compared"' in part
    assert "<html" not in part


def test_it_is_renewed_no_more_while_nobody_works(staff):
    order = assigned()
    Order.objects.update(check_asked_at=timezone.now())

    text = staff.get(PAGE, {"orders": order.pk}).content.decode()

    assert WAITS in text and "hx-trigger" not in text.split('id="compared"')[1]


@pytest.mark.parametrize("why", ["later", "held", "all held"])
def test_look_ups_that_come_at_another_time_say_when_and_are_not_waited_for(staff, why):
    order, soon = assigned(order_number="BN-1"), assigned(order_number="BN-2")
    now = timezone.now()
    Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)
    Order.objects.filter(pk=order.pk).update(check_asked_at=now)
    job = SyncJob.objects.of_location(order.location, SyncJob.Kind.CHECKS)
    midnight = datetime(2099, 11, 28, 18, 30, tzinfo=UTC)
    due_at = midnight if why == "later" else now
    SyncJob.objects.filter(pk=job.pk).update(status="pending", due_at=due_at)
    if why != "later":
        seller = order.seller if why == "held" else None
        Hold.objects.create(seller=seller, reason="Fraud", set_at=now, set_by="asha")

    answer = staff.get(PAGE, {"orders": f"{order.pk},{soon.pk}"})

    said = (
        "waits until 29 Nov, 00:00 IST" if why == "later" else "nothing goes out while it is held"
    )
    assert said in cells(answer)["BN-1"][1]
    assert 'hx-trigger="every 2s"' not in answer.content.decode()
    # What is known of the others is not kept behind them.
    soon.change(easyecom_note="It is on hold in EasyEcom.")
    assert list(cells(staff.get(PAGE, {"orders": f"{order.pk},{soon.pk}"}))) == ["BN-2", "BN-1"]


def test_they_are_compared_again_from_the_page(staff):
    orders = [assigned(), assigned()]
    text = staff.get(PAGE, {"orders": ",".join(str(each.pk) for each in orders)}).content.decode()
    form = text[text.index('value="compare_selected"') :].split("</form>")[0]
    assert all(f'name="_selected_action" value="{each.pk}"' in form for each in orders)

    ask(staff, *orders)

    assert Order.objects.filter(check_asked_at__isnull=False).count() == 2
    # Who may not ask sees the page, without the button.
    seen = person("vina", VIEWER).get(PAGE, {"orders": orders[0].pk}).content.decode()
    assert orders[0].order_number in seen and "Compare again" not in seen


def test_orders_of_other_sellers_are_not_there():
    mine = make_seller(code="mine")
    own, foreign = assigned(make_location(seller=mine)), assigned()

    text = (
        person("ravi", OPERATOR, [mine])
        .get(PAGE, {"orders": f"{own.pk},{foreign.pk}"})
        .content.decode()
    )

    assert own.order_number in text and foreign.order_number not in text


@pytest.mark.parametrize("typed", ["", "x", ",", "-1", "٣", "9" * 19, "1,%00", "999"])
def test_address_may_name_orders_that_are_none(staff, typed):
    answer = staff.get(PAGE, {"orders": typed})

    assert answer.status_code == 200
    assert "None of these orders is there" in answer.content.decode()
