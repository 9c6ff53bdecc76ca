"""Booon's listings, as its platform gives them."""

from decimal import Decimal
from typing import TypedDict

from django.db import IntegrityError, transaction

from booon_console.lib import clock
from integration.catalog import sku_mapping
from integration.models import Listing, record_event
from sellers.models import Seller


class ListingFacts(TypedDict):
    """A listing's body as parsed."""

    title: str
    price: Decimal
    mrp: Decimal | None
    is_active: bool
    image_url: str


def put(seller: Seller, sku: str, facts: ListingFacts, *, actor: str) -> tuple[Listing, bool]:
    """List a SKU, or change its listing; True when it is new. The same again changes nothing."""
    try:
        return save(seller, sku, facts, actor)
    except IntegrityError:
        # Another request made it meanwhile: now it is there to be changed.
        return save(seller, sku, facts, actor)


@transaction.atomic
def save(seller: Seller, sku: str, facts: ListingFacts, actor: str) -> tuple[Listing, bool]:
    listing = Listing.objects.select_for_update(no_key=True).filter(seller=seller, sku=sku).first()
    now = clock.now()
    if listing is None:
        product = sku_mapping.product_of(seller.pk, sku)
        record_event("listing", f"{sku} listed.", at=now, actor=actor, seller=seller)
        return Listing.objects.create(
            seller=seller, sku=sku, product=product, created_at=now, updated_at=now, **facts
        ), True
    before = {name: getattr(listing, name) for name in facts}
    if changes := [
        f"{name} {before[name]} → {value}" for name, value in facts.items() if before[name] != value
    ]:
        for name, value in facts.items():
            setattr(listing, name, value)
        listing.updated_at = now
        listing.save(update_fields=[*facts, "updated_at"])
        sentence = f"Listing of {sku} changed: {'; '.join(changes)}."
        record_event("listing", sentence, at=now, actor=actor, seller=seller)
    return listing, False


@transaction.atomic
def take_back(listing: Listing, *, actor: str) -> None:
    sentence = f"Listing of {listing.sku} taken back."
    record_event("listing", sentence, at=clock.now(), actor=actor, seller=listing.seller)
    listing.delete()
