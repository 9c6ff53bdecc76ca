"""A buyer's data has an end: erased by its time and on request, and orders go on being known."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booon_console.lib import clock
from integration.models import (
    ApiCall,
    Change,
    Delivery,
    Doubt,
    Event,
    Order,
    OrderFile,
    OrderReason,
    OrderRevision,
    ParkedLine,
    ReplacedAwb,
    ShipmentDetails,
    Stage,
    SyncJob,
    Topic,
    open_events,
    record_event,
)
from integration.orders import buyers, corrections, erasure, shipments
from integration.orders.facts import OrderFacts
from integration.worker import retention
from sellers.models import Location
from tests import only_on
from tests.factories import (
    ADDRESS,
    accept,
    make_location,
    make_order,
    make_shipment,
    open_call,
    pushed,
    refuse,
)
from tests.integration.conftest import run
from tests.integration.orders.test_intake import facts as facts_of

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

BUYER = ADDRESS | {
    "name": "Canary Raoname",
    "phone": "98765 01210",
    "email": "canary@mail.example",
    "line1": "14 Canary Street",
}
CANARIES = ("canary", "raoname", "98765 01210", "9876501210", "27AAPFU0939F1ZV".casefold(), "payc1")
AGO = timedelta(days=181)


def facts(location: Location) -> OrderFacts:
    return facts_of(
        location,
        shipping_address=BUYER,
        billing_address=BUYER | {"name": "Billing Canary"},
        buyer_gstin="27AAPFU0939F1ZV",
        payment_transaction_id="payc1",
    )


def told(order: Order, *, is_linked: bool = True) -> Delivery:
    """A webhook that spoke of it, and its event."""
    delivery = Delivery.objects.create(
        location=order.location,
        topic=Topic.MANIFESTED,
        status="applied",
        body=json.dumps(BUYER).encode(),
        received_at=clock.now(),
    )
    if is_linked:
        record_event("repeated", "Told again.", at=clock.now(), order=order, delivery=delivery)
    return delivery


def whole_order(stage: str = Stage.MANIFESTED, ago: timedelta = AGO) -> Order:
    """An order whose buyer stands wherever one can, and that is over since then."""
    location = make_location()
    given = facts(location)
    order = accept(location.seller, "BN-77", given).order
    refuse(order, "no parcel to Canary Raoname, 9876501210")
    order.change(push_begun_at=None)
    changed = given | {"shipping_address": BUYER | {"line1": "15 Canary Lane"}}
    accept(location.seller, "BN-77", changed)
    order.refresh_from_db()
    call = open_call(order, request="Canary", reply="Canary", message="to Canary Raoname: no")
    ApiCall.objects.filter(pk=call.pk).update(is_open=False)
    record_event("failed", "Refused: +91-98765-01210 of Canary.", at=clock.now(), order=order)
    SyncJob.objects.filter(order=order).update(error_message="no to Canary Raoname")
    told(order)
    make_shipment(
        pushed(order),
        label_url="https://l.example/canary.pdf",
        invoice_url="https://l.example/canary-2.pdf",
        assigned_at=clock.now(),
        assign_begun_at=clock.now(),
    )
    ReplacedAwb.objects.create(
        order=order,
        courier="D",
        awb_number="1",
        parcel="d|1",
        label_url="https://l.example/canary-3.pdf",
        replaced_at=clock.now(),
        actor="asha",
        reason="Canary Raoname called",
    )
    columns: dict[str, Any] = {"manifested_at": clock.now()}
    if stage == Stage.WITHDRAWN:
        columns = {"easyecom_invoice_id": ""}
    Order.objects.filter(pk=order.pk).update(
        stage=stage,
        stage_since=clock.now() - ago,
        refused_lines=[{"line_id": "1", "sku": "KURTA", "message": "no to Canary"}],
        refusal_file="https://f.example/canary.csv",
        manifest_label_url="https://l.example/canary-4.pdf",
        manifest_invoice_url="https://l.example/canary-5.pdf",
        blocked_detail="no parcel to Canary Raoname, 9876501210",
        **columns,
    )
    return Order.objects.get(pk=order.pk)


def stored() -> str:
    """All that the database holds, in small letters."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows += [
                bytes(cell).decode(errors="replace") if isinstance(cell, memoryview) else str(cell)
                for row in cursor.fetchall()
                for cell in row
            ]
    return "\n".join(rows).casefold()


def found() -> list[str]:
    words = stored()
    return [canary for canary in CANARIES if canary in words]


def test_whole_order_holds_its_buyer_everywhere():
    whole_order()

    assert found() == list(CANARIES)


@pytest.mark.parametrize("stage", [Stage.MANIFESTED, Stage.WITHDRAWN])
def test_buyer_goes_half_a_year_after_the_order_was_over(stage):
    order = whole_order(stage)

    assert retention.delete_old(clock.now())["buyers"] == 1

    assert found() == []
    order.refresh_from_db()
    assert order.buyer_erased_at is not None
    assert set(order.shipping_address) == set(ADDRESS)
    event = Event.objects.get(kind="erased")
    assert (event.actor, event.sentence) == (
        "console",
        "The buyer's data was erased. Its time is over.",
    )
    assert retention.delete_old(clock.now())["buyers"] == 0


def test_buyer_goes_half_a_year_after_a_cancellation_at_easyecom():
    order = whole_order(Stage.AWAITING_CARRIER)
    Order.objects.filter(pk=order.pk).update(cancelled_at_easyecom=clock.now() - AGO)

    assert retention.delete_old(clock.now())["buyers"] == 1

    assert found() == []


@pytest.mark.parametrize(
    ("stage", "days"),
    [(Stage.MANIFESTED, 179), (Stage.WITHDRAWN, 179), (Stage.CARRIER_ASSIGNED, 999)],
)
def test_buyer_stays_while_the_order_may_need_it(stage, days):
    whole_order(stage, timedelta(days=days))

    assert retention.delete_old(clock.now())["buyers"] == 0
    assert found() == list(CANARIES)


def test_days_are_a_setting(settings):
    settings.BUYERS_KEPT_DAYS = 7
    whole_order(ago=timedelta(days=8))

    assert retention.delete_old(clock.now())["buyers"] == 1


def test_what_is_counted_and_compared_stays():
    order = whole_order()
    before = Order.objects.filter(pk=order.pk).values(
        *("order_number", "fingerprint", "given_fingerprint", "revision", "collectable_amount"),
        *("easyecom_order_id", "easyecom_invoice_id", "stage", "updated_at", "manifested_at"),
    )[0]
    lines = list(order.lines.values())

    retention.delete_old(clock.now())

    after = Order.objects.filter(pk=order.pk).values(*before)[0]
    assert after == before
    assert list(order.lines.values()) == lines
    assert ShipmentDetails.objects.get().awb_number
    assert list(OrderRevision.objects.values_list("number", flat=True)) == [1, 2]
    assert order.refused_lines[0]["sku"] == "KURTA"


def test_same_order_once_more_is_the_same_and_sends_nothing(easyecom):
    order = whole_order()
    retention.delete_old(clock.now())
    given = facts(order.location)
    given |= {"shipping_address": BUYER | {"line1": "15 Canary Lane"}}

    receipt = accept(order.seller, "BN-77", given)
    run(order.sync_job)

    assert receipt.result == "same"
    assert found() == []
    assert len(easyecom.calls) == 0


def test_same_shipment_once_more_is_the_same():
    order = whole_order()
    shipment = order.shipment
    retention.delete_old(clock.now())

    is_new = shipments.give_shipment(
        order,
        {
            "courier": shipment.courier,
            "awb_number": shipment.awb_number,
            "label_url": shipment.label_url,
            "invoice_url": shipment.invoice_url,
        },
    )

    assert not is_new
    assert ShipmentDetails.objects.get().label_url == ""


def test_withdrawn_order_that_is_given_again_has_its_new_buyer():
    order = whole_order(Stage.WITHDRAWN)
    retention.delete_old(clock.now())

    accept(order.seller, "BN-77", facts(order.location))

    order.refresh_from_db()
    assert (order.stage, order.buyer_erased_at) == (Stage.RECEIVED, None)
    assert order.shipping_address == BUYER


def test_erased_order_is_never_sent_without_an_address(easyecom):
    order = make_order()
    order.change(buyer_erased_at=clock.now(), shipping_address=erasure.BLANK)

    job = run(order.sync_job)

    assert (job.status, job.error_code) == ("failed", "buyer_erased")
    assert len(easyecom.calls) == 0


def test_buyers_go_in_chunks_and_until_the_deadline(monkeypatch):
    location = make_location()
    for _ in range(5):
        order = make_order(location)
        Order.objects.filter(pk=order.pk).update(
            stage=Stage.WITHDRAWN, stage_since=clock.now() - AGO
        )
    monkeypatch.setattr(retention, "CHUNK", 2)

    assert retention.erase_buyers(clock.now(), deadline=0) == 0
    assert retention.erase_buyers(clock.now()) == 5


def test_rehearsal_counts_what_erasing_does_and_writes_nothing():
    order = whole_order()
    found_here = held(order_number=order.order_number)

    foreseen = buyers.rehearse(found_here, now=clock.now())
    kept = found()
    erased = buyers.erase(found_here, now=clock.now(), actor="asha")

    assert kept == list(CANARIES)
    assert foreseen == erased
    assert erased == erasure.Erased(
        orders=1, revisions=2, documents=2, api_calls=1, deliveries=1, events=1, messages=2
    )


def test_delivery_that_nobody_judged_yet_stays():
    order = whole_order()
    Delivery.objects.update(status="stored")

    erased = erasure.erase(Order.objects.filter(pk=order.pk), now=clock.now(), why="x")

    assert erased.deliveries == 0
    assert bytes(Delivery.objects.get().body) != b""


@only_on.postgresql("its trigger guards events")
def test_words_of_an_event_and_nothing_else_are_changed_by_erasing():
    event = Event.objects.create(at=timezone.now(), kind="stage", actor="a", sentence="S")

    with transaction.atomic():
        open_events()
        Event.objects.filter(pk=event.pk).update(sentence="T")
    for change in ({"actor": "b"}, {"at": timezone.now()}, {"kind": "x", "sentence": "U"}):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            open_events()
            Event.objects.filter(pk=event.pk).update(**change)

    event.refresh_from_db()
    assert (event.actor, event.sentence) == ("a", "T")


# On request -------------------------------------------------------------------------------------


def held(**wanted: str) -> buyers.Held:
    return buyers.held_about(buyers.Wanted(**wanted), Order.objects.all(), OrderFile.objects.all())


@pytest.mark.parametrize(
    "wanted",
    [
        {"phone": "9876501210"},
        {"phone": "+91 98765-01210"},
        {"phone": "(098765) 01210"},
        {"phone": "९८७६५०१२१०"},
        {"email": "Canary@Mail.example "},
        {"order_number": "BN-77"},
    ],
)
def test_buyer_is_found_in_any_spelling_and_erased(wanted):
    order = whole_order(ago=timedelta(0))
    make_order()

    found_here = held(**wanted)
    erased = buyers.erase(found_here, now=clock.now(), actor="asha")

    assert found_here.order_ids == [order.pk]
    assert found_here.under_way() == []
    assert erased.orders == 1
    assert found() == []
    words = list(Event.objects.filter(kind="erased").values_list("actor", "sentence"))
    assert words[0] == ("asha", "The buyer's data was erased. Somebody asked for it.")
    assert words[1][1].startswith("Erased on request: 1 orders, 2 revisions,")


def test_phone_of_an_earlier_revision_finds_the_order():
    order = whole_order()
    Order.objects.update(shipping_address=ADDRESS, billing_address=None)

    assert held(phone="9876501210").order_ids == [order.pk]


def test_webhook_of_nobody_and_file_of_orders_are_found_by_what_they_say():
    order = make_order()
    stray = told(order, is_linked=False)
    user = User.objects.create_user("asha")
    body = f"shipping_phone\n{BUYER['phone']}\n".encode()
    file = OrderFile.objects.create(user=user, name="f.csv", body=body, uploaded_at=clock.now())

    found_here = held(phone="9876501210")
    erased = buyers.erase(found_here, now=clock.now(), actor="asha")

    assert (found_here.order_ids, found_here.delivery_ids) == ([], [stray.pk])
    assert (erased.deliveries, erased.order_files) == (1, 1)
    assert not OrderFile.objects.filter(pk=file.pk).exists()
    assert found() == []


@pytest.mark.parametrize(
    "wanted", [{}, {"phone": "123"}, {"email": "nobody"}, {"phone": "9876501210", "email": "a@b.c"}]
)
def test_what_means_nobody_is_refused(wanted):
    with pytest.raises(buyers.NobodyMeant):
        buyers.Wanted(**wanted)


def test_orders_under_way_are_refused_by_name_and_stay():
    location = make_location()
    fields = {"shipping_address": BUYER}
    received = make_order(location, **fields)
    awaiting = pushed(make_order(location, **fields))
    assigned = pushed(make_order(location, **fields))
    make_shipment(assigned)
    doubtful = pushed(make_order(location, **fields))
    doubtful.change(stage=Stage.CARRIER_ASSIGNED)
    doubtful.mark_in_doubt(Doubt.AWB_UNKNOWN, clock.now())
    done = pushed(make_order(location, **fields))
    make_shipment(done, assigned_at=clock.now())
    Order.objects.filter(pk__in=[assigned.pk, done.pk]).update(stage=Stage.CARRIER_ASSIGNED)

    found_here = held(phone="9876501210")
    refused = found_here.under_way()
    erased = buyers.erase(found_here, now=clock.now(), actor="asha")

    assert len(found_here.order_ids) == 5
    for order, sentence in zip((received, awaiting, assigned, doubtful), refused, strict=True):
        assert sentence.startswith(f"Order {order} is still under way (")
    assert erased.orders == 1
    assert list(Order.objects.exclude(buyer_erased_at=None)) == [done]
    assert Order.objects.get(pk=received.pk).shipping_address == BUYER


def test_command_counts_and_erases_with_yes_only(capsys):
    whole_order()

    call_command("erase", phone="9876501210")
    rehearsed = capsys.readouterr().out
    assert found() == list(CANARIES)
    call_command("erase", phone="9876501210", yes=True)

    assert rehearsed == (
        "Would be erased, with --yes: 1 orders, 2 revisions, 2 documents, 1 api calls, "
        "1 deliveries, 1 events, 2 messages, 0 order files.\n"
    )
    assert capsys.readouterr().out == rehearsed.replace("Would be erased, with --yes", "Erased")
    assert found() == []


def test_command_names_orders_under_way_and_ends_with_1(capsys):
    order = make_order(shipping_address=BUYER)

    with pytest.raises(SystemExit) as ended:
        call_command("erase", email="canary@mail.example", yes=True)

    assert ended.value.code == 1
    assert str(order) in capsys.readouterr().err
    assert Order.objects.get().shipping_address == BUYER


def test_command_keeps_to_one_seller_and_says_what_is_wrong():
    order = whole_order()
    other = make_location().seller

    with pytest.raises(CommandError, match="Nothing was found"):
        call_command("erase", order_number="BN-77", seller=other.code, yes=True)
    assert Order.objects.get(pk=order.pk).buyer_erased_at is None
    with pytest.raises(CommandError, match="There is no seller nobody"):
        call_command("erase", order_number="BN-77", seller="nobody")
    with pytest.raises(CommandError, match="one of them"):
        call_command("erase")


@pytest.mark.parametrize("command", ["erase", "export_buyer"])
@pytest.mark.parametrize(
    "asked",
    [{"order_number": "NOSUCH"}, {"phone": "9000000000"}, {"email": "nobody@mail.example"}],
)
def test_nothing_that_is_found_is_said_and_ends_with_2(capsys, command, asked):
    whole_order()

    with pytest.raises(CommandError, match="^Nothing was found") as refused:
        call_command(command, **asked)

    assert refused.value.returncode == 2
    assert capsys.readouterr().out == ""
    assert not Event.objects.filter(kind__in=["erased", "exported"]).exists()


def test_what_was_erased_is_not_found_a_second_time(capsys):
    whole_order()
    call_command("erase", phone="9876501210", yes=True)

    with pytest.raises(CommandError, match="or it was erased before"):
        call_command("erase", phone="9876501210", yes=True)


def test_export_has_all_that_is_held_and_is_written_down(capsys):
    order = whole_order()

    call_command("export_buyer", phone="9876501210")

    printed = json.loads(capsys.readouterr().out)
    [shown] = printed["orders"]
    assert shown["order_number"] == "BN-77"
    assert shown["shipping_address"]["line1"] == "15 Canary Lane"
    assert shown["earlier_revisions"][0]["said"]["shipping_address"] == BUYER
    assert shown["shipment"]["label_url"] == "https://l.example/canary.pdf"
    assert "Canary" in printed["webhooks"][0]["body"]
    event = Event.objects.get(kind="exported")
    assert (event.actor, event.order) == ("export_buyer", order)
    assert "anary" not in event.sentence


def test_reason_without_a_word_of_the_buyer_stays():
    order = whole_order()
    refuse(order, "Tax Rate Not Set")
    Order.objects.filter(pk=order.pk).update(blocked_reason=OrderReason.REJECTED)

    erasure.erase(Order.objects.filter(pk=order.pk), now=clock.now(), why=erasure.ITS_TIME_IS_OVER)

    order.refresh_from_db()
    assert order.blocked_detail == "Tax Rate Not Set"


def test_order_changed_by_mending_names_its_buyer_again():
    order = whole_order(Stage.WITHDRAWN)
    retention.delete_old(clock.now())
    order = accept(order.seller, "BN-77", facts(order.location)).order

    corrections.withdraw(order)

    assert held(phone="9876501210").order_ids == [order.pk]


def test_parked_webhook_about_the_order_goes_and_one_of_another_seller_stays():
    order, other = whole_order(), make_order()
    ours, theirs = told(order, is_linked=False), told(other, is_linked=False)
    for delivery in (ours, theirs):
        delivery.parked_lines.create(line=0, reason="conflict", reference="BN-77")

    erasure.erase(Order.objects.filter(pk=order.pk), now=clock.now(), why=erasure.ITS_TIME_IS_OVER)

    kept = Delivery.objects.filter(body_deleted_at=None)
    assert list(kept) == [theirs]


# One of several orders ---------------------------------------------------------------------------


def rows_about(order: Order) -> list[list[dict[str, Any]]]:
    deliveries = Delivery.objects.filter(location=order.location)
    return [
        list(Order.objects.filter(pk=order.pk).values()),
        list(OrderRevision.objects.filter(order=order).order_by("pk").values()),
        list(ShipmentDetails.objects.filter(order=order).values()),
        list(ReplacedAwb.objects.filter(order=order).values()),
        list(ApiCall.objects.filter(order=order).values()),
        list(Event.objects.filter(order=order).order_by("pk").values()),
        list(SyncJob.objects.filter(order=order).values()),
        list(Change.objects.filter(order=order).order_by("pk").values()),
        [row | {"body": bytes(row["body"])} for row in deliveries.order_by("pk").values()],
    ]


def erase_one(order: Order, why: str = erasure.ASKED_FOR) -> erasure.Erased:
    rows = Order.objects.filter(pk=order.pk)
    return erasure.erase(rows, now=clock.now(), why=why, actor="meera")


def test_only_the_order_that_is_erased_loses_its_buyer_and_each_row_is_counted():
    order, other = whole_order(), whole_order()
    parked = told(other, is_linked=False)
    ParkedLine.objects.create(delivery=parked, line=0, reason="x", order_number="BN-77")
    Change.objects.create(
        type="order.stage_changed",
        at=clock.now(),
        seller=order.seller,
        location=order.location,
        order=order,
        data={"reason": "no parcel to Canary Raoname", "stage": "received"},
    )
    before = rows_about(other)

    erased = erase_one(order)

    assert rows_about(other) == before
    order.refresh_from_db()
    assert (order.buyer_gstin, order.payment_transaction_id) == ("", "")
    assert erased == erasure.Erased(
        orders=1, revisions=2, documents=2, api_calls=1, deliveries=1, events=1, messages=3
    )
    change = Change.objects.filter(order=order).latest("pk")
    assert "canary" not in change.data["reason"].casefold()
    assert set(change.data) == {"reason", "stage"}
    event = Event.objects.get(kind="erased")
    assert (event.order, event.seller, event.location) == (order, order.seller, order.location)
    assert (event.actor, event.sentence) == (
        "meera",
        "The buyer's data was erased. Somebody asked for it.",
    )


def test_gstin_and_payment_of_an_earlier_revision_are_masked_in_words_too():
    order = whole_order()
    body = OrderRevision.objects.get(number=1).body
    body |= {"buyer_gstin": "29AAGCB7383J1Z4", "payment_transaction_id": "paycold9"}
    OrderRevision.objects.filter(number=1).update(body=body)
    record_event("failed", "No to 29AAGCB7383J1Z4 of paycold9.", at=clock.now(), order=order)

    erase_one(order)

    kept = stored()
    assert ("29aagcb7383j1z4" in kept, "paycold9" in kept) == (False, False)


def test_order_under_way_says_why_it_still_needs_its_buyer():
    order = make_order(order_number="BN-5")
    assert erasure.why_not(order) == (
        "Order BN-5 is still under way (received): it would go on without an address. Withdraw "
        "it, or ask again once it is manifested."
    )
    assert erase_one(order) == erasure.Erased()
    order.refresh_from_db()
    assert order.buyer_erased_at is None


@only_on.postgresql("row locks")
def test_orders_are_locked_before_they_are_judged():
    order = whole_order()

    with CaptureQueriesContext(connection) as queries:
        erase_one(order)

    read = next(each["sql"] for each in queries if 'FROM "integration_order" ' in each["sql"])
    assert read.endswith('FOR NO KEY UPDATE OF "integration_order"')
