"""Couriers as they were spelt."""

import pytest

from integration.orders import couriers
from tests.factories import make_order, make_shipment


def given(*names):
    for number, name in enumerate(names):
        make_shipment(make_order(), courier=name, awb_number=f"{number}")


@pytest.mark.django_db
def test_most_usual_courier_and_its_most_usual_spelling_come_first():
    given(
        "Xpress",
        "Delhivery",
        "DELHIVERY",
        "Delhi very",
        "Delhivery",
        "Delhivery",
        "Blue Dart",
        "Blue Dart",
    )
    assert couriers.used() == ["Delhivery", "Blue Dart", "Xpress"]


@pytest.mark.django_db
def test_only_the_latest_are_looked_at_and_so_many_offered(monkeypatch):
    monkeypatch.setattr(couriers, "LATEST", 3)
    monkeypatch.setattr(couriers, "MOST", 2)
    given("Old", "Old", "A", "B", "C")

    offered = couriers.used()

    assert len(offered) == 2
    assert set(offered) <= {"A", "B", "C"}
    assert "Old" not in offered


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("delhivery", "Delhivery"),
        ("DELHI VERY", "Delhivery"),
        ("bluedart", "Blue Dart"),
        ("Ekart", "Ekart"),
        (" Ekart ", " Ekart "),
    ],
)
def test_courier_is_spelled_as_before_where_only_case_or_blanks_differ(typed, spelled):
    assert couriers.spelled(typed, ["Delhivery", "Blue Dart"]) == spelled
