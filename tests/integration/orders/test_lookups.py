"""What EasyEcom really shows of an order: by a look-up in doubt, by a comparison, by a webhook."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from integration import easyecom as wire
from integration.models import (
    Change,
    Delivery,
    Doubt,
    MissedDelivery,
    Order,
    OrderLine,
    OrderReason,
    Product,
    SyncJob,
)
from integration.orders import resolution
from integration.orders.resolution import Answer
from integration.orders.sku_matching import counted
from integration.reconciliation import schedule
from integration.webhooks import processing
from sellers.models import Location
from tests.examples import examples
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.admin.rows import make_superuser
from tests.integration.conftest import API, bodies, run
from tests.integration.entrances import case

FIND = f"{API}/orders/V2/getOrderDetails"
ASSIGN = f"{API}/Carrier/assignAWB"
KEY = "en30110220333"
CANCELLED = "cancelled_at_easyecom"

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def location() -> Location:
    return make_location(location_key=KEY, company_id="88231")


def order_of(location: Location, number: str, *lines: tuple[str, int, str], **fields: Any) -> Order:
    """An order with exactly these lines: SKU, quantity, price of one."""
    order = make_order(location, order_number=number, shipping_charge=Decimal(0), **fields)
    order.lines.all().delete()
    for place, (sku, quantity, price) in enumerate(lines):
        OrderLine.objects.create(
            order=order,
            position=place,
            line_id=f"{number}-{place}",
            sku=sku,
            quantity=quantity,
            unit_price=Decimal(price),
        )
    return order


def in_doubt(order: Order, doubt: Doubt = Doubt.UNKNOWN) -> Order:
    order.change(push_begun_at=timezone.now())
    order.mark_in_doubt(doubt, timezone.now(), "No answer.")
    return order


def look_up(easyecom: Any, order: Order, body: Any) -> SyncJob:
    """The order's own look-up."""
    easyecom.upsert("GET", FIND, json=body)
    SyncJob.objects.filter(order=order).want()
    job = run(SyncJob.objects.get(order=order))
    order.refresh_from_db()
    return job


def compare(easyecom: Any, order: Order, body: Any) -> None:
    """As a person asks for it."""
    easyecom.upsert("GET", FIND, json=body)
    [job] = schedule.request_order(order, actor="asha")
    run(SyncJob.objects.get(pk=job))
    processing.drain(5)
    order.refresh_from_db()


def on_its_way(order: Order) -> Order:
    pushed(order)
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def sentences(order: Order, kind: str) -> list[str]:
    found = order.events.filter(kind=kind).order_by("pk")
    return list(found.values_list("sentence", flat=True))


def cancellations(order: Order) -> list[Any]:
    changes = Change.objects.filter(order=order, type="order.cancelled_at_easyecom")
    return list(changes.order_by("pk").values_list("data", flat=True))


# The same order in another shape -----------------------------------------------------------------


def test_an_sku_in_another_letter_case_is_the_same_order(easyecom, location):
    given = case("easyecom/15_sku_case.json")
    order = in_doubt(order_of(location, given["about"], ("Kurta-M-Blue", 1, "649.00")))

    look_up(easyecom, order, given["body"])

    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")
    assert order.easyecom_invoice_id == "71200906"


def test_a_receiver_that_writes_skus_in_capitals_is_understood(easyecom, location):
    given = case("booon/11_lookup_case.json")
    order = in_doubt(order_of(location, "BN-1", (given["order_sku"], 2, "133.00")))
    shown = given["lookup"]
    line = {"sku": shown["sku"], "item_quantity": shown["item_quantity"]}
    row = {"reference_code": "BN-1", "invoice_id": 1, "order_items": [line]}

    look_up(easyecom, order, {"code": 200, "data": [row | {"total_amount": shown["total_amount"]}]})

    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")


def test_one_object_is_one_order_found(easyecom, location):
    given = case("easyecom/08_look_up_object_instead_of_list.json")
    order = in_doubt(order_of(location, given["about"], ("A", 1, "1.00")))

    look_up(easyecom, order, given["body"])

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "71200903")


def test_a_combo_shown_as_its_parts_is_the_same_order(easyecom, location):
    for sku, parts in {"Gift-Box": {"CUP": 2, "Tea-Set": 1}, "TEA-SET": {"TEA": 3}}.items():
        components = [{"sku": part, "quantity": count} for part, count in parts.items()]
        Product.objects.create(
            seller=location.seller,
            location=location,
            sku=sku,
            components=components,
            seen_at=timezone.now(),
        )
    order = in_doubt(order_of(location, "BN-1", ("GIFT-BOX", 2, "500.00"), ("TEA", 1, "90.00")))
    lines = [{"sku": "cup", "item_quantity": 4}, {"sku": "TEA", "item_quantity": 7}]
    row = {"reference_code": "BN-1", "invoice_id": 5, "order_items": lines}

    look_up(easyecom, order, {"code": 200, "data": [row]})

    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", "")


def test_a_combo_with_a_part_too_few_is_another_order(easyecom, location):
    Product.objects.create(
        seller=location.seller,
        location=location,
        sku="BOX",
        components=[{"sku": "CUP", "quantity": 2}],
        seen_at=timezone.now(),
    )
    order = in_doubt(order_of(location, "BN-1", ("BOX", 2, "500.00")))
    lines = [{"sku": "CUP", "item_quantity": 3}]
    row = {"reference_code": "BN-1", "invoice_id": 5, "order_items": lines}

    look_up(easyecom, order, {"code": 200, "data": [row]})

    assert (order.stage, order.blocked_reason) == ("received", "conflict")


@pytest.mark.parametrize(
    ("total", "is_ours"),
    [("266.0000", True), ("265.00", True), ("265.5", True), ("267.00", False), ("264.00", False)],
)
def test_a_total_rounded_to_the_rupee_is_ours(easyecom, location, total, is_ours):
    order = in_doubt(order_of(location, "BN-1", ("A", 1, "265.50")))
    row = {"reference_code": "BN-1", "invoice_id": 5, "total_amount": total}

    look_up(easyecom, order, {"code": 200, "data": [row]})

    assert order.blocked_reason == ("" if is_ours else "conflict")


def test_our_number_in_other_letters_is_ours_unless_booon_gave_that_one_too(easyecom, location):
    order = in_doubt(order_of(location, "BN-a1", ("A", 1, "5.00")))
    other = in_doubt(order_of(location, "bn-c3", ("A", 1, "5.00")))
    order_of(location, "BN-C3", ("A", 1, "5.00"))

    for each, shown in ((order, "BN-A1"), (other, "BN-C3")):
        row = {"reference_code": shown, "invoice_id": each.pk}
        look_up(easyecom, each, {"code": 200, "data": [row]})

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", str(order.pk))
    assert (other.stage, other.blocked_reason) == ("received", "conflict")
    assert other.blocked_detail == "It is order BN-C3."


# The kinds of shapes -----------------------------------------------------------------------------

ROW = {"reference_code": "BN-1", "invoice_id": 7, "order_id": 8}
NOTHING = [
    {"code": 400, "message": "No result found", "data": []},
    {"code": 400, "message": "  NO  RECORD  found. ", "data": None},
    {"code": 400, "message": "No orders found for given filters", "data": {"orders": []}},
    {"code": 400, "message": "Unable to find the order", "data": []},
    {"code": 200, "message": None, "data": "No Result Found"},
    {"code": 200, "message": "Successful", "data": {"orders": [], "nextUrl": None}},
    {"code": 200, "message": "Successful", "data": []},
]


def read(body: Any) -> wire.Outcome:
    return wire.read(wire.find_order("BN-1"), 200, {}, json.dumps(body).encode())


@pytest.mark.parametrize("body", NOTHING, ids=str)
def test_nothing_found_is_told_in_many_words(body):
    assert read(body) == wire.Done(wire.OrdersFound(()))


@pytest.mark.parametrize(
    "data", [{}, {"status": "ok"}, {"orders": "none"}, {"orders": [1]}, "done", None, 5, [[ROW]]]
)
def test_what_holds_no_order_is_no_answer_and_never_nothing_found(data):
    outcome = read({"code": 200, "message": "Successful", "data": data})

    assert isinstance(outcome, wire.OutcomeUnknown)
    assert outcome.is_answered


ROWS = st.lists(
    st.fixed_dictionaries(
        {"invoice_id": st.integers(1, 10**9)},
        optional={
            "reference_code": st.sampled_from(["BN-1", "bn-1", "Bn-1_OR2", None, ""]),
            "order_status": st.sampled_from(["Assigned", "CANCELLED", "On Hold", None]),
            "order_items": st.lists(
                st.fixed_dictionaries(
                    {"sku": st.text(max_size=5), "item_quantity": st.sampled_from([1, "2", "3.0"])}
                ),
                max_size=3,
            ),
        },
    ),
    min_size=1,
    max_size=3,
)


@given(ROWS, st.sampled_from(["list", "orders", "list of orders"]))
@settings(max_examples=examples(150))
def test_every_wrapping_of_the_same_rows_shows_the_same_orders(rows, shape):
    plain = read({"code": 200, "message": "ok", "data": rows})
    data = {"list": rows, "orders": {"orders": rows}, "list of orders": [{"orders": rows}]}[shape]

    assert read({"code": 200, "message": "ok", "data": data}) == plain
    assert isinstance(plain, wire.Done)
    assert [each.invoice_id for each in plain.reply.orders] == [
        str(row["invoice_id"]) for row in rows
    ]
    if len(rows) == 1:
        assert read({"code": 200, "message": "ok", "data": rows[0]}) == plain


@given(st.text("aAbBéÉ-1", min_size=1, max_size=6), st.integers(1, 5), st.booleans())
@settings(max_examples=examples(100))
def test_letter_case_of_a_sku_never_tells_two_orders_apart(sku, quantity, is_other):
    shown = sku.upper() if is_other else sku.lower()

    alike = counted([(sku, quantity)]) == counted([(shown, quantity)])

    assert alike
    assert counted([(sku, quantity)]) != counted([(shown, quantity + 1)])


# Look-ups end ------------------------------------------------------------------------------------

REFUSED = {"code": 400, "message": "You have no access to this", "data": []}
UNREADABLE = {"code": 200, "message": "Successful", "data": {"status": "ok"}}


@pytest.mark.parametrize("policy", ["hold", "resend"])
@pytest.mark.parametrize("body", [REFUSED, UNREADABLE], ids=["refused", "unreadable"])
def test_a_look_up_that_tells_nothing_counts_and_ends_with_a_person(
    easyecom, location, settings, body, policy
):
    settings.IN_DOUBT_DELAYS = [60, 300, 900]
    settings.UNKNOWN_ORDER_POLICY = policy
    order = in_doubt(order_of(location, "BN-1", ("A", 1, "5.00")))

    jobs = [look_up(easyecom, order, body) for _ in range(3)]

    assert [job.due_at is None for job in jobs] == [False, False, True]
    assert (order.look_ups, order.blocked_reason, order.doubt) == (3, "not_found", "unknown")
    assert bodies(easyecom, "createOrder") == []


def test_a_queue_that_never_gets_to_it_is_asked_five_times_then_the_number_is_looked_up(
    easyecom, location, settings
):
    settings.IN_DOUBT_DELAYS = [60]
    order = in_doubt(order_of(location, "BN-1", ("A", 1, "5.00")), Doubt.ACCEPTED)
    order.change(queue_id="9")
    waiting = {"code": 200, "message": "Successful", "data": {"status_id": 1, "notes": ""}}
    easyecom.get(f"{API}/getQueueStatus", json=waiting)
    found = {"code": 200, "data": [ROW]}

    for _ in range(5):
        look_up(easyecom, order, found)

    asked = [str(call.request.url) for call in easyecom.calls]
    assert len([url for url in asked if "getQueueStatus" in url]) == 5
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "7")


# Cancelled over there ----------------------------------------------------------------------------


def test_an_order_found_cancelled_is_never_adopted_and_booon_is_told(easyecom, location):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = in_doubt(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))

    job = look_up(easyecom, order, given["body"])

    assert (order.stage, order.doubt, order.blocked_reason) == ("received", "unknown", CANCELLED)
    assert (job.status, job.due_at) == ("failed", None)
    assert order.easyecom_invoice_id == ""
    [told] = sentences(order, CANCELLED)
    # The year stands there once it is another.
    assert told.startswith("Cancelled there 2 Nov")
    assert cancellations(order) == [
        {
            "order_number": "BN-901",
            "cancelled_at": "2026-11-02T06:30:37Z",
            "reason": None,
            "easyecom_order_id": "61200901",
            "easyecom_invoice_id": "71200901",
        }
    ]

    look_up(easyecom, order, given["body"])

    assert len(cancellations(order)) == 1
    assert bodies(easyecom, "createOrder") == bodies(easyecom, "assignAWB") == []


def test_a_refused_order_that_is_there_cancelled_waits_for_a_person_who_withdraws_it(
    easyecom, location
):
    given = case("booon/14_lookup_cancelled.json")
    order = in_doubt(order_of(location, "BN-1", ("sku-1", 2, "133.00")), Doubt.REJECTED)

    look_up(easyecom, order, {"code": 200, "data": [given["lookup"]]})

    assert (order.stage, order.blocked_reason) == ("received", CANCELLED)
    assert resolution.possible_answers(order) == (Answer.WITHDRAW_CANCELLED,)
    resolution.resolve_order(order, Answer.WITHDRAW_CANCELLED, actor="asha", reason="Meant so.")
    order.refresh_from_db()
    assert (order.stage, order.is_number_spent, order.doubt) == ("withdrawn", True, "")


def test_a_cancelled_invoice_beside_a_new_one_is_left_out(easyecom, location):
    given = case("booon/14_lookup_cancelled.json")
    order = in_doubt(order_of(location, "BN-1", ("sku-1", 2, "133.00")))
    anew = given["lookup"] | {"invoice_id": 2, "order_status": "Assigned"}

    look_up(easyecom, order, {"code": 200, "data": [given["lookup"], anew]})

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "2")
    assert (order.cancelled_at_easyecom, order.cancelled_lines) == (None, [])


def test_a_cancelled_part_of_a_split_order_is_shown_with_its_pieces(easyecom, location):
    order = in_doubt(order_of(location, "BN-1", ("A", 1, "5.00"), ("B", 2, "5.00")))
    rows = [
        {
            "reference_code": f"BN-1_OR{n}",
            "invoice_id": n,
            "order_status": status,
            "order_items": [{"sku": sku, "item_quantity": n}],
        }
        for n, sku, status in ((1, "A", "Assigned"), (2, "B", "Cancelled"))
    ]

    look_up(easyecom, order, {"code": 200, "data": rows})

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "1")
    assert order.cancelled_lines == [{"sku": "B", "quantity": 2, "cancelled": 2, "shipped": 0}]
    assert sentences(order, "partly_cancelled") == ["Partly cancelled in EasyEcom: 2 of 2 B."]


def test_an_awb_refused_because_it_is_cancelled_names_that_and_is_not_sent_again(
    easyecom, location
):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    make_shipment(order)
    easyecom.post(ASSIGN, json={"code": 400, "message": "Order is cancelled", "data": []})

    look_up(easyecom, order, given["body"])
    look_up(easyecom, order, given["body"])

    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", CANCELLED)
    assert len(bodies(easyecom, "assignAWB")) == 1


def test_a_comparison_finds_it_cancelled_and_blames_no_webhook(easyecom, location):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    make_shipment(order, assigned_at=timezone.now())
    late = {"blocked_reason": OrderReason.NOT_MANIFESTED, "check_due_at": timezone.now()}
    order.change(stage="carrier_assigned", **late)

    compare(easyecom, order, given["body"])

    assert (order.stage, order.blocked_reason, order.check_due_at) == (
        "carrier_assigned",
        CANCELLED,
        None,
    )
    assert len(cancellations(order)) == 1
    assert not MissedDelivery.objects.exists()
    assert not Delivery.objects.filter(topic="manifested").exists()


def test_what_is_opened_again_goes_on_and_booon_is_told_that_too(easyecom, location):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    compare(easyecom, order, given["body"])
    [row] = given["body"]["data"]
    line = row["order_items"][0] | {"cancelled_quantity": 0}
    opened = row | {"order_status": "Assigned", "order_items": [line]}

    compare(easyecom, order, {"code": 200, "data": [opened]})

    assert (order.cancelled_at_easyecom, order.blocked_reason) == (None, "")
    assert [each["cancelled_at"] for each in cancellations(order)] == ["2026-11-02T06:30:37Z", None]


def test_a_retry_of_a_cancelled_order_looks_and_sends_its_awb_once_it_is_open(easyecom, location):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    compare(easyecom, order, given["body"])
    make_shipment(order)
    easyecom.post(ASSIGN, json={"code": 200, "message": "Successful"})

    look_up(easyecom, order, given["body"])
    assert bodies(easyecom, "assignAWB") == []
    look_up(easyecom, order, {"code": 200, "data": []})
    assert (order.blocked_reason, bodies(easyecom, "assignAWB")) == (CANCELLED, [])
    [row] = given["body"]["data"]
    opened = row | {"order_status": "Assigned", "order_items": []}
    look_up(easyecom, order, {"code": 200, "data": [opened]})

    assert (order.stage, len(bodies(easyecom, "assignAWB"))) == ("carrier_assigned", 1)


@pytest.mark.parametrize("status", ["Cancelled", "CANCELED", "Order Cancelled", "cancelled by x"])
def test_words_for_cancelled(status):
    outcome = read({"code": 200, "data": [ROW | {"order_status": status}]})

    assert isinstance(outcome, wire.Done)
    assert [each.is_cancelled for each in outcome.reply.orders] == [True]


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        ("Partially Cancelled", [(2, 1)]),
        ("Cancellation Requested", []),
        ("Assigned", []),
        ("Assigned", [(2, 2), (1, 0)]),
        ("", [(2, "1")]),
    ],
)
def test_what_is_not_cancelled_as_a_whole(status, lines):
    items = [
        {"sku": "A", "item_quantity": count, "cancelled_quantity": cancelled}
        for count, cancelled in lines
    ]
    outcome = read({"code": 200, "data": [ROW | {"order_status": status, "order_items": items}]})

    assert isinstance(outcome, wire.Done)
    assert [each.is_cancelled for each in outcome.reply.orders] == [False]


# Partly cancelled, moved, on hold, scanned -------------------------------------------------------


def test_a_partly_cancelled_line_is_shown_with_its_quantities(easyecom, location):
    given = case("easyecom/07_look_up_partly_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 2, "649.00")))
    order.change(easyecom_invoice_id="71200902", easyecom_order_id="61200902")

    compare(easyecom, order, given["body"])

    assert order.stage == "manifested"
    assert order.cancelled_lines == [
        {"sku": "KURTA-M-BLUE", "quantity": 2, "cancelled": 1, "shipped": 1}
    ]
    assert sentences(order, "partly_cancelled") == [
        "Partly cancelled in EasyEcom: 1 of 2 KURTA-M-BLUE."
    ]
    assert cancellations(order) == []


def test_an_order_moved_to_another_warehouse_says_where_it_went(easyecom, location):
    given = case("easyecom/16_moved_to_another_warehouse.json")
    make_location(
        seller=location.seller, location_key="en30119999999", name="Bhiwandi", city="Thane"
    )
    moved = (
        "It is at location en30119999999 (Bhiwandi, Thane), not en30110220333. "
        "It was moved there in EasyEcom."
    )
    order = in_doubt(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    other = on_its_way(order_of(location, "BN-908", ("KURTA-M-BLUE", 1, "649.00")))
    [row] = given["body"]["data"]

    look_up(easyecom, order, given["body"])
    compare(easyecom, other, {"code": 200, "data": [row | {"reference_code": "BN-908"}]})

    assert (order.stage, order.blocked_reason) == ("received", "conflict")
    assert order.blocked_detail == moved
    assert (other.blocked_reason, other.easyecom_note) == ("", moved)
    assert sentences(other, "seen_at_easyecom") == [moved]


def test_an_order_on_hold_over_there_says_so_until_it_goes_on(easyecom, location):
    order = on_its_way(order_of(location, "BN-1", ("A", 1, "5.00")))
    changed = order.updated_at

    for status in ("On Hold", "ON-HOLD", "Assigned"):
        compare(easyecom, order, {"code": 200, "data": [ROW | {"order_status": status}]})

    assert sentences(order, "seen_at_easyecom") == [
        "It is on hold in EasyEcom.",
        "It is at its location in EasyEcom, and not on hold.",
    ]
    assert (order.easyecom_note, order.updated_at) == ("", changed)


def test_manifest_scanned_without_a_date_is_not_shipped_by_comparison_or_webhook(
    easyecom, location
):
    given = case("easyecom/05_look_up_manifest_scanned.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 2, "649.00")))
    order.change(easyecom_invoice_id="71200900", easyecom_order_id="61200900")

    compare(easyecom, order, given["body"])
    told = deliveries.manifested(location, *given["body"]["data"])
    processing.drain(5)

    told.refresh_from_db()
    assert (order.stage, told.status) == ("awaiting_carrier", "parked")
    assert told.parked_lines.get().reason == "not_shipped"
    [row] = given["body"]["data"]
    compare(easyecom, order, {"code": 200, "data": [row | {"order_status": "Delivered"}]})
    assert order.stage == "manifested"


# Where it is shown -------------------------------------------------------------------------------


def test_page_list_and_front_page_name_what_is_cancelled_over_there(easyecom, location):
    given = case("easyecom/06_look_up_all_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 1, "649.00")))
    compare(easyecom, order, given["body"])
    staff = Client()
    staff.force_login(make_superuser())

    page = staff.get(reverse("admin:integration_order_change", args=[order.pk])).content.decode()
    orders = staff.get(reverse("admin:integration_order_changelist")).content.decode()
    home = staff.get(reverse("admin:index")).content.decode()

    assert "Cancelled there 2 Nov" in page
    for each in (page, orders):
        assert "Cancelled at EasyEcom" in each
    assert "EasyEcom has it, cancelled." in home
    Order.objects.update(blocked_since=timezone.now() - timedelta(days=4))
    home = staff.get(reverse("admin:index")).content.decode()
    assert "EasyEcom has it, cancelled." not in home


def test_page_shows_the_pieces_that_were_cancelled(easyecom, location):
    given = case("easyecom/07_look_up_partly_cancelled.json")
    order = on_its_way(order_of(location, given["about"], ("KURTA-M-BLUE", 2, "649.00")))
    compare(easyecom, order, given["body"])
    staff = Client()
    staff.force_login(make_superuser())

    page = staff.get(reverse("admin:integration_order_change", args=[order.pk])).content.decode()

    assert "Partly cancelled in EasyEcom</h3>" in page
