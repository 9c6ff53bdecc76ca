"""A buyer's number and name as keyed digests: found again, never read, moved with the key."""

import hashlib
import hmac

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from integration.models import Order
from integration.orders import buyer_digests
from integration.orders.buyer_digests import NAME, PHONE, of_address
from tests.factories import ADDRESS, make_order


@pytest.mark.parametrize(
    "phone",
    ["9811107721", "+91 98111 07721", "098111-07721", "+91-9811107721 ext 12", "٩٨١١١٠٧٧٢١"],
)
def test_same_number_has_the_same_digest_however_it_is_written(phone):
    plain = of_address({"phone": "9811107721"})[PHONE]
    assert (
        of_address(ADDRESS | {"phone": phone})[PHONE] == plain
    )  # weak: being the same is the promise


@pytest.mark.parametrize("address", [None, {}, {"phone": ""}, {"phone": "NA"}, {"phone": "12345"}])
def test_what_is_no_number_has_no_digest(address):
    assert of_address(address)[PHONE] == ""


def test_digest_is_keyed_and_does_not_hold_the_number(settings):
    first = of_address({"phone": "9811107721"})[PHONE]
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    second = of_address({"phone": "9811107721"})[PHONE]

    assert first != second
    assert "98111" not in first and len(first) == 64


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("98111 07721", "9811107721"),
        ("+919811107721", "9811107721"),
        ("89002009", ""),
        ("1234567890", ""),
        ("BN-9811107721", ""),
        ("98111077210001", ""),
    ],
)
def test_only_what_looks_like_a_mobile_number_is_taken_for_one(typed, number):
    assert buyer_digests.typed_number(typed) == number


NAMES = [
    "Meera Iyer",
    "IYER  MEERA",
    "Smt. Meera S. Iyer",
    "meera\u200b iyer",
    "Ｍｅｅｒａ Iyer",
    "Meera (Iyer)",
]


@pytest.mark.parametrize("name", NAMES)
def test_same_name_has_the_same_digest_however_it_is_written(name):
    assert of_address({"name": name})[NAME] == of_address({"name": "Meera Iyer"})[NAME] != ""


@pytest.mark.parametrize("other", ["Meera", "Meera Rao", "Meera Iyengar", "", "मीरा अय्यर"])
def test_another_name_has_another_digest(other):
    assert of_address({"name": other})[NAME] != of_address({"name": "Meera Iyer"})[NAME]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Asha Rao", "asha rao"),
        ("rao, asha", "asha rao"),
        ("Mr. John D’Souza", "dsouza john"),
        ("मीरा अय्यर", "अय्यर मीरा"),
        ("Lakshmi", "lakshmi"),
        ("Anne-Marie Dias", "anne dias"),
        ("saree-indigo", ""),
        ("BN-2009", ""),
        ("BN 2009", ""),
        ("Mr", ""),
        ("x", ""),
        ("rao@example.com", ""),
        ("...", ""),
    ],
)
def test_only_what_may_be_a_name_is_taken_for_one(typed, name):
    assert buyer_digests.typed_name(typed) == name


def test_digest_of_a_name_holds_no_name_and_is_none_of_a_number():
    [both] = {of_address({"name": "Meera Iyer"})[NAME]}

    assert len(both) == 64 and "meera" not in both
    assert buyer_digests.digests(PHONE, "iyer meera") != [both]
    assert buyer_digests.digests(NAME, "iyer meera") == [
        both
    ]  # weak: being the same is the promise


@pytest.mark.django_db
def test_rotation_moves_the_digests_to_the_first_key(settings, capsys):
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    order = make_order(**of_address(ADDRESS))
    settings.FIELD_KEYS = [new, old]
    # Until then it is found all the same.
    assert order.phone_digest in buyer_digests.digests(PHONE, ADDRESS["phone"])
    with pytest.raises(CommandError, match="2 digests of buyers are not under the first key"):
        call_command("rotate_field_keys", "--check")

    call_command("rotate_field_keys")

    settings.FIELD_KEYS = [new]
    moved = Order.objects.values(PHONE, NAME).get()
    assert moved == of_address(ADDRESS)  # weak: the first key's digests are the promise
    assert not any(buyer_digests.under_another_key(each).exists() for each in (PHONE, NAME))


def test_digest_is_that_of_the_releases_before(settings):
    """What is kept in the database is found again after an upgrade."""
    settings.FIELD_KEYS = ["first", "second"]
    of_key = hmac.new(b"first", b"buyers' phone numbers", "sha256").digest()
    mark = hashlib.sha256(of_key).hexdigest()[:8]
    said = hmac.new(of_key, b"9811107721", "sha256").hexdigest()[:56]

    assert of_address({"phone": "+91 98111 07721"})[PHONE] == mark + said
    assert buyer_digests.digests(PHONE, "9811107721")[0] == mark + said
    assert len(buyer_digests.digests(PHONE, "9811107721")) == 2


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("9811107721", "9811107721"),
        ("+91 98111 07721", "9811107721"),
        ("1234567890", "1234567890"),
        ("123456789", ""),
        ("9811107721 x12", "9811107721"),
        ("", ""),
    ],
)
def test_last_ten_digits_stand_for_a_number(phone, digits):
    assert buyer_digests.last_digits(phone) == digits


@pytest.mark.django_db
def test_orders_get_their_digests_a_chunk_at_a_time(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(buyer_digests, "CHUNK", 2)
    numbers = ["9811107721", "none", "9811107722", "9811107723"]
    orders = [
        make_order(shipping_address=ADDRESS | {"phone": number}, phone_digest="")
        for number in numbers
    ]

    # Three chunks read, the last of them empty, and two written.
    with django_assert_num_queries(5):
        written = buyer_digests.fill(Order.objects.exclude(pk=orders[3].pk), PHONE)

    assert written == 2
    kept = Order.objects.order_by("pk").values_list("phone_digest", flat=True)
    assert [len(each) for each in kept] == [64, 0, 64, 0]


@pytest.mark.django_db
@pytest.mark.parametrize("column", [PHONE, NAME])
def test_order_without_a_digest_is_of_no_other_key(settings, column):
    settings.FIELD_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    make_order(**{PHONE: "", NAME: ""})
    make_order(**of_address(ADDRESS))
    other = make_order(**{column: "another key's"})

    assert list(buyer_digests.under_another_key(column)) == [other]
    assert buyer_digests.write_anew() == 1
    assert not buyer_digests.under_another_key(column).exists()
