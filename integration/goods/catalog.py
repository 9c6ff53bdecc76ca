"""EasyEcom's products as rows: written as pulled, and given up when no full pull shows them."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from integration.easyecom import FoundProduct
from integration.models import Product
from sellers.models import Location

# A location that has not been pulled whole for so long speaks for no product any more.
MEMORY = timedelta(days=28)


def save(location: Location, products: Iterable[FoundProduct], now: datetime) -> None:
    """One row per SKU of the seller; the last one named on a page holds.

    Sorted, so that two pulls of one seller can't wait for each other.
    """
    rows = {found.sku: product_row(location, found, now) for found in products}
    written = [field.name for field in Product._meta.concrete_fields if not field.primary_key]
    Product.objects.bulk_create(
        [rows[sku] for sku in sorted(rows)],
        update_conflicts=True,
        unique_fields=["seller", "sku"],
        update_fields=[name for name in written if name not in ("seller", "sku")],
    )


def product_row(location: Location, found: FoundProduct, now: datetime) -> Product:
    return Product(
        seller_id=location.seller_id,
        location=location,
        sku=found.sku,
        name=found.name[:300],
        company_product_id=found.company_product_id,
        product_id=found.product_id,
        kind=found.kind[:32],
        parent_sku=found.parent_sku,
        is_active=found.active,
        mrp=found.mrp,
        cost=found.cost,
        tax_rate=found.tax_rate,
        weight_g=found.weight_g,
        length_cm=found.length_cm,
        width_cm=found.width_cm,
        height_cm=found.height_cm,
        ean=found.ean[:64],
        hsn_code=found.hsn_code[:32],
        brand=found.brand[:200],
        category=found.category[:200],
        image_url=found.image_url,
        components=[{"sku": sku, "quantity": quantity} for sku, quantity in found.components],
        changed_at=found.updated_at,
        seen_at=now,
    )


def keep(location: Location, skus: Collection[str], now: datetime) -> None:
    """These are at EasyEcom, in rows that could not be read: what is known of them stays."""
    if skus:
        Product.objects.filter(
            seller=location.seller_id, sku__in=skus, gone_at__isnull=True
        ).update(seen_at=now)


def mark_gone(seller_id: int, now: datetime) -> int:
    """Deactivate the seller's products that no location shows any more. Returns how many."""
    unseen = Product.objects.filter(
        seller=seller_id, gone_at__isnull=True, seen_at__lt=shown_since(seller_id, now)
    )
    return unseen.update(is_active=False, gone_at=now)


def shown_since(seller_id: int, now: datetime) -> datetime:
    """From when on every live location has been pulled whole (docs/decisions/0011).

    One that never was speaks for what was seen since it is live. None holds the others up for
    longer than MEMORY.
    """
    live = Location.objects.filter(seller=seller_id, live_at__isnull=False)
    since = Coalesce("product_pull__full_began_at", "live_at")
    long_ago = now - MEMORY
    pulled = live.annotate(pulled=since).values_list("pulled", flat=True)
    return min((max(began, long_ago) for began in pulled), default=long_ago)
