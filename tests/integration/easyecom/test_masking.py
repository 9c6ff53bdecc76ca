"""EasyEcom's words without secrets and buyers, and readable all the same."""

import importlib
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.easyecom import (
    AlreadyExists,
    AuthRefused,
    Done,
    FoundOrder,
    LineProblem,
    OrdersFound,
    OutcomeUnknown,
    ProductPage,
    QueueStatus,
    Rejected,
    TokenIssued,
    masking,
    outcome_without,
    private_of,
    without_secrets,
)
from integration.easyecom.masking import without
from tests.examples import examples

BUYER = {
    "name": "Piicanary Rao",
    "line1": "14 Lake Road, Canary Layout",
    "line2": "Flat 3",
    "city": "Pune",
    "pincode": "411001",
    "phone": "+91 98765-01210",
    "email": "pii.canary@mail.example",
}
PASSWORD = 'p@ss "word\\1'
PRIVATE = private_of(
    [PASSWORD, "key-canary-2", "pw4", ""],
    [BUYER, {**BUYER, "phone": "9876501210"}],
    ["27AAPFU0939F1ZV", "pay_canary1"],
    ["9876543210", "BN-1"],
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Invalid contact number 9876501210", "Invalid contact number ●●●210"),
        ("Invalid contact number +919876501210.", "Invalid contact number ●●●210."),
        ("contact (098765) 01210 is bad", "contact (●●●210 is bad"),
        ("contact 98-76-50-12-10 is bad", "contact ●●●210 is bad"),
        ("contact +91-98765 01210", "contact ●●●210"),
        ("another one's 8123456789, too", "another one's ●●●789, too"),
        ("another one's +91 81234 56789", "another one's ●●●789"),
        ("another one's 812-345-6789", "another one's ●●●789"),
        ("mail PII.Canary@mail.example is bad", "mail ●●● is bad"),
        ("mail else@where.example is bad", "mail ●●● is bad"),
        ("no parcel for piicanary  RAO", "no parcel for ●●●"),
        ("no parcel for Mr. Piicanary", "no parcel for Mr. ●●●"),
        ("to 14  lake road, canary layout: no", "to ●●●: no"),
        ("Canary Layout is not in Pune 411001", "●●● is not in Pune 411001"),
        ("GSTIN 27aapfu0939f1zv is not valid", "GSTIN ●●● is not valid"),
        ("payment pay_canary1 is unknown", "payment ●●● is unknown"),
        ('password p@ss "word\\1 refused', "password ●●● refused"),
        ("p%40ss%20%22word%5C1", "●●●"),
        ("p@ss &quot;word\\1", "●●●"),
        ("xkey-canary-2x", "x●●●x"),
        ("pw4 is wrong, pw45 is not yours", "●●● is wrong, pw45 is not yours"),
        ("Bearer abcdef123456", "[hidden]"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "token [hidden]"),
    ],
)
def test_what_is_private_is_masked(said, kept):
    assert without(said, PRIVATE) == kept


@pytest.mark.parametrize(
    "said",
    [
        "Order number 9876543210 already exists within the Company",
        "Error creating order: product/sku does not exist",
        "SKU KURTA-RED-M of order BN-1: Tax Rate Not Set",
        "InvoiceID 654000001 of 2026-11-23 04:45:00, 250.00 + 20.00 rupees",
        "Unable to find states: Maharastra, pincode 411001",
        "HSN 6109 1000 and EAN 8901234567894",
    ],
)
def test_ordinary_refusals_stay_as_they_are(said):
    assert without(said, PRIVATE) == said


@pytest.mark.parametrize("name", ["Customer", "Test Order", "Invalid", "name"])
def test_name_that_is_an_ordinary_word_makes_no_refusal_unreadable(name):
    said = "Invalid test order: customer name missing"
    private = private_of([], [{"name": name}])

    kept = without(said, private)

    assert kept in (said, said.replace("test order", "●●●"))


def test_known_refusals_hold_no_word_that_is_masked_as_a_name():
    """The error dictionary goes on matching, whatever a buyer is called."""
    for number in ("0007_first_known_errors", "0028_known_refusals"):
        for pattern, *_ in importlib.import_module(f"integration.migrations.{number}").KNOWN:
            words = [word for word in pattern.replace("/", " ").split() if len(word) > 2]
            private = private_of([], [{"name": word} for word in words])
            assert without(pattern, private) == pattern


def test_webhook_token_is_masked_by_its_shape():
    for _ in range(200):
        token = secrets.token_urlsafe(32)
        said = without(f"Access-Token {token} is wrong", PRIVATE)
        # One in a thousand has no digit, and is masked by nobody.
        assert said == "Access-Token ●●● is wrong" or not any(map(str.isdigit, token))


def test_sentences_of_every_outcome_are_masked():
    said = "no 9876501210 for Piicanary"
    line = LineProblem("pii.canary@mail.example", "KURTA", said)
    masked = "no ●●●210 for ●●●"

    rejected = outcome_without(Rejected(f"Error: KURTA: {said}", (line,)), PRIVATE)

    assert rejected == Rejected(f"Error: KURTA: {masked}", (LineProblem("●●●", "KURTA", masked),))
    assert outcome_without(AlreadyExists(said), PRIVATE) == AlreadyExists(masked)
    assert outcome_without(AuthRefused(403, said), PRIVATE) == AuthRefused(403, masked)
    assert outcome_without(OutcomeUnknown(said, True), PRIVATE) == OutcomeUnknown(masked, True)
    queue = QueueStatus("failed", message=said, error_file="https://f.example/key-canary-2.csv")
    assert outcome_without(Done(queue), PRIVATE) == Done(
        QueueStatus("failed", message=masked, error_file="https://f.example/●●●.csv")
    )


def test_what_is_compared_stays():
    found = FoundOrder(
        *("BN-1", "1", "2", "open", "en1", "3", "9876501210", "", "", None, None, ()),
        buyer=(("shipping.name", "Piicanary Rao"),),
        cancellation_reason="Piicanary called",
    )
    token = Done(TokenIssued("key-canary-2"))

    kept = outcome_without(Done(OrdersFound((found,))), PRIVATE).reply.orders[0]

    assert kept.buyer == found.buyer
    assert kept.awb_number == "9876501210"
    assert kept.cancellation_reason == "●●● called"
    assert outcome_without(token, PRIVATE) == token


def test_page_of_products_says_no_secret():
    page = ProductPage((), None, ("Row 1: key-canary-2",), company_name="key-canary-2 Rao")

    assert outcome_without(Done(page), PRIVATE).reply == ProductPage(
        (), None, ("Row 1: ●●●",), company_name="●●● Rao"
    )


@pytest.mark.parametrize("limit", [200, 500])
@pytest.mark.parametrize("private", ["key-canary-2", "pii.canary@mail.example", "Piicanary Rao"])
def test_beginning_at_the_end_of_words_that_were_cut_is_masked(limit, private):
    for kept in range(4, len(private)):
        beginning = private[:kept]
        said = without(("x" * limit)[: limit - kept - 1] + f" {beginning}", PRIVATE)
        assert beginning not in said
        assert said.endswith(" ●●●")


def test_line_that_was_cut_is_masked_within_the_message_too():
    cut = f"{'x' * 190} key-canar"
    outcome = Rejected(f"Error: KURTA: {cut}; SUIT: else", (LineProblem("", "KURTA", cut),))

    kept = outcome_without(outcome, PRIVATE)

    assert "key-c" not in kept.message
    assert kept.message.endswith("●●●; SUIT: else")


def test_our_own_words_lose_secrets_only():
    assert (
        without_secrets("Kurta for Piicanary, key-canary-2", PRIVATE) == "Kurta for Piicanary, ●●●"
    )


def test_repr_says_nothing():
    assert "canary" not in repr(PRIVATE).casefold()


@given(st.text(min_size=8, max_size=60), st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=examples(200))
def test_no_secret_is_left_whatever_stands_around_it(secret, before, after):
    secret = secret.strip()
    if len(secret) < masking.SHORTEST_ANYWHERE or set(secret) <= set("●"):
        return
    assert secret not in without_secrets(f"{before}{secret}{after}", private_of([secret]))
