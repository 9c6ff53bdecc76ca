"""A refused order is put right at every entrance: by PUT, in bulk, in a file, and on its page,
which takes and refuses what the others do."""

import copy
from typing import Any

import pytest
from django.test import Client

from integration.models import Order, SyncJob
from sellers.models import Location
from tests.factories import make_location, make_seller, refuse
from tests.integration.admin.rows import make_superuser
from tests.integration.api.conftest import KEY, Api, make_key
from tests.integration.api.test_entrances import EXTENSIONS, GSTIN, PHONES, STATES
from tests.integration.conftest import API, CREATED, bodies, run
from tests.integration.entrances import ENTRANCES, Entrances, Give, by_mending, by_put, case

pytestmark = pytest.mark.django_db

CREATE = f"{API}/webhook/v2/createOrder"
REFUSED = "Unable to find states for given country Id"
COD = "payment.collectable_amount"


@pytest.fixture
def location() -> Location:
    return make_location(seller=make_seller(code="acme"), location_key="LOCATION_KEY")


@pytest.fixture
def doors(location: Location) -> Entrances:
    make_key()
    staff = Client()
    staff.force_login(make_superuser())
    return Entrances(Api(headers={"Authorization": f"Bearer {KEY}"}), staff)


@pytest.fixture(params=[*ENTRANCES.values(), by_mending], ids=[*ENTRANCES, "mend"])
def give(request: pytest.FixtureRequest) -> Give:
    return request.param


def body(**address: Any) -> dict[str, Any]:
    """The order of the cases, with another address."""
    found = copy.deepcopy(case("booon/27_gstin.json")["body"])
    del found["shipping_address"]["gstin"]
    found["shipping_address"] |= address
    return found


def refused(doors: Entrances, given: dict[str, Any] | None = None) -> Order:
    """An order that EasyEcom refused, BN-1."""
    assert by_put(doors, "BN-1", given or body()) == []
    return refuse(Order.objects.get(), REFUSED)


def sent(easyecom: Any) -> dict[str, Any]:
    """What EasyEcom gets of it now."""
    easyecom.post(CREATE, json=CREATED)
    run(SyncJob.objects.get())
    found: dict[str, Any] = bodies(easyecom, "createOrder")[-1]
    return found


def test_order_of_the_case_is_put_right_and_sent_under_its_number(doors, give, easyecom):
    _, first, _, second = case("booon/06_refused_order_corrected.json")["steps"]
    [wrong], [right] = first.values(), second.values()
    order = refused(doors, wrong)

    assert give(doors, "BN-1", right) == []

    order.refresh_from_db()
    assert (order.revision, order.shipping_address["state"]) == (2, "Odisha")
    call = sent(easyecom)
    assert call["orderNumber"] == "BN-1"
    assert call["customer"][0]["shipping"]["state"] == "Odisha"


@pytest.mark.parametrize("place", range(3))
def test_money_that_can_not_be_right_is_refused_by_its_field(doors, give, place):
    refused(doors)

    assert give(doors, "BN-1", case("booon/02_cod_without_collectable.json")["bodies"][place]) == [
        COD
    ]
    assert Order.objects.get().revision == 1


def test_amount_to_collect_can_not_be_mended_into_a_prepaid_order(doors):
    prepaid = body() | {"payment": {"mode": "prepaid"}}
    refused(doors, prepaid)

    given = prepaid | {"payment": {"mode": "prepaid", "collectable_amount": "266.00"}}
    by_mending(doors, "BN-1", given)

    assert Order.objects.get().collectable_amount == 0


def test_discount_of_more_than_the_order_costs_is_refused(doors, give):
    """Of the order in the case: with this price its discount is too much."""
    given = body() | {"discount": "200.00", "payment": {"mode": "cod", "collectable_amount": "66"}}
    refused(doors, given)
    dear = copy.deepcopy(given) | {"payment": {"mode": "cod", "collectable_amount": "1"}}
    dear["lines"][0]["unit_price"] = "10.00"

    assert give(doors, "BN-1", dear) == ["discount"]


@pytest.mark.parametrize(("typed", "name"), [pair for pair in STATES.items() if pair[0]])
def test_state_goes_out_by_its_name(doors, easyecom, typed, name):
    order = refused(doors)

    assert by_mending(doors, "BN-1", body(state=typed, line1="2 Test Road")) == []

    buyer = sent(easyecom)["customer"][0]
    assert buyer["shipping"]["state"] == buyer["billing"]["state"] == name
    order.refresh_from_db()
    assert order.shipping_address["state"] == typed


@pytest.mark.parametrize("state", ["", "\u200b", "Atlantis", "Bavaria"])
def test_state_that_india_has_not_is_refused(doors, give, state):
    refused(doors)

    assert give(doors, "BN-1", body(state=state)) == ["shipping_address.state"]


@pytest.mark.parametrize("field", ["name", "line1", "city", "pincode"])
@pytest.mark.parametrize("empty", ["", "\u2068\u2069", "\u00a0\u200d"])
def test_what_is_needed_and_empty_is_refused(doors, give, field, empty):
    refused(doors)

    assert give(doors, "BN-1", body(**{field: empty})) == [f"shipping_address.{field}"]


@pytest.mark.parametrize(("typed", "plain"), PHONES.items())
def test_phone_with_marks_that_nobody_sees_goes_out_plain(doors, easyecom, typed, plain):
    refused(doors, body(phone="9811111111"))

    assert by_mending(doors, "BN-1", body(phone=typed)) == []

    assert sent(easyecom)["customer"][0]["shipping"]["contact"] == plain


@pytest.mark.parametrize(("typed", "told"), EXTENSIONS.items())
def test_extension_goes_where_the_courier_sees_it(doors, easyecom, typed, told):
    refused(doors, body(phone="9811111111"))

    assert by_mending(doors, "BN-1", body(phone=typed, line2="Near the lake")) == []

    buyer = sent(easyecom)["customer"][0]["shipping"]
    assert buyer["contact"] == told[0]
    assert buyer["addressLine2"] == ", ".join(filter(None, ["Near the lake", told[1]]))


def test_phone_that_is_none_is_refused(doors, give):
    refused(doors)

    assert give(doors, "BN-1", body(phone="call me")) == ["shipping_address.phone"]


def test_field_that_is_emptied_is_absent(doors):
    refused(doors, body(line2="Near the lake", email="asha@buyer.test"))

    assert by_mending(doors, "BN-1", case("booon/10_null_texts.json")["bodies"][0]) == []

    address = Order.objects.get().shipping_address
    assert (address["phone"], address["line2"], address["email"]) == ("", "", "")


def test_buyers_gstin_is_mended(doors, give, easyecom):
    refused(doors)

    assert give(doors, "BN-1", body() | {"buyer_gstin": "27 aapfu 0939 f1zv"}) == []

    assert sent(easyecom)["customer"][0]["gst_number"] == GSTIN


def test_gstin_with_another_check_digit_is_refused(doors, give):
    refused(doors)
    wrong = case("booon/27_gstin.json")["body"]["shipping_address"]["gstin"]

    assert give(doors, "BN-1", body() | {"buyer_gstin": wrong}) == ["buyer_gstin"]


def test_sku_loses_marks_that_nobody_sees(doors, give, easyecom):
    refused(doors)
    order = body()
    order["lines"][0]["sku"] = "\u2068cafe\u0301\u200b-1\u2069"

    assert give(doors, "BN-1", order) == []

    assert sent(easyecom)["items"][0]["Sku"] == "caf\u00e9-1"
