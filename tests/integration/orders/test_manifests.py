import itertools
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from integration.easyecom import Manifest
from integration.models import (
    Change,
    Delivery,
    Doubt,
    Event,
    MissedDelivery,
    ParkedLine,
    StockEntry,
    SyncJob,
)
from integration.orders import manifests
from integration.orders.manifests import Parked
from integration.webhooks import processing
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
    processing.drain()
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
    processing.drain()

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
    processing.drain()

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
    processing.drain()

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
    processing.drain()

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
    processing.drain()
    assert parked(delivery) == [(0, "unknown_order", "BN-EARLY")]

    order = make_order(location, order_number="BN-EARLY")
    assert manifests.retry_for_orders([order]) == 1
    processing.drain()

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
    write = processing.record_outcomes

    def write_and_let_the_order_in(readings, now):
        write(readings, now)
        monkeypatch.setattr(processing, "record_outcomes", write)
        make_order(location, order_number="BN-RACE")

    monkeypatch.setattr(processing, "record_outcomes", write_and_let_the_order_in)
    processing.drain()

    delivery.refresh_from_db()
    assert delivery.status == "applied"


def test_looking_again_asks_for_those_whose_order_came_and_no_others():
    location = make_location()
    came = manifested(location, manifest_row(reference_code="BN-CAME", invoice_id=42))
    missing = manifested(location, manifest_row(reference_code="BN-MISSING", invoice_id=43))
    processing.drain()
    make_order(location, order_number="BN-CAME")

    assert manifests.retry_unknown() == 1
    assert [one.pk for one in Delivery.objects.filter(status="stored")] == [came.pk]
    assert missing.parked_lines.count() == 1


def test_a_delivery_whose_body_is_gone_is_not_asked_for_again():
    location = make_location()
    manifested(location, manifest_row(reference_code="BN-OLD", invoice_id=42))
    processing.drain()
    Delivery.objects.update(body=b"", body_deleted_at=timezone.now())

    assert manifests.retry_for_orders([make_order(location, order_number="BN-OLD")]) == 0


@pytest.mark.parametrize("turn", range(6))
def test_any_order_of_three_deliveries_and_their_repeats_ends_the_same(order, turn):
    rows = [
        manifest_row(order),
        manifest_row(order, order_status="Delivered"),
        manifest_row(order, courier=None, awb_number=None),
    ]
    for row in list(itertools.permutations(rows))[turn] * 2:
        manifested(order.location, row)
        processing.drain()

    order.refresh_from_db()
    assert (order.stage, order.manifested_at) == ("manifested", MANIFESTED_AT)
    assert [kind for kind, _ in changes(order)] == ["order.stage_changed", "order.manifested"]
    assert StockEntry.objects.count() == 0


def test_a_v1_body_is_read_too(order):
    row = manifest_row(order)
    row["suborders"] = row.pop("order_items")
    deliveries.stored(order.location, "manifested", {"orders": [row], "nextUrl": None})
    processing.drain()

    order.refresh_from_db()
    assert order.stage == "manifested"


def test_more_orders_than_a_look_up_chunk_are_all_found(monkeypatch):
    monkeypatch.setattr(manifests, "LOOK_UP_CHUNK", 2)
    location = make_location()
    orders = [pushed(make_order(location)) for _ in range(5)]
    delivery = manifested(location, *(manifest_row(order) for order in orders))
    processing.drain()

    delivery.refresh_from_db()
    assert delivery.lines_applied == 5
    assert Change.objects.filter(type="order.manifested").count() == 5


def test_invoice_that_is_learnt_in_a_batch_is_known_to_the_rest_of_it():
    order = make_order()
    told_first = manifested(order.location, manifest_row(order, invoice_id=42))
    by_invoice = manifested(order.location, manifest_row(order, invoice_id=42, reference_code=None))
    other_invoice = manifested(order.location, manifest_row(order, invoice_id=43))
    processing.drain()

    for delivery in (told_first, by_invoice, other_invoice):
        delivery.refresh_from_db()
    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("manifested", "42")
    statuses = [each.status for each in (told_first, by_invoice, other_invoice)]
    assert statuses == ["applied", "applied", "parked"]
    assert Event.objects.filter(order=order, kind="repeated", delivery=by_invoice).exists()
    assert parked(other_invoice) == [(0, "conflict", order.order_number)]


def test_order_whose_own_number_ends_like_a_split_gets_its_manifest_too():
    location = make_location()
    manifested(location, manifest_row(reference_code="BN-7_OR2", invoice_id=42))
    processing.drain()
    order = make_order(location, order_number="BN-7_OR2")

    assert manifests.retry_for_orders([order]) == 1
    processing.drain()

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("manifested", "42")


@pytest.mark.parametrize(
    ("name", "length", "is_parked"),
    [
        ("invoice_id", 32, False),
        ("invoice_id", 33, True),
        ("order_id", 32, False),
        ("order_id", 33, True),
    ],
)
def test_ids_are_taken_up_to_the_length_of_their_columns(name, length, is_parked):
    order = make_order()
    delivery = come_in(order, **{name: "9" * length})

    assert (order.stage == "received") == is_parked
    assert [why for _, why, _ in parked(delivery)] == (["bad_text"] if is_parked else [])


@pytest.mark.parametrize(("length", "is_kept"), [(1000, True), (1001, False)])
def test_link_is_kept_whole_up_to_the_length_of_its_column(order, length, is_kept):
    label, invoice = (f"https://{name}.test/".ljust(length, "x") for name in "ab")
    come_in(order, documents={"label": label, "easyecom_invoice": invoice})

    assert order.manifest_label_url == (label if is_kept else "")
    assert order.manifest_invoice_url == (invoice if is_kept else "")


def test_order_keeps_when_it_was_pushed_and_what_it_was_pushed_as():
    begun, sent = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (6, 7))
    order = pushed(make_order())
    order.change(push_begun_at=begun, pushed_at=sent)
    ids = (order.easyecom_order_id, order.easyecom_invoice_id)

    come_in(order)

    assert (order.push_begun_at, order.pushed_at) == (begun, sent)
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == ids


@pytest.mark.parametrize(
    ("told", "awb", "courier", "noted"),
    [
        ({}, "8900000001", "Delhivery", False),
        ({"awb_number": None, "courier": None}, "8900000001", "Delhivery", False),
        ({"courier": "DELHIVERY"}, "8900000001", "DELHIVERY", False),
        ({"awb_number": "2"}, "2", "Delhivery", True),
        ({"courier": "Xpress"}, "8900000001", "Xpress", True),
    ],
)
def test_what_the_manifest_leaves_out_is_as_booon_gave_it(order, told, awb, courier, noted):
    make_shipment(order, courier="Delhivery", awb_number="8900000001")

    come_in(order, **told)

    learnt = changes(order)[1][1]
    assert (learnt["awb_number"], learnt["courier"]) == (awb, courier)
    assert Event.objects.filter(order=order, kind="manifest_differs").exists() == noted


def test_manifest_of_an_order_without_details_tells_what_it_says_itself(order):
    come_in(order, awb_number="77", courier="Xpress", manifest_no=None)

    learnt = changes(order)[1][1]
    assert (learnt["awb_number"], learnt["courier"]) == ("77", "Xpress")
    assert learnt["manifest_number"] is None
    assert not Event.objects.filter(kind="manifest_differs").exists()


def test_only_parked_lines_of_an_unknown_order_are_asked_for_again():
    """One that is parked for another reason would be judged the same again."""
    location = make_location()
    order = make_order(location, stage="withdrawn", order_number="BN-GONE")
    manifested(location, manifest_row(reference_code="BN-GONE", invoice_id=42))
    processing.drain()

    assert manifests.retry_for_orders([order]) == 0
    assert manifests.retry_unknown() == 0


def test_look_for_the_unknown_is_of_the_deliveries_that_are_named():
    location = make_location()
    first, second = (
        manifested(location, manifest_row(reference_code=f"BN-{n}", invoice_id=n)) for n in (1, 2)
    )
    processing.drain()
    for n in (1, 2):
        make_order(location, order_number=f"BN-{n}")

    assert manifests.retry_unknown([]) == 0
    assert manifests.retry_unknown([first.pk]) == 1
    assert [one.pk for one in Delivery.objects.filter(status="stored")] == [first.pk]
    # It is asked for already.
    assert manifests.retry_unknown([first.pk]) == 0
    assert manifests.retry_unknown() == 1
    assert second.parked_lines.count() == 1


# What is looked for, and what is said ------------------------------------------------------------


def told(location, **fields):
    """One manifest as a webhook tells it."""
    nothing = dict.fromkeys(Manifest.__dataclass_fields__, "")
    return Delivery(location=location), Manifest(**(nothing | {"manifested_at": None} | fields))


def test_only_orders_that_are_named_are_looked_for_and_locked():
    location = make_location()
    plain, split, billed, other = (pushed(make_order(location)) for _ in range(4))
    make_order(order_number=plain.order_number)
    batch = [
        told(location, order_number=plain.order_number),
        told(location, order_number=f"{split.order_number}_OR2"),
        told(location, invoice_id=billed.easyecom_invoice_id),
        told(location, order_number="BN-nobody"),
    ]

    assert manifests.meant(batch) == [plain.pk, split.pk, billed.pk]
    assert list(manifests.locked([other.pk, plain.pk])) == [plain, other]


def test_look_up_goes_in_chunks(monkeypatch):
    monkeypatch.setattr(manifests, "LOOK_UP_CHUNK", 2)
    assert list(manifests.chunks("abcde")) == [["a", "b"], ["c", "d"], ["e"]]


def test_why_a_manifest_is_parked_is_said_in_a_sentence():
    location = make_location()
    order = make_order(location)
    orders = manifests.Orders([told(location, order_number=order.order_number)])

    with pytest.raises(Parked, match=r"^unknown_order$") as unknown:
        orders.find(location.seller_id, told(location)[1])
    with pytest.raises(Parked, match=r"^bad_text$") as too_long:
        manifests.check(order, told(location, invoice_id="9" * 33)[1])

    assert unknown.value.message == "No order of that invoice."
    assert too_long.value.message == "Its ids are longer than 32 characters."


def test_all_that_differs_is_said_in_one_sequence(order):
    order.change(easyecom_order_id="77")
    shipment = make_shipment(order, courier="Delhivery", awb_number="8901")
    _, manifest = told(order.location, order_id="78", awb_number="8902", courier="Xpress")

    assert manifests.difference(order, shipment, manifest) == (
        " Its order id is 78, ours 77. Its AWB is 8902, Booon gave 8901. "
        "Its courier is Xpress, Booon gave Delhivery."
    )


def test_manifest_that_no_webhook_told_of_is_noted_with_when_it_was_found(order):
    delivery, manifest = told(order.location, invoice_id=order.easyecom_invoice_id)
    delivery.source, delivery.received_at = "reconciled", MANIFESTED_AT
    delivery.save()
    now = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)

    assert manifests.apply([(delivery, manifest)], now) == []

    missed = MissedDelivery.objects.get()
    assert (missed.order, missed.found_by, missed.due_at) == (order, delivery, MANIFESTED_AT)
    assert missed.found_at == now
