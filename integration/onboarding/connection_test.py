"""Test connection: log in at EasyEcom and look for the location. Nothing is registered by it.

A flow like the others, so that quota, cool-down and whatever else stops a call hold for it too. It
never tries again by itself: what came of it is on its sync job, for the person who asked.
"""

from datetime import datetime

from integration import easyecom
from integration.easyecom import Call, Kind, Outcome
from integration.models import Rest, SyncJob, record_event
from integration.sync import log_ins, paging
from sellers.models import Location

NOT_LISTED = (
    "EasyEcom took the log-in with this location key, which proves it. Get Location does not list "
    "the location, as for a secondary warehouse: what it is called is learnt later."
)

load = paging.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    """A log-in of its own even where the token is good: the password is what is tested."""
    if has_logged_in(job, job.location):
        return easyecom.get_locations()
    return log_ins.log_in_call(job.location)


def has_logged_in(job: SyncJob, location: Location) -> bool:
    """Since the job was claimed."""
    return location.token_issued_at is not None and location.token_issued_at >= job.updated_at


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    """Nothing becomes fixed by a test."""


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    match kind, outcome:
        case Kind.LOG_IN, easyecom.Done():
            record_event("log_in", "Logged in at EasyEcom.", at=now, location=job.location)
            return None
        case Kind.GET_LOCATIONS, easyecom.Done(easyecom.Locations(found)):
            is_there = any(job.location.has_key(each.location_key) for each in found)
            return over(message="" if is_there else NOT_LISTED)
        case _:
            return over(outcome.code, outcome.sentence)


def over(code: str = "", message: str = "") -> Rest:
    return Rest(SyncJob.Status.SUCCEEDED, None, code, message[:500])


def end(job: SyncJob) -> None:
    """A test that still waits goes out no more, after a hold either: nobody would read it."""
    SyncJob.objects.filter(pk=job.pk, status=SyncJob.Status.PENDING).update(
        status=SyncJob.Status.SUCCEEDED, due_at=None, error_code=""
    )
