"""What buyers type, and money, at every entrance; and what EasyEcom gets of it."""

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.easyecom import states_and_countries
from integration.models import Event, Order, Product, SyncJob, UnmappedSku
from integration.orders import addresses
from sellers.models import Location
from tests.examples import examples
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser
from tests.integration.api.conftest import Api
from tests.integration.conftest import API, CREATED, bodies, run
from tests.integration.entrances import ENTRANCES, Entrances, Give, case, in_bulk
from tests.integration.entrances import STATES as INDIA

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CREATE = f"{API}/webhook/v2/createOrder"
COD = "booon/02_cod_without_collectable.json"
STATES = case("booon/07_state_names.json")["states"]
PHONES = case("booon/08_phone_invisible.json")["phones"]
EXTENSIONS = {
    "9800000000 ext. 1234": ("9800000000", "Phone extension 1234"),
    "+1 213-555-0100 ext. 12345": ("+1 213-555-0100", "Phone extension 12345"),
    "9800000000 x12": ("9800000000", "Phone extension 12"),
    "9800000000#12": ("9800000000", "Phone extension 12"),
    "9800000000; 9800000001": ("9800000000", "Other phone 9800000001"),
    "9800000000 & 9800000001": ("9800000000", "Other phone 9800000001"),
    "Mob: 9800000000": ("9800000000", ""),
    "NA": ("", ""),
    "9800000000 (ext 5)": ("9800000000", "Phone: 9800000000 (ext 5)"),
    "९८०००००००० extension १२": ("9800000000", "Phone extension 12"),
}
GSTIN = "27AAPFU0939F1ZV"
FINGERPRINT = "55327f52e2b0fe9f73bdcc29fd1e73ff7a77cf1c3f3058b1c8ac75b2cf094388"


@pytest.fixture
def location() -> Location:
    return make_location(seller=make_seller(code="acme"), location_key="LOCATION_KEY")


@pytest.fixture
def doors(api: Api, location: Location) -> Entrances:
    staff = Client()
    staff.force_login(make_superuser())
    return Entrances(api, staff)


@pytest.fixture(params=ENTRANCES.values(), ids=ENTRANCES)
def give(request: pytest.FixtureRequest) -> Give:
    return request.param


def body(**address: Any) -> dict[str, Any]:
    """The order of the cases, with another address."""
    found = copy.deepcopy(case("booon/27_gstin.json")["body"])
    del found["shipping_address"]["gstin"]
    found["shipping_address"] |= address
    return found


def sent(easyecom: responses.RequestsMock, number: str) -> dict[str, Any]:
    """What EasyEcom got as the order's buyer."""
    easyecom.post(CREATE, json=CREATED)
    run(SyncJob.objects.get(order__order_number=number))
    found: dict[str, Any] = bodies(easyecom, "createOrder")[-1]["customer"][0]
    return found


@pytest.mark.parametrize("place", range(4))
def test_money_of_the_cases_is_refused_by_its_field(doors, give, place):
    wrong = give(doors, "BN-1", case(COD)["bodies"][place])

    assert wrong == ["payment.collectable_amount"]
    assert not Order.objects.exists()


def test_discount_of_more_than_the_order_costs_is_refused(doors, give):
    assert give(doors, "BN-1", case("booon/24_discount_over_total.json")["body"]) == ["discount"]


@pytest.mark.parametrize("collectable", [None, "0.00"])
def test_an_order_that_costs_nothing_is_prepaid(doors, give, collectable):
    free = body() | {"discount": "266.00"}
    free["payment"] = {"mode": "cod", "collectable_amount": collectable}

    assert give(doors, "BN-1", free) == []

    order = Order.objects.get()
    assert (order.payment_mode, order.collectable_amount) == ("prepaid", Decimal("0.00"))


@pytest.mark.parametrize("amount", ["0.01", "266.00"])
def test_cod_may_be_part_paid(doors, give, amount):
    part = body() | {"payment": {"mode": "cod", "collectable_amount": amount}}

    assert give(doors, "BN-1", part) == []
    assert Order.objects.get().collectable_amount == Decimal(amount)


@pytest.mark.parametrize(("typed", "name"), [pair for pair in STATES.items() if pair[0]])
def test_easyecom_gets_the_state_by_its_name(doors, easyecom, typed, name):
    assert in_bulk(doors, "BN-1", body(state=typed)) == []

    buyer = sent(easyecom, "BN-1")

    assert buyer["shipping"]["state"] == buyer["billing"]["state"] == name
    assert Order.objects.get().shipping_address["state"] == typed


def test_a_spelling_is_taken_by_every_entrance(doors, give, easyecom):
    assert give(doors, "BN-1", body(state="Orissa", country="IN")) == []

    buyer = sent(easyecom, "BN-1")

    assert (buyer["shipping"]["state"], buyer["shipping"]["country"]) == ("Odisha", "India")


@pytest.mark.parametrize("state", ["", "\u200b", "Atlantis", "Maharashtra or Goa", "Bavaria"])
def test_a_state_that_india_has_not_is_refused_at_the_door(doors, give, state):
    assert give(doors, "BN-1", body(state=state)) == ["shipping_address.state"]


@pytest.mark.parametrize("country", ["Atlantis", "Inida", "undefined"])
def test_a_country_that_is_none_is_refused_at_the_door(doors, give, country):
    assert give(doors, "BN-1", body(country=country)) == ["shipping_address.country"]
    assert not Order.objects.exists()


@pytest.mark.parametrize("country", ["Bharat", "भारत", "IN", "Pune, India", "", "\u200bINDIA."])
def test_india_goes_to_easyecom_by_its_name_however_it_is_typed(doors, give, easyecom, country):
    assert give(doors, "BN-1", body(country=country)) == []

    assert sent(easyecom, "BN-1")["shipping"]["country"] == "India"


@pytest.mark.parametrize("country", ["UK", "U.S.A.", "日本", "नेपाल", "New York, USA"])
def test_a_country_of_any_usual_spelling_is_taken(doors, give, country):
    assert give(doors, "BN-1", body(country=country, pincode="10001")) == []


def test_other_countries_have_states_of_their_own(doors, give, easyecom):
    abroad = body(country="USA", state="Orissa", pincode="10001-12")

    assert give(doors, "BN-1", abroad) == []
    assert sent(easyecom, "BN-1")["shipping"]["state"] == "Orissa"


@pytest.mark.parametrize("field", ["name", "line1", "city", "pincode"])
@pytest.mark.parametrize("empty", ["", " ", "\u2068\u2069", "\u00a0\u200d"])
def test_what_is_needed_and_empty_is_refused_at_the_door(doors, give, field, empty):
    assert give(doors, "BN-1", body(**{field: empty})) == [f"shipping_address.{field}"]


@pytest.mark.parametrize(("typed", "plain"), PHONES.items())
def test_marks_that_nobody_sees_are_no_reason_to_refuse_a_phone(doors, easyecom, typed, plain):
    assert in_bulk(doors, "BN-1", body(phone=typed)) == []

    assert sent(easyecom, "BN-1")["shipping"]["contact"] == plain
    assert Order.objects.get().shipping_address["phone"] == typed


@pytest.mark.parametrize(("typed", "told"), EXTENSIONS.items())
def test_an_extension_goes_where_the_courier_sees_it(doors, easyecom, typed, told):
    assert in_bulk(doors, "BN-1", body(phone=typed, line2="Near the lake")) == []

    buyer = sent(easyecom, "BN-1")["shipping"]

    number, rest = told
    assert buyer["contact"] == number
    assert buyer["addressLine2"] == ", ".join(filter(None, ["Near the lake", rest]))


def test_every_phone_of_the_cases_is_taken(doors, give):
    for place, phone in enumerate(case("booon/09_phone_extension.json")["phones"]):
        assert give(doors, f"BN-{place}", body(phone=phone)) == []
    for place, phone in enumerate(PHONES, start=20):
        assert give(doors, f"BN-{place}", body(phone=phone)) == []


@pytest.mark.parametrize("phone", ["call me", "x12", "98000 a 00000 b c"])
def test_what_is_no_phone_number_is_still_refused(doors, give, phone):
    assert give(doors, "BN-1", body(phone=phone)) == ["shipping_address.phone"]


def test_an_address_as_it_is_pasted_from_a_chat_is_made_plain(doors, give, easyecom):
    pasted = body(
        name="\u2068Test Buyer\u2069",
        line1="1\u00a0Test\u200b Road",
        city="\ufeffPune",
        pincode="４１１\u00a0００१",
        email="buyer@example.com\u200e",
    )

    assert give(doors, "BN-1", pasted) == []

    buyer = sent(easyecom, "BN-1")["shipping"]
    assert buyer["name"] == "Test Buyer"
    assert (buyer["addressLine1"], buyer["city"]) == ("1 Test Road", "Pune")
    assert (buyer["postalCode"], buyer["email"]) == ("411001", "buyer@example.com")
    assert Order.objects.get().shipping_address["name"] == "\u2068Test Buyer\u2069"


@pytest.mark.parametrize("place", range(3))
def test_null_is_absent(doors, give, place):
    given = case("booon/10_null_texts.json")["bodies"][place]

    assert give(doors, "BN-1", given) == []


@pytest.mark.parametrize(
    "typed", [GSTIN, " 27aapfu0939f1zv ", "27 AAPFU 0939 F1ZV", "２７AAPFU0939F1ZV"]
)
def test_a_buyers_gstin_goes_to_easyecom(doors, give, easyecom, typed):
    assert give(doors, "BN-1", body() | {"buyer_gstin": typed}) == []

    assert sent(easyecom, "BN-1")["gst_number"] == GSTIN
    shown = doors.api.get("/api/v1/sellers/acme/orders/BN-1/").json()
    assert shown["buyer_gstin"] == GSTIN


@pytest.mark.parametrize("wrong", ["27AAAAA0000A1Z5", "27AAPFU0939F1ZW", "27AAPFU0939F1Z", "no"])
def test_a_gstin_with_another_check_digit_is_refused(doors, give, wrong):
    assert give(doors, "BN-1", body() | {"buyer_gstin": wrong}) == ["buyer_gstin"]


def test_an_order_without_gstin_says_nothing_of_it(doors, easyecom):
    in_bulk(doors, "BN-1", body())

    assert "gst_number" not in sent(easyecom, "BN-1")


def test_a_sku_loses_marks_that_nobody_sees_and_is_in_nfc(doors, give, easyecom):
    order = body()
    order["lines"][0]["sku"] = "\u2068cafe\u0301\u200b-1\u2069"

    assert give(doors, "BN-1", order) == []

    sent(easyecom, "BN-1")
    assert bodies(easyecom, "createOrder")[0]["items"][0]["Sku"] == "caf\u00e9-1"


def test_the_same_order_again_is_the_same(doors, give):
    pasted = body(state="Orissa", phone="९८००००००००", name="\u2068Test Buyer\u2069")

    assert give(doors, "BN-1", pasted) == give(doors, "BN-1", pasted) == []

    assert Order.objects.count() == 1
    assert not Event.objects.filter(kind="changed").exists()


def test_an_order_goes_out_in_easyecoms_own_letters(doors, location, easyecom):
    Product.objects.create(
        seller=location.seller,
        location=location,
        sku="caf\u00e9-1",
        spelled="cafe\u0301-1",
        seen_at=timezone.now(),
    )
    order = body()
    order["lines"][0]["sku"] = "caf\u00e9-1"
    in_bulk(doors, "BN-1", order)

    sent(easyecom, "BN-1")

    assert bodies(easyecom, "createOrder")[0]["items"][0]["Sku"] == "cafe\u0301-1"
    assert not UnmappedSku.objects.exists()


def test_an_order_of_a_release_that_kept_no_differences_goes_out_plain(doors, easyecom):
    in_bulk(doors, "BN-1", body(state="Orissa"))
    Order.objects.update(sent_as=None)

    assert sent(easyecom, "BN-1")["shipping"]["state"] == "Odisha"


def test_what_is_sent_stays_what_it_was_when_the_order_came(doors, easyecom, monkeypatch):
    in_bulk(doors, "BN-1", body(state="Orissa"))
    monkeypatch.setattr(addresses, "state_named", lambda text: "Another")

    assert sent(easyecom, "BN-1")["shipping"]["state"] == "Odisha"


def test_order_without_gstin_keeps_the_fingerprint_it_had(doors):
    in_bulk(doors, "BN-1", body())

    # As the release before, which knew no GSTIN, wrote it.
    assert Order.objects.get().fingerprint == FINGERPRINT


def test_page_of_the_buyer_shows_what_is_sent_and_what_was_typed(doors):
    in_bulk(doors, "BN-1", body(state="Orissa", name="\u2068Asha\u2069") | {"buyer_gstin": GSTIN})
    order = Order.objects.get()

    page = doors.staff.post(reverse("admin:integration_order_buyer", args=[order.pk]))

    shown = page.content.decode()
    assert "<dd>Odisha</dd>" in shown and "<dd>Orissa</dd>" in shown
    assert "<dd>Asha</dd>" in shown and "<dd>\\u2068Asha\\u2069</dd>" in shown
    assert GSTIN in shown


@pytest.mark.parametrize("fraction", ["1234567", "123456789", "1", "0000001"])
def test_a_time_may_be_finer_than_a_millionth_of_a_second(doors, give, fraction):
    order = body() | {"ordered_at": f"2026-11-23T10:15:00.{fraction}+05:30"}

    assert give(doors, "BN-1", order) == []
    assert Order.objects.get().ordered_at.microsecond == int(fraction[:6].ljust(6, "0"))


@pytest.mark.parametrize("ahead", [timedelta(hours=25), timedelta(days=365), timedelta(days=20000)])
def test_order_of_more_than_a_day_ahead_is_refused_by_its_field(doors, give, ahead):
    order = body() | {"ordered_at": (timezone.now() + ahead).isoformat()}

    assert give(doors, "BN-1", order) == ["ordered_at"]
    assert not Order.objects.exists()


# A clock that is fast, and a time of India's that was taken for UTC. Those of before: a pre-order,
# and one of another system that an account is moved over from.
@pytest.mark.parametrize(
    "ahead", [timedelta(hours=23), timedelta(days=-400), timedelta(days=-6000)]
)
def test_order_of_a_fast_clock_or_of_long_ago_is_taken(doors, give, ahead):
    order = body() | {"ordered_at": (timezone.now() + ahead).isoformat()}

    assert give(doors, "BN-1", order) == []
    assert Order.objects.count() == 1


def test_an_awb_loses_marks_that_nobody_sees(doors):
    in_bulk(doors, "BN-1", body())
    pasted = {"courier": "Delhivery\u00a0", "awb_number": "\u202a8901\u200b\u202c"}

    answer = doors.api.put_json("/api/v1/sellers/acme/orders/BN-1/shipment/", pasted)

    assert answer.json()["shipment"]["awb_number"] == "8901"
    assert answer.json()["shipment"]["courier"] == "Delhivery"


@settings(max_examples=examples(200))
@given(
    name=st.sampled_from(INDIA),
    case=st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
    joint=st.sampled_from([" ", "  ", "-", "\u00a0", ""]),
    around=st.sampled_from(
        ["{}", " {} ", "{} State", "{}, India", "{} - 411001", "\u200b{}\u2069"]
    ),
    ampersand=st.booleans(),
)
def test_every_state_is_known_however_it_is_written(name, case, joint, around, ampersand):
    words = name.replace(" and ", " & ") if ampersand else name

    assert (
        states_and_countries.state_named(around.format(joint.join(case(words).split(" ")))) == name
    )
