"""Orders that are ticked in the list: tried again, compared, taken to the AWB desk or away."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from booon_console.roles import ADMIN, OPERATOR, VIEWER
from integration.admin import awb_desk, order_selection
from integration.bulk import runs
from integration.models import BulkRun, Event, Hold, Order, SyncJob
from tests.factories import make_order, make_seller, make_shipment, pushed
from tests.integration.admin.rows import person

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LIST = reverse("admin:integration_order_changelist")
DESK = reverse("admin:integration_order_awbs")


def ask(client, action, orders, follow=True):
    ticked = {"action": action, "_selected_action": [order.pk for order in orders]}
    return client.post(LIST, ticked, follow=follow)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def stuck():
    order = make_order()
    order.change(blocked_reason="rejected", blocked_since=timezone.now())
    SyncJob.objects.filter(order=order).update(status="failed", due_at=None)
    return order


def offered(client):
    make_order()
    form = client.get(LIST).context["action_form"]
    return {name for name, _ in form.fields["action"].choices if name} if form else set()


def test_each_act_is_offered_to_whoever_has_its_button_on_the_page():
    for_all = {"retry_selected", "compare_selected", "give_awbs"}

    assert offered(person("vina", VIEWER)) == set()
    assert offered(person("olu")) == for_all | takes(OPERATOR)
    assert offered(person("asha", ADMIN)) == for_all | {"take_csv", "take_xlsx"}


def takes(role):
    may = Group.objects.get(name=role).permissions.filter(codename="export_list").exists()
    return {"take_csv", "take_xlsx"} if may else set()


def test_what_stands_still_is_tried_again_and_what_is_well_is_left():
    one, two, other, well = stuck(), stuck(), stuck(), pushed(make_order())
    SyncJob.objects.filter(order=well).update(status="succeeded", due_at=None)

    answer = ask(person("olu"), "retry_selected", [one, two, well])

    due = SyncJob.objects.filter(due_at__isnull=False).values_list("order", flat=True)
    assert set(due) == {one.pk, two.pk}
    assert other.pk not in due
    assert said(answer) == ["2 will be tried again.", "Nothing stands in the way of 1."]


def waits_for_its_awb():
    order = pushed(make_order())
    order.change(blocked_reason="awb_late", blocked_since=timezone.now())
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def test_orders_of_which_nothing_is_left_to_be_sent_are_counted_apart_and_left():
    one, waits = stuck(), waits_for_its_awb()
    doubtful = waits_for_its_awb()
    make_shipment(doubtful)
    doubtful.change(doubt="awb_unknown", doubt_since=timezone.now(), blocked_reason="in_doubt")

    answer = ask(person("olu"), "retry_selected", [one, waits, doubtful])

    due = SyncJob.objects.filter(due_at__isnull=False).values_list("order", flat=True)
    assert set(due) == {one.pk, doubtful.pk}
    left = "Nothing is left to be sent of 1: Booon's AWB is awaited, or the manifest."
    assert said(answer) == ["2 will be tried again.", left]
    assert said(ask(person("asha", ADMIN), "retry_selected", [waits])) == [left]


def test_button_the_ticked_rows_and_the_bulk_run_agree_on_what_has_nothing_to_be_sent(monkeypatch):
    monkeypatch.setattr(runs, "LARGE", 1)
    client, orders = person("olu"), [stuck(), waits_for_its_awb()]

    pages = [
        client.get(reverse("admin:integration_order_change", args=[each.pk])).content.decode()
        for each in orders
    ]
    ask(client, "retry_selected", orders, follow=False)

    assert [">Retry<" in page for page in pages] == [True, False]
    items = BulkRun.objects.get().items.order_by("pk")
    assert [(item.outlook, item.calls) for item in items] == [
        ("rejected", 1),
        ("nothing_to_send", 0),
    ]
    retry = reverse("admin:integration_order_retry", args=[orders[1].pk])
    assert said(client.post(retry, follow=True)) == [
        "Nothing is left to be sent: it waits for Booon's AWB, or for its manifest."
    ]
    assert not SyncJob.objects.get(order=orders[1]).due_at


def test_held_orders_are_said_to_be_tried_once_the_hold_is_released():
    held, free = stuck(), stuck()
    hold = Hold.objects.create(
        seller=held.seller, reason="Fraud", set_by="asha", set_at=timezone.now()
    )
    client = person("olu")

    both = ask(client, "retry_selected", [held, free])
    Hold.objects.filter(pk=hold.pk).update(seller=None)
    every = ask(client, "retry_selected", [held, free])

    assert said(both) == ["1 will be tried again. 1 will be tried once the hold is released."]
    assert said(every) == ["2 will be tried once the hold is released."]


def test_many_are_shown_as_a_run_before_anything_is_tried(monkeypatch):
    monkeypatch.setattr(runs, "LARGE", 1)
    orders = [stuck(), stuck()]

    answer = ask(person("olu"), "retry_selected", orders, follow=False)

    run = BulkRun.objects.get()
    assert answer["Location"] == reverse("admin:integration_bulkrun_change", args=[run.pk])
    assert (run.size, run.state) == (2, "frozen")
    assert not SyncJob.objects.filter(due_at__isnull=False).exists()


def test_ticked_orders_are_compared_and_what_tells_nothing_is_counted(monkeypatch):
    there, new = pushed(make_order()), make_order()

    answer = ask(person("olu"), "compare_selected", [there, new])

    asked = Order.objects.filter(check_asked_at__isnull=False)
    assert [order.pk for order in asked] == [there.pk]
    assert said(answer) == [
        "1 will be compared with EasyEcom.",
        "A comparison would tell nothing of 1 now.",
    ]
    assert Event.objects.filter(kind="reconcile", order=there, actor="olu").count() == 1
    monkeypatch.setattr(order_selection, "MOST_COMPARED", 1)
    assert said(ask(person("asha", ADMIN), "compare_selected", [there, new])) == [
        "Choose at most 1: each is a call."
    ]


def test_desk_shows_of_those_ticked_the_ones_that_wait(monkeypatch):
    one, two, other, has = (pushed(make_order()) for _ in range(4))
    make_shipment(has)
    client = person("olu")

    answer = ask(client, "give_awbs", [one, two, has])

    assert answer.redirect_chain[0][0].startswith(DESK)
    assert {order.pk for order, _ in answer.context["orders"]} == {one.pk, two.pk}
    assert "of the 3 you ticked, those that wait" in answer.content.decode()
    monkeypatch.setattr(awb_desk, "MOST", 2)
    assert said(ask(client, "give_awbs", [one, two, other])) == [
        "Choose at most 2, as many as the desk shows."
    ]


@pytest.mark.parametrize("typed", ["x", ",", "-1", "٣", "9" * 19, "1" * 30, "1,%00", "1,x"])
def test_address_of_the_desk_may_name_orders_that_are_none(typed):
    answer = person("olu").get(DESK, {"orders": typed})

    assert answer.status_code == 200
    assert answer.context["orders"] == []


def test_desk_shows_nothing_of_a_seller_that_is_not_theirs():
    mine = make_seller(code="acme")
    order = pushed(make_order())

    answer = person("ravi", OPERATOR, [mine]).get(DESK, {"orders": str(order.pk)})

    assert answer.context["orders"] == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ticked_orders_are_taken_away_and_that_is_written_down(kind):
    one, two = make_order(), make_order()

    answer = ask(person("asha", ADMIN), f"take_{kind}", [one], follow=False)

    body = b"".join(answer.streaming_content)
    if kind == "csv":
        assert one.order_number.encode() in body and two.order_number.encode() not in body
    assert f".{kind}" in answer["Content-Disposition"]
    event = Event.objects.get(kind="export")
    assert event.sentence == f"1 rows of orders taken away as {kind.upper()}, as they were ticked."


def test_orders_of_somebody_elses_seller_can_not_be_ticked():
    order, mine = stuck(), make_seller(code="acme")

    ask(person("ravi", OPERATOR, [mine]), "retry_selected", [order])

    assert not SyncJob.objects.filter(due_at__isnull=False).exists()
