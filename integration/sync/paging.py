"""Where a job of many pages stands: EasyEcom's nextUrl, kept verbatim on the sync job."""

from django.conf import settings

from integration import easyecom
from integration.easyecom import Call
from integration.models import ProductPull, Rest, SyncJob

ALL_READ = Rest(SyncJob.Status.SUCCEEDED)


def load(job: SyncJob) -> SyncJob:
    return SyncJob.objects.select_related("location__seller").get(pk=job.pk)


def page_call(job: SyncJob, first: Call) -> Call | Rest:
    """The page where the job stands, or the first one; nothing for a location not yet live."""
    if not job.location.is_live:
        return ALL_READ
    if not job.next_page:
        return first
    try:
        return easyecom.next_page(first.kind, job.next_page, settings.EASYECOM_BASE_URL)
    except easyecom.ForeignPage:
        return Rest(SyncJob.Status.FAILED, None, "foreign_page", "The next page is elsewhere.")


def turn(job: SyncJob, next_target: str | None) -> Rest | None:
    """Keep the place. A page that points to itself would never end, so it ends here."""
    is_last = not next_target or next_target == job.next_page
    job.next_page = "" if is_last else next_target or ""
    job.save(update_fields=["next_page"])
    return ALL_READ if is_last else None


def goes_round(pull: ProductPull, next_target: str) -> bool:
    """Whether the pages have come to one that was met before.

    Brent's way, which keeps one page instead of all: the milestone moves on at each power of two,
    so a circle meets it within a few rounds. `pull.pages` counts those read so far.
    """
    if next_target == pull.milestone:
        return True
    if pull.pages & (pull.pages - 1) == 0:
        pull.milestone = next_target
    return False
