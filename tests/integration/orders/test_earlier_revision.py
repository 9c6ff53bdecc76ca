"""A corrected order in doubt: is what EasyEcom shows this revision, or an earlier one?"""

from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from django.utils import timezone

from integration import easyecom as easyecom_wire
from integration.easyecom import FoundOrder
from integration.models import ApiCall, Event, Order, OrderReason, SyncJob
from integration.orders import earlier_revision, push
from tests.factories import ADDRESS, make_location, refuse
from tests.integration.conftest import NOT_FOUND, bodies, run
from tests.integration.easyecom.bodies import told
from tests.integration.orders.test_intake import accept, line
from tests.integration.orders.test_push import CREATE, FIND, created, found, make_due

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

KARNATAKA = ADDRESS | {"state": "Karnataka"}
ODISHA = ADDRESS | {"state": "Odisha"}


@pytest.fixture
def order():
    """Refused for its state and corrected; not sent again yet."""
    location = make_location()
    refuse(accept(location, shipping_address=KARNATAKA).order)
    return accept(location, shipping_address=ODISHA).order


def lose_the_answer(easyecom: responses.RequestsMock, order: Order, **shown: Any) -> None:
    """The corrected order is sent, no answer comes, and the look-up shows this."""
    easyecom.post(CREATE, body=requests.ReadTimeout())
    run(order.sync_job)
    make_due(order)
    easyecom.get(FIND, json=found(order, **shown))
    run(order.sync_job)
    order.refresh_from_db()


def test_the_next_push_carries_the_new_facts(easyecom, order):
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    (body,) = bodies(easyecom, "createOrder")
    assert body["customer"][0]["shipping"]["state"] == "Odisha"
    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")


def test_every_call_names_the_revision_that_it_was_made_for(easyecom, order):
    lose_the_answer(easyecom, order, state="Odisha")

    calls = ApiCall.objects.filter(order=order).order_by("pk")
    assert list(calls.values_list("kind", "revision")) == [("create_order", 2), ("find_order", 2)]


def test_what_shows_the_corrected_state_is_adopted(easyecom, order):
    lose_the_answer(easyecom, order, state="odisha", city="Pune")

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")


def test_what_shows_the_old_state_is_an_earlier_revision_and_never_adopted(easyecom, order):
    lose_the_answer(easyecom, order, state="Karnataka", city="Pune")

    assert (order.stage, order.easyecom_invoice_id, order.doubt) == ("received", "", "unknown")
    assert order.blocked_reason == OrderReason.CONFLICT
    assert order.blocked_detail == "It is revision 1 of the order, and ours is 2."
    assert order.sync_job.api_calls.filter(kind="create_order").count() == 1


def test_two_revisions_that_are_sent_alike_are_one_to_easyecom(easyecom):
    location = make_location()
    refuse(accept(location, shipping_address=ADDRESS | {"state": "Orissa"}).order)
    order = accept(location, shipping_address=ODISHA).order
    assert order.revision == 2

    lose_the_answer(easyecom, order)

    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")


@pytest.mark.parametrize("shown", [{}, {"state": "MASKED"}, {"city": "Pune"}, {"state": None}])
def test_what_shows_nothing_that_tells_is_left_to_a_person(easyecom, order, shown):
    lose_the_answer(easyecom, order, **shown)

    assert (order.stage, order.blocked_reason) == ("received", OrderReason.CONFLICT)
    assert order.blocked_detail == (
        "It may be revision 1 of the order: EasyEcom shows nothing that tells."
    )


def test_a_duplicate_of_the_corrected_order_is_looked_at_as_closely(easyecom, order):
    taken = f"Order Number {order.order_number} already exists within the Company."
    easyecom.post(CREATE, json={"code": 400, "message": taken, "data": []})
    easyecom.get(FIND, json=found(order, state="Karnataka"))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("received", OrderReason.CONFLICT)


def test_an_order_of_one_revision_is_adopted_as_ever(easyecom):
    order = accept(make_location(), shipping_address=KARNATAKA).order

    lose_the_answer(easyecom, order)

    assert order.stage == "awaiting_carrier"


def test_an_earlier_revision_that_was_never_sent_is_no_question(easyecom):
    location = make_location()
    accept(location, shipping_address=KARNATAKA)
    order = accept(location, shipping_address=ODISHA).order

    lose_the_answer(easyecom, order)

    assert order.stage == "awaiting_carrier"


@pytest.mark.parametrize(
    ("first", "second", "shown", "detail"),
    [
        (
            {"lines": [line(sku="KURTA-M")]},
            {"lines": [line(sku="KURTA-L")]},
            {"order_items": [{"sku": "kurta-m", "item_quantity": 2}]},
            "It is revision 1 of the order, and ours is 2.",
        ),
        (
            {"lines": [line(unit_price=Decimal("133.00"))]},
            {},
            {"total_amount": "286.00"},
            "It is revision 1 of the order, and ours is 2.",
        ),
        (
            {"collectable_amount": Decimal("200.00")},
            {},
            {"collectable_amount": 200},
            "It is revision 1 of the order, and ours is 2.",
        ),
        (
            {"shipping_address": ADDRESS | {"phone": "9811100001"}},
            {},
            {"contact_num": "+91 98111 00001"},
            "It is revision 1 of the order, and ours is 2.",
        ),
        ({"collectable_amount": Decimal("200.00")}, {}, {"collectable_amount": 266}, ""),
        (
            {"shipping_address": ADDRESS | {"phone": "9811100001"}},
            {},
            {"contact_num": "09811100000"},
            "",
        ),
        (
            {"lines": [line(sku="KURTA-M")]},
            {},
            {"order_items": [{"sku": "KURTA-RED-M", "item_quantity": 2}]},
            "",
        ),
        ({"billing_address": KARNATAKA}, {}, {"billing_state": "Karnataka"}, None),
    ],
)
def test_whatever_tells_two_revisions_apart_tells_which_it_is(
    easyecom, first, second, shown, detail
):
    location = make_location()
    refuse(accept(location, **first).order)
    order = accept(location, **second).order

    lose_the_answer(easyecom, order, **shown)

    if detail == "":
        assert order.stage == "awaiting_carrier"
    else:
        expected = detail or "It is revision 1 of the order, and ours is 2."
        assert (order.stage, order.blocked_detail) == ("received", expected)


def test_a_look_up_that_shows_it_after_all_holds_back_what_a_person_sent_on(easyecom, order):
    """The person said "not there" while the look-up was on its way."""
    asked = easyecom_wire.find_order(order.order_number)
    answer = easyecom_wire.read(asked, 200, {}, told(**found(order, state="Karnataka")))

    push.settle(order, easyecom_wire.Kind.FIND_ORDER, answer, timezone.now())

    order.refresh_from_db()
    assert (order.doubt, order.blocked_reason) == ("accepted", OrderReason.CONFLICT)


def test_a_late_refusal_of_the_second_revision_tells_its_own_lines(easyecom, order):
    lines = [{"OrderItemId": "BN-1-1", "Sku": "KURTA-RED-M", "Message": "Tax Rate Not Set"}]
    refusal = {"code": 400, "message": "Error creating order", "data": lines}
    easyecom.post(CREATE, json=refusal)
    easyecom.get(FIND, json=NOT_FOUND)

    job = run(order.sync_job)

    order.refresh_from_db()
    assert job.status == SyncJob.Status.FAILED
    assert order.blocked_message == (
        "EasyEcom refused the order. Error creating order: KURTA-RED-M: Tax Rate Not Set"
    )
    assert order.blocked_lines == [
        {"line_id": "BN-1-1", "sku": "KURTA-RED-M", "message": "Tax Rate Not Set"}
    ]
    assert Event.objects.filter(kind="failed").latest("pk").sentence == order.blocked_message


# What is compared --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "compared"),
    [
        ("city", " New-Delhi 1 ", "newdelhi1"),
        ("phone", "+91 98111 00000", "9811100000"),
        ("phone", "12345", "12345"),
        ("line1", "+91 98111 00000", "919811100000"),
        ("name", "", ""),
    ],
)
def test_letters_and_digits_alone_are_compared(name, value, compared):
    assert earlier_revision.plain(name, value) == compared


BODY = {
    "collectable_amount": "266.00",
    "shipping_charge": "20.00",
    "discount": "3.00",
    "lines": [
        {"sku": "Scarf", "quantity": 3, "unit_price": "20.00", "discount": "6.00"},
        {"sku": "KURTA", "quantity": 2, "unit_price": "123.00", "discount": "0.00"},
    ],
    "shipping_address": {"city": "Pune", "phone": "+91 98111 00000"},
    "billing_address": {"city": "Navi Mumbai", "phone": ""},
}


def test_signs_of_a_body():
    assert earlier_revision.signs_of(BODY) == {
        "collectable": "266.00",
        "lines": "kurta×2 scarf×3",
        "total": "317.00",
        "shipping.city": "pune",
        "shipping.phone": "9811100000",
        "billing.city": "navimumbai",
        "billing.phone": "",
    }


def invoice(**fields):
    nothing = dict.fromkeys(FoundOrder.__dataclass_fields__, "")
    empty = {"total": None, "lines": (), "collectable": None, "buyer": ()}
    return FoundOrder(**(nothing | empty | fields))


BUYER = (("shipping.city", " Pune "), ("billing.phone", "+91 98111 00000"))
WHOLE = invoice(
    total=Decimal("217"),
    collectable=Decimal("100.5"),
    buyer=BUYER,
    lines=(("Scarf", 3),),
)


@pytest.mark.parametrize(
    ("found", "signs"),
    [
        ([invoice()], {}),
        (
            [WHOLE],
            {
                "shipping.city": "pune",
                "billing.phone": "9811100000",
                "total": "217.00",
                "collectable": "100.50",
                "lines": "scarf×3",
            },
        ),
        # A split order's money and lines are its invoices' together; its buyer is the first's.
        (
            [WHOLE, invoice(total=Decimal(100), collectable=Decimal(0), lines=(("KURTA", 2),))],
            {
                "shipping.city": "pune",
                "billing.phone": "9811100000",
                "total": "317.00",
                "collectable": "100.50",
                "lines": "kurta×2 scarf×3",
            },
        ),
        # What one of them leaves out is not known of the order.
        (
            [invoice(total=Decimal(1), lines=(("A", 1), ("B", None))), invoice()],
            {},
        ),
        ([invoice(lines=(("A", 1), ("", 2)))], {}),
    ],
)
def test_signs_of_a_look_up(found, signs):
    assert earlier_revision.shown_signs(found) == signs


def test_body_as_it_was_sent_has_whoever_pays_and_plain_addresses():
    body = {"shipping_address": {"city": " Pune"}, "billing_address": None, "discount": "0.00"}
    sent = earlier_revision.sent_body(body)
    assert (sent["discount"], sent["shipping_address"]["city"]) == ("0.00", "Pune")
    assert sent["billing_address"]["city"] == "Pune"

    paid = earlier_revision.sent_body(body | {"billing_address": {"city": " Surat"}})
    assert (paid["billing_address"]["city"], paid["shipping_address"]["city"]) == ("Surat", "Pune")
