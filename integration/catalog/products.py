"""EasyEcom's products as rows: written as pulled, and given up when no full pull shows them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from integration.easyecom import FoundProduct
from integration.models import Product, pulled_since
from sellers.models import Location


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
        spelled=found.spelled,
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
        seller=seller_id, gone_at__isnull=True, seen_at__lt=pulled_since(seller_id, now)
    )
    return unseen.update(is_active=False, gone_at=now)
