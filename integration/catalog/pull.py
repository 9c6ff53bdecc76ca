"""The product pull: EasyEcom's product master, page by page. It never writes stock.

A pull is incremental, or full: the first one, one a week, and when somebody asks. Place, counts
and products of a page are written in one transaction; the watermark moves when the last page was.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Max

from integration import easyecom
from integration.catalog import products, sku_mapping
from integration.easyecom import Call, Kind, Outcome, ProductPage
from integration.models import ProductPull, Rest, SyncJob
from integration.models.sync import SyncJobs
from integration.sync import paging
from sellers.models import Location

# EasyEcom's clock is not ours, and what changes during a pull may slip between its pages.
OVERLAP = timedelta(hours=1)
# A week, with room for a night that begins a little early.
FULL_EVERY = timedelta(days=6, hours=12)
# Refusals in a row after which a place is given up: EasyEcom may have forgotten its cursor.
PATIENCE = 3
# How long a page may fail in any other way.
STALE = timedelta(days=1)
GOES_ROUND = "EasyEcom's pages go round: a next page was one that was read before."

load = paging.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    pull = pull_of(job.location)
    if is_stuck(job, pull, now):
        start_over(job, pull)
    if pull.began_at is None:
        # A place without its beginning would make a part pass for the whole.
        job.next_page = ""
    call = paging.page_call(job, first_page(pull, now))
    if isinstance(call, Rest) and call.status == SyncJob.Status.FAILED:
        start_over(job, pull)
    return call


def first_page(pull: ProductPull, now: datetime) -> Call:
    since = None if is_full(pull, now) else pull.watermark
    return easyecom.get_products(updated_after=since and since - OVERLAP)


def is_full(pull: ProductPull, now: datetime) -> bool:
    """Whether the pull under way, or else the next one, reads everything."""
    if pull.began_at is not None:
        return pull.is_full
    last = pull.full_began_at
    return pull.full_wanted or not pull.watermark or not last or now - last >= FULL_EVERY


def read_at(seller_id: int) -> datetime | None:
    """As of when a seller's catalog is known: the newest of its locations' pulls that ended."""
    pulls = ProductPull.objects.filter(location__seller=seller_id)
    found: datetime | None = pulls.aggregate(at=Max("watermark"))["at"]
    return found


def is_stuck(job: SyncJob, pull: ProductPull, now: datetime) -> bool:
    is_old = pull.began_at is not None and now - pull.began_at > STALE
    return is_old and job.setbacks >= PATIENCE


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    pull = pull_of(job.location)
    if call.kind is Kind.GET_PRODUCTS and pull.began_at is None:
        start(pull, now, full=is_full(pull, now))


def start(pull: ProductPull, now: datetime, *, full: bool) -> None:
    pull.began_at, pull.is_full, pull.milestone = now, full, ""
    pull.pages = pull.products = pull.skipped = 0
    pull.save(update_fields=["began_at", "is_full", "milestone", "pages", "products", "skipped"])
    if pull.full_wanted:
        # Not in the same save: who asks meanwhile is heard by the next pull.
        ProductPull.objects.filter(pk=pull.pk).update(full_wanted=False)


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.ProductPage() as page):
            return take_in(job, pull_of(job.location), page, now)
        case easyecom.Rejected(message):
            return refused(job, kind, message)
    return None


def refused(job: SyncJob, kind: Kind, message: str) -> Rest | None:
    """A page in the middle is asked for again some times; then the next pull begins anew."""
    if kind is Kind.GET_PRODUCTS:
        if job.next_page and job.setbacks < PATIENCE:
            return None
        start_over(job, pull_of(job.location))
    return Rest(SyncJob.Status.FAILED, None, "refused", message)


def take_in(job: SyncJob, pull: ProductPull, page: ProductPage, now: datetime) -> Rest | None:
    """Write a page, and the place after it."""
    products.save(job.location, page.products, now)
    products.keep(job.location, page.unread, now)
    sku_mapping.match(job.seller_id, [found.sku for found in page.products])
    pull.pages += 1
    pull.products += len(page.products)
    pull.skipped += len(page.skipped)
    if not page.next_target:
        return finish(job, pull, now)
    if page.next_target == job.next_page or paging.goes_round(pull, page.next_target):
        start_over(job, pull)
        return Rest(SyncJob.Status.FAILED, None, "page_loop", GOES_ROUND)
    pull.save(update_fields=["pages", "products", "skipped", "milestone"])
    put_place(job, page.next_target)
    return None


def finish(job: SyncJob, pull: ProductPull, now: datetime) -> Rest:
    """The whole pull ended: the watermark moves. A full one tells what has disappeared.

    One that showed nothing at all tells nothing: sooner EasyEcom errs than a seller sells nothing.
    """
    pull.watermark, pull.ended_at = pull.began_at, now
    has_seen_all = pull.is_full and pull.products > 0
    if has_seen_all:
        pull.full_began_at = pull.began_at
    pull.began_at = None
    kept = [field.name for field in ProductPull._meta.concrete_fields if not field.primary_key]
    pull.save(update_fields=[name for name in kept if name != "full_wanted"])
    if has_seen_all:
        gone = products.mark_gone(job.seller_id, now)
        ProductPull.objects.filter(pk=pull.pk).update(gone=gone)
    sku_mapping.sweep(job.seller_id)
    put_place(job, "")
    return paging.ALL_READ


def start_over(job: SyncJob, pull: ProductPull) -> None:
    """Give the place up, not the watermark."""
    pull.began_at = None
    pull.save(update_fields=["began_at"])
    put_place(job, "")


def put_place(job: SyncJob, target: str) -> None:
    job.next_page = target
    job.save(update_fields=["next_page"])


def pull_of(location: Location) -> ProductPull:
    pull, _ = ProductPull.objects.get_or_create(location=location)
    return pull


def start_with(job: SyncJob, page: ProductPage, now: datetime) -> bool:
    """A full pull whose first page somebody else has asked for. True when there are more."""
    pull = pull_of(job.location)
    start(pull, now, full=True)
    return take_in(job, pull, page, now) is None


def want_pulls() -> int:
    """Ask for a pull of every live location. Returns how many."""
    return jobs_of_live().want()


def want_full(location_ids: Collection[int]) -> int:
    """Ask for a full pull of these locations, as far as they are live. Returns how many."""
    rows = [ProductPull(location_id=pk) for pk in location_ids]
    ProductPull.objects.bulk_create(rows, ignore_conflicts=True)
    ProductPull.objects.filter(location__in=location_ids).update(full_wanted=True)
    return jobs_of_live().filter(location__in=location_ids).want()


def jobs_of_live() -> SyncJobs:
    return SyncJob.objects.filter(kind=SyncJob.Kind.PRODUCTS, location__live_at__isnull=False)
