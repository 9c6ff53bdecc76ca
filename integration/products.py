"""The product pull: EasyEcom's product master, page by page. It never writes stock."""

from collections.abc import Iterable
from datetime import datetime

from integration import easyecom, pages
from integration.easyecom import Call, FoundProduct, Kind, Outcome
from integration.models import Product, Rest, SyncJob
from sellers.models import Location

load = pages.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    return pages.page_call(job, easyecom.get_products())


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    return None


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.ProductPage() as page):
            save(job.location, page.products, now)
            return pages.turn(job, page.next_target)
        case easyecom.Rejected(message):
            return Rest(SyncJob.Status.FAILED, None, "refused", message)
    return None


def save(location: Location, products: Iterable[FoundProduct], now: datetime) -> None:
    """One row per SKU of the seller; the last one named on a page holds."""
    rows = {found.sku: product_row(location, found, now) for found in products}
    written = [field.name for field in Product._meta.concrete_fields if not field.primary_key]
    Product.objects.bulk_create(
        rows.values(),
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


def want_pulls() -> int:
    """Ask for a pull of every live location. Returns how many."""
    pulls = SyncJob.objects.filter(kind=SyncJob.Kind.PRODUCTS, location__live_at__isnull=False)
    return pulls.want()
