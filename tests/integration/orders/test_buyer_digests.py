"""A buyer's number and name as keyed digests: found again, never read, moved with the key."""

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
