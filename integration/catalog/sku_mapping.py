"""Which SKUs EasyEcom has a product for: Booon's listings matched, and what nothing matches.

Orders and deliveries are asked when they come; a pull settles what was kept. No history is ever
searched, so none of this grows with it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from integration.models import Listing, Order, OrderLine, Product, Stage, UnmappedSku

CHUNK = 1000


def product_of(seller_id: int, sku: str) -> Product | None:
    """EasyEcom's product of this SKU, unless it has disappeared."""
    return Product.objects.filter(seller=seller_id, sku=sku, gone_at__isnull=True).first()


def without_product(seller_id: int, skus: Collection[str]) -> set[str]:
    """Those of the SKUs that no product has; none where no product was ever read."""
    products = Product.objects.filter(seller=seller_id)
    if not products.exists():
        return set()
    there = products.filter(sku__in=skus, gone_at__isnull=True)
    return set(skus) - set(there.values_list("sku", flat=True))


def record_unmapped_of_orders(named: Iterable[tuple[Order, str]], now: datetime) -> None:
    """Keep the SKUs that these orders name and no product has."""
    record_unmapped(
        UnmappedSku(
            seller_id=order.seller_id,
            sku=sku,
            source=UnmappedSku.Source.ORDER,
            location_id=order.location_id,
            order=order,
            named_at=now,
        )
        for order, sku in dict.fromkeys(named)
    )


def record_unmapped(named: Iterable[UnmappedSku]) -> None:
    """Keep those that no product of their seller answers to; one that is kept stays as it is.

    Sorted, so that two writers can't wait for each other.
    """
    by_seller = sorted(named, key=attrgetter("seller_id", "sku"))
    for seller_id, rows in groupby(by_seller, key=attrgetter("seller_id")):
        of_seller = list(rows)
        for start in range(0, len(of_seller), CHUNK):
            record_chunk(seller_id, of_seller[start : start + CHUNK])


def record_chunk(seller_id: int, rows: Sequence[UnmappedSku]) -> None:
    skus = [row.sku for row in rows]
    there = Product.objects.filter(seller=seller_id, sku__in=skus, gone_at__isnull=True)
    mapped = set(there.values_list("sku", flat=True))
    missing = [row for row in rows if row.sku not in mapped]
    if missing:
        UnmappedSku.objects.bulk_create(missing, ignore_conflicts=True)


def match(seller_id: int, skus: Collection[str] | None = None) -> None:
    """Let go of the unmapped SKUs that have a product now, and match the listings that have one.

    Of all the seller's SKUs, or of these.
    """
    these = Q(seller=seller_id) if skus is None else Q(seller=seller_id, sku__in=skus)
    there = Product.objects.filter(
        seller=OuterRef("seller"), sku=OuterRef("sku"), gone_at__isnull=True
    )
    UnmappedSku.objects.filter(these, Exists(there)).delete()
    unmatched = Listing.objects.filter(these, Exists(there), product__isnull=True)
    unmatched.update(product=Subquery(there.values("pk")[:1]))


def sweep(seller_id: int) -> None:
    """After a pull: also what two transactions missed of each other, and what is gone since."""
    match(seller_id)
    Listing.objects.filter(seller=seller_id, product__gone_at__isnull=False).update(product=None)
    no_longer_named(seller_id).delete()


def no_longer_named(seller_id: int) -> QuerySet[UnmappedSku]:
    """SKUs whose orders were all changed or withdrawn since."""
    lines = OrderLine.objects.filter(sku=OuterRef("sku"), order__seller=OuterRef("seller"))
    standing = lines.exclude(order__stage=Stage.WITHDRAWN)
    return UnmappedSku.objects.filter(
        ~Exists(standing), seller=seller_id, source=UnmappedSku.Source.ORDER
    )
