"""The orders of a turn with all that their flow looks at, so that it asks for nothing by itself."""

from collections.abc import Collection, Sequence

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, prefetch_related_objects

from integration.models import Order, OrderLine, Product, ShipmentDetails, Stage, SyncJob
from sellers.models import CarrierRegistration, Location

# What is read beside a row's own columns.
CARRIER, SPELLED = "carrier", "spelled"


def load(job: SyncJob) -> Order:
    """Its order, locked until the transaction ends, with all that is beside it."""
    order = lock([job])[job.pk]
    load_beside([order])
    return order


def lock(jobs: Collection[SyncJob]) -> dict[int, Order]:
    """The orders by job, locked until the transaction ends, in the order of their keys."""
    ids = {job.order_id: job.pk for job in jobs if job.order_id}
    rows = Order.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {ids[order.pk]: order for order in rows}


def load_beside(orders: Sequence[Order]) -> None:
    """What is beside orders that are locked. Whoever changes a shipment locks its order first."""
    prefetch_related_objects(orders, Prefetch("location", with_carriers()), "shipment")
    unsent = [order for order in orders if order.stage == Stage.RECEIVED]
    prefetch_related_objects(unsent, Prefetch("lines", with_spelling()))


def with_carriers() -> QuerySet[Location]:
    """Locations with their sellers and the `companyCarrierId` of Booon's carrier there."""
    registered = CarrierRegistration.objects.at(OuterRef("location_key")).registered()
    carrier = Subquery(registered.values("company_carrier_id")[:1])
    return Location.objects.select_related("seller").annotate(**{CARRIER: carrier})


def with_spelling() -> QuerySet[OrderLine]:
    """Lines, each with EasyEcom's own letters of the SKU, where ours are others (NFC, no marks that
    nobody sees)."""
    product = Product.objects.filter(seller=OuterRef("order__seller"), sku=OuterRef("sku"))
    return OrderLine.objects.annotate(**{SPELLED: Subquery(product.values("spelled")[:1])})


def spelled_lines(order: Order) -> list[tuple[OrderLine, str]]:
    """Its lines, each with the SKU as EasyEcom spells it."""
    if not is_loaded(order):
        prefetch_related_objects([order], Prefetch("lines", with_spelling()))
    return [(line, getattr(line, SPELLED) or line.sku) for line in order.lines.all()]


def is_loaded(order: Order) -> bool:
    """Whether its lines were read beside it. Building the query only costs as much as the rest of
    an order's payload."""
    return "lines" in getattr(order, "_prefetched_objects_cache", {})


def carrier_of(location: Location) -> str:
    """Its `companyCarrierId`; "" where Booon's carrier is not registered, as once it is another."""
    if not hasattr(location, CARRIER):
        location = with_carriers().get(pk=location.pk)
    return getattr(location, CARRIER) or ""


def shipment_of(order: Order) -> ShipmentDetails | None:
    return getattr(order, "shipment", None)
