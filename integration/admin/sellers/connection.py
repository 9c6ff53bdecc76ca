"""Test connection: asked of EasyEcom while somebody waits, and told in a sentence."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from booon_console.lib import clock
from booon_console.lib.spoken import ist_at
from integration.easyecom import Kind
from integration.models import ApiCall, SyncJob, record_event
from integration.onboarding import connection_test
from integration.sync import engine, log_ins
from sellers.models import Location, LoginTrouble

# Below the patience of common proxies.
SECONDS = 25
NOTHING_SENT = "Nothing was sent. Try again in a moment."
WAITING = (log_ins.AWAITING, "log_in_cool_down", "credentials_refused")


@dataclass(frozen=True)
class Verdict:
    is_well: bool
    sentence: str


def test(location: Location, *, actor: str) -> Verdict:
    """Logs in and looks for the location, within quota and whatever else stops calls."""
    job = SyncJob.objects.of_location(location, SyncJob.Kind.PROBE)
    own = SyncJob.objects.filter(pk=job.pk)
    own.update(error_code="", error_message="")
    begun_at = clock.now()
    own.want()
    engine.run([job.pk], SECONDS, passing=())
    job.refresh_from_db()
    connection_test.end(job)
    location.refresh_from_db()
    verdict = verdict_on(job, location, begun_at, clock.now())
    record_event(
        "probe",
        f"Tested the connection: {verdict.sentence}",
        at=clock.now(),
        actor=actor,
        location=location,
        job=job,
    )
    return verdict


def verdict_on(job: SyncJob, location: Location, begun_at: datetime, now: datetime) -> Verdict:
    took = {
        call.kind: call.elapsed_ms
        for call in ApiCall.objects.filter(job=job, started_at__gte=begun_at, outcome="done")
    }
    if not job.error_code and Kind.GET_LOCATIONS in took:
        answered = sum(filter(None, took.values()))
        listed = f"EasyEcom took the log-in and lists the location, in {answered} ms."
        return Verdict(True, job.error_message or listed)
    return Verdict(False, trouble(job, location, now))


def trouble(job: SyncJob, location: Location, now: datetime) -> str:
    until = location.next_login_at
    if until is None or until <= now or job.error_code not in WAITING:
        return job.error_message or NOTHING_SENT
    if location.login_trouble == LoginTrouble.REFUSED:
        return f"{job.error_message} The next log-in may be tried at {ist_at(until)}."
    seconds = ceil((until - now).total_seconds())
    return f"Cool-down: EasyEcom gives a location one log-in a minute. Try again in {seconds} s."
