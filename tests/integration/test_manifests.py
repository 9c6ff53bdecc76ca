import itertools
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from integration import inbox, manifests
from integration.models import Change, Delivery, Doubt, Event, ParkedLine, StockEntry, SyncJob
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.deliveries import manifest_row, manifested

pytestmark = pytest.mark.django_db

MANIFESTED_AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.fixture
def order():
    return pushed(make_order())


def come_in(order, **fields):
    delivery = manifested(order.location, manifest_row(order, **fields))
    inbox.drain()
    delivery.refresh_from_db()
    order.refresh_from_db()
    return delivery


def changes(order):
    rows = Change.objects.filter(order=order).order_by("pk")
    return [(change.type, change.data) for change in rows]


def parked(delivery):
    lines = ParkedLine.objects.filter(delivery=delivery)
    return [(line.line, line.reason, line.order_number) for line in lines]


def test_a_manifest_raises_the_order_and_tells_booon(order):
    shipment = make_shipment(order, courier="Delhivery", awb_number="8900000001")

    delivery = come_in(order)

    assert order.stage == "manifested"
    assert order.manifested_at == MANIFESTED_AT
    assert order.manifest_number == "MAN-7"
    assert order.manifest_label_url == "https://files.easyecom.test/label.pdf"
    assert order.manifest_invoice_url == "https://files.easyecom.test/invoice.pdf"
    assert (delivery.status, delivery.lines, delivery.lines_applied) == ("applied", 1, 1)
    number = order.order_number
    assert changes(order) == [
        (
            "order.stage_changed",
            {"order_number": number, "stage": "manifested", "previous": "awaiting_carrier"},
        ),
        (
            "order.manifested",
            {
                "order_number": number,
                "manifest_number": "MAN-7",
                "manifested_at": "2026-11-23T08:30:00Z",
                "courier": shipment.courier,
                "awb_number": shipment.awb_number,
                "easyecom_invoice_id": order.easyecom_invoice_id,
            },
        ),
    ]
    event = Event.objects.get(order=order, kind="manifest")
    assert (event.delivery, event.actor) == (delivery, "easyecom")
    assert f"delivery {delivery.pk}" in event.sentence


def test_the_same_shipment_again_changes_nothing(order):
    come_in(order)
    before = (changes(order), Event.objects.count(), order.updated_at)

    again = come_in(order, manifest_no="MAN-8")

    assert (again.status, again.lines_applied) == ("applied", 1)
    told = Event.objects.get(kind="repeated", order=order, delivery=again)
    assert told.actor == "easyecom"
    others = Event.objects.exclude(pk=told.pk).count()
    assert (changes(order), others, order.updated_at) == before
    assert order.manifest_number == "MAN-7"


def test_the_same_shipment_twice_in_one_body_is_one_fact(order):
    row = manifest_row(order)
    delivery = manifested(order.location, row, row)
    inbox.drain()

    delivery.refresh_from_db()
    assert delivery.lines_applied == 2
    assert [kind for kind, _ in changes(order)] == ["order.stage_changed", "order.manifested"]


def test_it_is_evidence_of_a_push_that_was_in_doubt():
    order = make_order(
        doubt=Doubt.UNKNOWN,
        doubt_since=timezone.now(),
        look_ups=2,
        push_begun_at=timezone.now(),
        blocked_reason="in_doubt",
        blocked_detail="no answer",
    )
    come_in(order)

    assert order.stage == "manifested"
    assert (order.doubt, order.doubt_since, order.look_ups) == ("", None, 0)
    assert (order.blocked_reason, order.blocked_detail) == ("", "")
    assert (order.easyecom_invoice_id, order.easyecom_order_id) == ("654999001", "558999001")
    assert order.pushed_at is not None
    assert changes(order)[0][1]["previous"] == "received"


def test_an_order_that_we_never_began_to_push_is_taken_as_sent():
    order = make_order()
    come_in(order)

    assert order.stage == "manifested"
    assert order.push_begun_at is not None


def test_it_is_found_by_invoice_alone(order):
    delivery = come_in(order, reference_code=None)

    assert order.stage == "manifested"
    assert delivery.status == "applied"


def test_it_is_found_by_number_when_a_second_location_of_the_seller_ships_it(order):
    other = make_location(seller=order.seller)
    manifested(other, manifest_row(order, location_key=other.location_key))
    inbox.drain()

    order.refresh_from_db()
    assert order.stage == "manifested"


def test_another_sellers_order_of_the_same_number_is_left_alone(order):
    stranger = make_order(order_number=order.order_number)
    come_in(order)

    stranger.refresh_from_db()
    assert stranger.stage == "received"


def test_a_manifest_for_another_sellers_order_is_parked(order):
    stranger = make_location()
    delivery = manifested(stranger, manifest_row(order, location_key=stranger.location_key))
    inbox.drain()

    order.refresh_from_db()
    assert order.stage == "awaiting_carrier"
    assert parked(delivery) == [(0, "unknown_order", order.order_number)]


def test_without_a_manifest_date_the_time_of_receipt_counts(order):
    come_in(order, manifest_date="0000-00-00 00:00:00")

    assert order.manifested_at == deliveries.RECEIVED_AT


def test_another_invoice_of_the_order_is_parked_and_never_overwrites(order):
    ours = order.easyecom_invoice_id

    delivery = come_in(order, invoice_id=1)

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", ours)
    assert (delivery.status, delivery.reason) == ("parked", "conflict")
    assert parked(delivery) == [(0, "conflict", order.order_number)]
    assert changes(order) == []


def test_another_order_id_is_parked_where_the_invoice_was_not_known():
    order = make_order(easyecom_order_id="77", push_begun_at=timezone.now())
    delivery = come_in(order, order_id=78)

    assert order.stage == "received"
    assert parked(delivery) == [(0, "conflict", order.order_number)]


def test_another_order_id_beside_the_right_invoice_is_only_noted(order):
    ours = order.easyecom_order_id

    come_in(order, order_id=78)

    assert (order.stage, order.easyecom_order_id) == ("manifested", ours)
    assert "order id is 78" in Event.objects.get(kind="manifest_differs").sentence


def test_an_invoice_of_one_order_under_the_number_of_another_is_a_conflict(order):
    other = pushed(make_order(order.location))

    delivery = come_in(order, reference_code=other.order_number)

    other.refresh_from_db()
    assert (order.stage, other.stage) == ("awaiting_carrier", "awaiting_carrier")
    assert parked(delivery) == [(0, "conflict", other.order_number)]


def test_a_split_order_is_raised_by_the_part_that_has_its_invoice(order):
    number = order.order_number
    rows = [
        manifest_row(order, reference_code=f"{number}_OR1"),
        manifest_row(order, reference_code=f"{number}_OR2", invoice_id=1),
    ]
    delivery = manifested(order.location, *rows)
    inbox.drain()

    order.refresh_from_db()
    delivery.refresh_from_db()
    assert order.stage == "manifested"
    assert (delivery.status, delivery.lines, delivery.lines_applied) == ("partly", 2, 1)
    assert parked(delivery) == [(1, "conflict", number)]


def test_a_known_order_without_any_invoice_id_is_parked():
    order = make_order()
    delivery = come_in(order, invoice_id=None)

    assert order.stage == "received"
    assert parked(delivery) == [(0, "no_invoice_id", order.order_number)]


def test_a_withdrawn_order_stays_withdrawn():
    order = make_order(stage="withdrawn")
    delivery = come_in(order)

    assert order.stage == "withdrawn"
    assert parked(delivery) == [(0, "withdrawn_order", order.order_number)]


def test_another_awb_and_courier_raise_the_stage_and_are_noted(order):
    make_shipment(order, courier="BlueDart", awb_number="1")

    come_in(order)

    assert order.stage == "manifested"
    assert changes(order)[1][1]["awb_number"] == "8900000001"
    sentence = Event.objects.get(kind="manifest_differs").sentence
    assert "AWB is 8900000001, Booon gave 1" in sentence
    assert "courier is Delhivery, Booon gave BlueDart" in sentence


def test_an_e_mail_address_is_no_courier(order):
    make_shipment(order, courier="BlueDart", awb_number="8900000001")

    come_in(order, courier="care@easyecom.io")

    assert changes(order)[1][1]["courier"] == "BlueDart"
    assert Event.objects.filter(kind="manifest").exists()


def test_a_link_too_long_for_its_column_and_one_that_is_no_https_are_left_out(order):
    documents = {"label": "javascript:alert(1)", "easyecom_invoice": f"https://a.test/{'x' * 1500}"}

    come_in(order, documents=documents)

    assert order.stage == "manifested"
    assert (order.manifest_label_url, order.manifest_invoice_url) == ("", "")


def test_ids_too_long_for_their_columns_are_parked():
    order = make_order()
    delivery = come_in(order, invoice_id="9" * 40)

    assert order.stage == "received"
    assert parked(delivery) == [(0, "bad_text", order.order_number)]


def test_the_job_is_left_as_it_is(order):
    before = SyncJob.objects.filter(order=order).values().get()
    come_in(order)

    assert SyncJob.objects.filter(order=order).values().get() == before


def test_an_unknown_order_waits_and_is_applied_when_the_order_appears():
    location = make_location()
    row = manifest_row(reference_code="BN-EARLY_OR1", invoice_id=42)
    delivery = manifested(location, row)
    stranger = manifested(make_location(), row)
    inbox.drain()
    assert parked(delivery) == [(0, "unknown_order", "BN-EARLY")]

    order = make_order(location, order_number="BN-EARLY")
    assert manifests.await_again([order]) == 1
    inbox.drain()

    order.refresh_from_db()
    delivery.refresh_from_db()
    stranger.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("manifested", "42")
    assert (delivery.status, delivery.times_applied) == ("applied", 2)
    assert parked(delivery) == []
    assert (stranger.status, stranger.times_applied) == ("parked", 1)


def test_an_order_that_came_while_its_manifest_was_being_parked_is_not_missed(monkeypatch):
    location = make_location()
    delivery = manifested(location, manifest_row(reference_code="BN-RACE", invoice_id=42))
    write = inbox.write_verdicts

    def write_and_let_the_order_in(readings, now):
        write(readings, now)
        monkeypatch.setattr(inbox, "write_verdicts", write)
        make_order(location, order_number="BN-RACE")

    monkeypatch.setattr(inbox, "write_verdicts", write_and_let_the_order_in)
    inbox.drain()

    delivery.refresh_from_db()
    assert delivery.status == "applied"


def test_looking_again_asks_for_those_whose_order_came_and_no_others():
    location = make_location()
    came = manifested(location, manifest_row(reference_code="BN-CAME", invoice_id=42))
    missing = manifested(location, manifest_row(reference_code="BN-MISSING", invoice_id=43))
    inbox.drain()
    make_order(location, order_number="BN-CAME")

    assert manifests.look_again() == 1
    assert [one.pk for one in Delivery.objects.filter(status="stored")] == [came.pk]
    assert missing.parked_lines.count() == 1


def test_a_delivery_whose_body_is_gone_is_not_asked_for_again():
    location = make_location()
    manifested(location, manifest_row(reference_code="BN-OLD", invoice_id=42))
    inbox.drain()
    Delivery.objects.update(body=b"", body_deleted_at=timezone.now())

    assert manifests.await_again([make_order(location, order_number="BN-OLD")]) == 0


@pytest.mark.parametrize("turn", range(6))
def test_any_order_of_three_deliveries_and_their_repeats_ends_the_same(order, turn):
    rows = [
        manifest_row(order),
        manifest_row(order, order_status="Delivered"),
        manifest_row(order, courier=None, awb_number=None),
    ]
    for row in list(itertools.permutations(rows))[turn] * 2:
        manifested(order.location, row)
        inbox.drain()

    order.refresh_from_db()
    assert (order.stage, order.manifested_at) == ("manifested", MANIFESTED_AT)
    assert [kind for kind, _ in changes(order)] == ["order.stage_changed", "order.manifested"]
    assert StockEntry.objects.count() == 0


def test_a_v1_body_is_read_too(order):
    row = manifest_row(order)
    row["suborders"] = row.pop("order_items")
    deliveries.stored(order.location, "manifested", {"orders": [row], "nextUrl": None})
    inbox.drain()

    order.refresh_from_db()
    assert order.stage == "manifested"


def test_more_orders_than_a_look_up_chunk_are_all_found(monkeypatch):
    monkeypatch.setattr(manifests, "LOOK_UP_CHUNK", 2)
    location = make_location()
    orders = [pushed(make_order(location)) for _ in range(5)]
    delivery = manifested(location, *(manifest_row(order) for order in orders))
    inbox.drain()

    delivery.refresh_from_db()
    assert delivery.lines_applied == 5
    assert Change.objects.filter(type="order.manifested").count() == 5
