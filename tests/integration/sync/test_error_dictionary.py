"""EasyEcom's refusals: grouped by their words, named by patterns, explained ever after."""

import time
from datetime import timedelta

import pytest

from booon_console.lib import clock
from integration import easyecom
from integration.easyecom import LineProblem
from integration.models import ApiCall, ErrorMessage, KnownError
from integration.sync import error_dictionary
from tests.factories import make_order
from tests.integration.conftest import API, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known():
    KnownError.objects.all().delete()


def hear(words):
    return heard(easyecom.Rejected(words))


def heard(outcome, now=None):
    (row,) = error_dictionary.record_messages([outcome], now or clock.now())
    return row


def name(pattern, **fields):
    known = KnownError.objects.create(pattern=pattern, sentence="S", next_step="N", **fields)
    error_dictionary.relabel()
    return known


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ("Order Number BN-1001 already exists", "Order Number … already exists"),
        ("Product  'mob case' is not there", "Product … is not there"),
        ("SKU [A, B] not found; pincode 400067", "SKU … not found; pincode …"),
        ("Plain words.", "Plain words."),
        ("  ", ""),
    ],
)
def test_shape_leaves_out_what_differs(words, shape):
    assert error_dictionary.shape_of(words) == shape


def test_messages_that_differ_in_numbers_only_are_counted_together():
    now = clock.now()
    for n in range(3):
        heard(easyecom.Rejected(f"Order BN-{n} is bad"), now + timedelta(minutes=n))
    hear("Something else")

    message = ErrorMessage.objects.get(shape="Order … is bad")
    assert (message.count, message.sample) == (3, "Order BN-0 is bad")
    assert message.last_at - message.first_at == timedelta(minutes=2)
    assert ErrorMessage.objects.count() == 2


@pytest.mark.parametrize(
    "outcome", [easyecom.NotSent("no route"), easyecom.RateLimited(), easyecom.Rejected("")]
)
def test_what_says_nothing_is_not_counted(outcome):
    assert heard(outcome) is None
    assert not ErrorMessage.objects.exists()


def test_naming_one_explains_what_was_and_will_be_said_like_it():
    hear("Pincode 400067 is not serviceable by courier X1")
    assert error_dictionary.explained(["Pincode 560001 is not serviceable by courier X2"]) == {}

    known = name("pincode * is not serviceable")

    words = "Pincode 560001 is not serviceable by courier X9"
    assert error_dictionary.explained([words, "Else", ""]) == {words: known}
    assert hear("Pincode 11 is not serviceable, says DTDC").known == known


def test_longest_pattern_that_fits_explains():
    hear("Invalid SKU in order 1")
    name("invalid")
    narrow = name("Invalid SKU")

    assert ErrorMessage.objects.get().known == narrow
    narrow.delete()
    error_dictionary.relabel()
    assert ErrorMessage.objects.get().known.pattern == "invalid"


def test_pattern_is_no_regular_expression():
    hear("Cost (INR) is 5.0+")
    name("Cost .* is")

    assert ErrorMessage.objects.get().known is None


@pytest.mark.parametrize(
    ("pattern", "shape", "fits"),
    [
        ("bad*sku", "A BAD and old SKU", True),
        ("bad * sku", "Bad sku", False),
        ("sku*bad", "Bad SKU", False),
        ("aba*ba", "xababa", True),
        ("aba*ba", "xaba", False),
        ("*bad…", "so Bad", True),
        ("bad   sku", "bad sku", True),
    ],
)
def test_parts_of_a_pattern_are_found_one_after_another(pattern, shape, fits):
    assert error_dictionary.fits(pattern, shape) is fits


def test_no_pattern_costs_more_than_a_look_through_the_message():
    """With a regular expression this took minutes, and the whole process stood still."""
    pattern = "a*" * 90 + "zzzz"
    began_at = time.process_time()

    assert not any(error_dictionary.fits(pattern, "a" * 300) for _ in range(1000))

    assert time.process_time() - began_at < 2


def test_secret_in_a_message_is_not_kept():
    hear("Bearer abcdefghijk of asha@booon.test, phone 9876543210 is refused")

    message = ErrorMessage.objects.get()
    kept = message.sample + message.shape
    assert not [word for word in ("abcdefghijk", "asha@", "9876543210") if word in kept]


def test_refused_order_is_counted_and_its_call_leads_to_the_words(easyecom):
    easyecom.post(f"{API}/webhook/v2/createOrder", json={"code": 400, "message": "Bad SKU X1"})
    easyecom.get(f"{API}/orders/V2/getOrderDetails", json={"code": 400, "message": "No data found"})
    order = make_order()

    run(order.sync_job)

    call = ApiCall.objects.get(order=order, kind="create_order")
    assert call.error.shape == "Bad SKU …"
    assert call.error.count == 1


def test_each_line_of_a_refusal_is_counted_once_and_its_skus_are_not() -> None:
    outcome = easyecom.Rejected(
        "Error creating order: KURTA-RED: Tax Rate Not Set; SAREE: Tax Rate Not Set",
        (
            LineProblem("1", "KURTA-RED", "Tax Rate Not Set"),
            LineProblem("2", "SAREE", "Tax Rate Not Set"),
            LineProblem("3", "LAMP", "No price"),
        ),
    )
    first = heard(outcome)
    assert first is not None
    assert first.shape == "Tax Rate Not Set"
    counts = ErrorMessage.objects.order_by("shape").values_list("shape", "count")
    assert list(counts) == [("No price", 1), ("Tax Rate Not Set", 1)]


def test_what_a_failed_queue_said_is_counted() -> None:
    status = easyecom.QueueStatus("failed", message="Error", error_file="https://files.test/e.csv")
    row = heard(easyecom.Done(status))
    assert row is not None
    assert row.shape == "Error"
