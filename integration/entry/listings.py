"""Booon's listings, as its platform gives them."""

from decimal import Decimal
from typing import TypedDict

from django.db import IntegrityError, transaction

from booon_console import clock
from integration.goods import mapping
from integration.models import Listing
from sellers.models import Seller


class ListingFacts(TypedDict):
    """A listing's body as parsed."""

    title: str
    price: Decimal
    mrp: Decimal | None
    is_active: bool
    image_url: str


def put(seller: Seller, sku: str, facts: ListingFacts) -> tuple[Listing, bool]:
    """List a SKU, or change its listing; True when it is new. The same again changes nothing."""
    try:
        return save(seller, sku, facts)
    except IntegrityError:
        # Another request made it meanwhile: now it is there to be changed.
        return save(seller, sku, facts)


@transaction.atomic
def save(seller: Seller, sku: str, facts: ListingFacts) -> tuple[Listing, bool]:
    listing = Listing.objects.select_for_update().filter(seller=seller, sku=sku).first()
    now = clock.now()
    if listing is None:
        product = mapping.product_of(seller.pk, sku)
        return Listing.objects.create(
            seller=seller, sku=sku, product=product, created_at=now, updated_at=now, **facts
        ), True
    if any(getattr(listing, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(listing, name, value)
        listing.updated_at = now
        listing.save(update_fields=[*facts, "updated_at"])
    return listing, False
