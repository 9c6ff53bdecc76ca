"""Two deliveries, and two requests, that tell of the same SKUs at once."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from integration.catalog import listings, sku_mapping, stock
from integration.easyecom import Level
from integration.models import Listing, StockEntry, StockLevel, UnmappedSku
from tests import races
from tests.factories import make_location, make_seller
from tests.integration import deliveries

pytestmark = races.marks


def level(line, sku, quantity):
    return Level(line=line, sku=sku, quantity=quantity, location_key="", company_id="")


def tell(location, *levels):
    """As the inbox applies a delivery of these, in this sequence."""
    delivery = deliveries.inventory(location, *levels)
    told = [(delivery, level(n, *each)) for n, each in enumerate(levels)]
    with transaction.atomic():
        stock.apply(told, timezone.now())


def test_levels_are_written_in_one_sequence_however_they_are_told():
    location = make_location()
    tell(location, ("A", 1), ("B", 1))
    first, second = StockLevel.objects.order_by("sku")

    found = races.locks_in_order(first, [second], lambda: tell(location, ("B", 2), ("A", 2)))

    assert found is None
    assert deliveries.levels(location) == {"A": 2, "B": 2}


def test_levels_of_several_locations_are_written_in_one_sequence():
    here, there = make_location(), make_location()
    tell(here, ("B", 1))
    tell(there, ("A", 1))
    first, second = StockLevel.objects.get(sku="B"), StockLevel.objects.get(sku="A")
    deliver = [
        (deliveries.inventory(there, ("A", 2)), level(0, "A", 2)),
        (deliveries.inventory(here, ("B", 2)), level(0, "B", 2)),
    ]

    def both():
        with transaction.atomic():
            stock.apply(deliver, timezone.now())

    found = races.locks_in_order(first, [second], both)

    assert found is None
    assert (deliveries.levels(here), deliveries.levels(there)) == ({"B": 2}, {"A": 2})


def test_of_two_deliveries_applied_at_once_the_newer_stands_whoever_is_first():
    location = make_location()
    older = deliveries.inventory(location, ("A", 1))
    newer = deliveries.inventory(location, ("A", 2))

    def applied(delivery, quantity):
        with transaction.atomic():
            stock.apply([(delivery, level(0, "A", quantity))], timezone.now())

    races.meet(lambda: applied(newer, 2), lambda: applied(older, 1))

    assert deliveries.levels(location) == {"A": 2}
    assert StockEntry.objects.count() == 1


def test_unmapped_skus_are_kept_in_one_sequence_however_they_are_named():
    location, now = make_location(), timezone.now()
    kept = {"seller": location.seller, "location": location, "source": "order", "named_at": now}

    def name(*skus):
        with transaction.atomic():
            sku_mapping.record_unmapped(UnmappedSku(sku=sku, **kept) for sku in skus)

    beside = races.Beside(lambda: name("B", "A"))
    with transaction.atomic():
        name("A")
        beside.begin()
        assert beside.until_it_waits()
        name("B")
    beside.until_it_ends()

    assert beside.found is None
    assert sorted(UnmappedSku.objects.values_list("sku", flat=True)) == ["A", "B"]


FACTS: listings.ListingFacts = {
    "title": "Kurta",
    "price": Decimal("499.00"),
    "mrp": None,
    "is_active": True,
    "image_url": "",
}


def test_listing_that_is_put_back_while_another_changes_it_is_put_back():
    seller = make_seller()
    listings.put(seller, "A", FACTS, actor="booon")

    races.meet(
        lambda: listings.put(seller, "A", FACTS | {"title": "Saree"}, actor="booon"),
        lambda: listings.put(seller, "A", FACTS, actor="booon"),
    )

    assert Listing.objects.get().title == "Kurta"


def test_listing_that_two_put_at_once_is_one_and_holds_what_came_last():
    seller = make_seller()

    first, second = races.meet(
        lambda: listings.put(seller, "A", FACTS, actor="booon"),
        lambda: listings.put(seller, "A", FACTS | {"title": "Saree"}, actor="booon"),
    )

    assert (first[1], second[1]) == (True, False)
    assert Listing.objects.get().title == "Saree"
