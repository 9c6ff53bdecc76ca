"""Whether two ways of writing goods are the same goods."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from integration.models import Product
from integration.orders.sku_matching import counted, parts_of_combos, same_sku, unpacked
from tests.factories import make_location

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sku", "compared"),
    [("KURTA-Red", "kurta-red"), (" KURTA\u200b ", "kurta"), ("STRASSE", "strasse"), ("ß", "ss")],
)
def test_sku_is_compared_without_its_case_and_marks_that_nobody_sees(sku, compared):
    assert same_sku(sku) == compared


def test_pieces_of_one_sku_are_added_up_however_it_is_written():
    assert counted([("A", 2), ("b", 1), (" a ", 3)]) == {"a": 5, "b": 1}


BOX = {"box": {"cup": 2, "lid": 1}}


@pytest.mark.parametrize(
    ("pieces", "parts", "found"),
    [
        ({"cup": 3}, BOX, {"cup": 3}),
        ({"box": 2, "cup": 1}, BOX, {"cup": 5, "lid": 2}),
        ({"case": 2}, BOX | {"case": {"box": 3}}, {"cup": 12, "lid": 6}),
        ({"cup": 3}, {}, {"cup": 3}),
        # One that holds itself has no end, and five rounds are enough for anybody's.
        ({"loop": 1}, {"loop": {"loop": 2}}, {"loop": 32}),
        (
            {"c1": 1},
            {f"c{n}": {f"c{n + 1}": 1} for n in range(1, 9)},
            {"c6": 1},
        ),
    ],
)
def test_combos_are_their_parts_and_theirs_in_turn(pieces, parts, found):
    assert unpacked(Counter(pieces), parts) == found


def test_what_is_unpacked_is_left_as_it_was():
    pieces = Counter({"box": 1})
    unpacked(pieces, BOX)
    assert pieces == {"box": 1}


@pytest.mark.django_db
def test_combos_are_those_of_the_seller():
    ours, theirs = make_location(), make_location()
    parts = [{"sku": "Cup", "quantity": 1}, {"sku": "CUP", "quantity": 2}]
    for place, sku, components in (
        (ours, "BOX", parts),
        (ours, "CUP", []),
        (theirs, "CRATE", parts),
    ):
        Product.objects.create(
            seller=place.seller, location=place, sku=sku, components=components, seen_at=NOW
        )

    assert parts_of_combos(ours.seller_id) == {"box": {"cup": 3}}
