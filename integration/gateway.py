"""One call to EasyEcom in three parts: prepare (rows) → send (HTTP only) → record (rows).

`prepare` and `record` run inside the caller's transaction; `send` touches no row and may run on
any thread. A log-in is a call like any other: where the location has no good token it is
prepared in the place of what was asked for, one at a time and at most one a minute.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import requests
from django.conf import settings
from django.db.models import Q

from integration import easyecom
from integration.allowance import quota
from integration.easyecom import Call, Exchange, Kind, Outcome
from integration.models import ApiCall, Hold, Quota, SyncJob
from integration.trouble import dictionary
from sellers.models import Location, LoginTrouble

# EasyEcom contract, section 1: a second log-in within about 60 s is refused.
LOGIN_COOL_DOWN = timedelta(seconds=65)
LOGIN_PAUSE = timedelta(minutes=15)
IN_FLIGHT_PER_ACCOUNT = 8
AWAITING_LOGIN = "awaiting_log_in"
HELD = "held"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call whose row is open: once committed, it may be sent exactly once."""

    call: Call
    api_call_id: int
    seller_id: int
    location_id: int
    token_issued_at: datetime | None
    login_trouble: str
    token: str = field(repr=False)
    x_api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """The call can't be made before `until`. `outcome` is what the last log-in came to, if that
    is the cause."""

    until: datetime
    code: str
    message: str
    outcome: Outcome | None = None


def prepare(
    job: SyncJob, location: Location, call: Call, now: datetime, *, has_quota: bool
) -> Prepared | Wait:
    """Choose the log-in where one is needed first, take quota unless the caller did, and open
    the api-call row. `location` is as read in this transaction, with its seller. No call while
    its seller is held."""
    if hold := Hold.objects.over(job.seller_id):
        # Once more, in the call's own transaction: it may have been set since the claim.
        return Wait(now, HELD, hold.reason)
    if call.kind.needs_token and not location.has_good_token(now):
        call = login_call(location)
    if not has_quota and not quota.take(location.seller, 1, now, is_polling=job.is_polling):
        refusal = quota.refusal(location.seller, now, is_polling=job.is_polling)
        return Wait(refusal.until, refusal.code, refusal.message)
    if call.kind is Kind.LOG_IN and not claim_login(location, now):
        return wait_for_login(location, now)
    return open_call(job, location, call, now)


def login_call(location: Location) -> Call:
    seller = location.seller
    return easyecom.log_in(seller.api_username, seller.api_password, location.location_key)


def claim_login(location: Location, now: datetime) -> bool:
    """Single flight and cool-down in one conditional UPDATE."""
    free = Q(next_login_at__isnull=True) | Q(next_login_at__lte=now)
    claimed = Location.objects.filter(free, pk=location.pk).update(
        login_started_at=now, next_login_at=now + LOGIN_COOL_DOWN
    )
    return claimed == 1


def wait_for_login(location: Location, now: datetime) -> Wait:
    until = location.next_login_at or now + timedelta(seconds=1)
    if location.login_trouble == LoginTrouble.REFUSED:
        refused = easyecom.AuthRefused(401)
        return Wait(until, "credentials_refused", refused.sentence, refused)
    if location.login_trouble == LoginTrouble.COOL_DOWN:
        limited = easyecom.RateLimited(cool_down=True)
        return Wait(until, limited.code, limited.sentence, limited)
    return Wait(until, AWAITING_LOGIN, "A log-in for this location is under way.")


def open_call(job: SyncJob, location: Location, call: Call, now: datetime) -> Prepared:
    row = ApiCall.objects.create(
        job=job,
        seller_id=job.seller_id,
        location_id=job.location_id,
        order_id=job.order_id or job.checking_id,
        kind=call.kind,
        is_write=call.kind.is_write,
        method=call.method,
        path=call.target[:500],
        request=easyecom.redacted(call.body) if call.body is not None else "",
        correlation_id=job.correlation_id,
        started_at=now,
    )
    quota.count(job.seller_id, call.kind, now, is_polling=job.is_polling)
    return Prepared(
        call=call,
        api_call_id=row.pk,
        seller_id=job.seller_id,
        location_id=job.location_id,
        token_issued_at=location.token_issued_at,
        login_trouble=location.login_trouble,
        token=location.token,
        x_api_key=location.seller.x_api_key,
    )


@cache
def session_of(seller_id: int) -> requests.Session:
    """One session per account, so that its connections are kept and nobody else's wait."""
    return easyecom.make_session(IN_FLIGHT_PER_ACCOUNT)


def send(prepared: Prepared) -> Exchange:
    """The HTTP part. Never raises; within EASYECOM_TIMEOUT seconds in all."""
    return easyecom.send(
        session_of(prepared.seller_id),
        settings.EASYECOM_BASE_URL,
        prepared.call,
        token=prepared.token,
        x_api_key=prepared.x_api_key,
        timeout=settings.EASYECOM_TIMEOUT,
    )


def record(prepared: Prepared, exchange: Exchange, now: datetime) -> None:
    """Close the api-call row, and keep what the answer says about token and rate limit."""
    outcome = exchange.outcome
    ApiCall.objects.filter(pk=prepared.api_call_id, is_open=True).update(
        is_open=False,
        http_status=exchange.status,
        outcome=outcome.code,
        message=outcome.sentence[:500],
        error=dictionary.note(outcome, now),
        reply=easyecom.redacted(exchange.reply),
        elapsed_ms=exchange.elapsed_ms,
        ended_at=now,
    )
    if isinstance(outcome, easyecom.RateLimited) and not outcome.cool_down:
        quota.pause(prepared.seller_id, outcome.retry_after, now)
    if prepared.call.kind is Kind.LOG_IN:
        record_login(prepared, outcome, now)
    else:
        record_token_use(prepared, outcome, now)


def record_login(prepared: Prepared, outcome: Outcome, now: datetime) -> None:
    location = Location.objects.filter(pk=prepared.location_id)
    match outcome:
        case easyecom.Done(easyecom.TokenIssued(token, expires_in)):
            expires_at = now + timedelta(seconds=expires_in) if expires_in else None
            location.update(token=token, token_issued_at=now, token_expires_at=expires_at)
            location.exclude(login_trouble=LoginTrouble.TOKEN_REFUSED).update(login_trouble="")
            waiting = SyncJob.objects.filter(
                location_id=prepared.location_id, error_code__in=[AWAITING_LOGIN, "token_refused"]
            )
            waiting.filter(status__in=[SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT]).update(
                due_at=now
            )
        case easyecom.NotSent():
            location.update(next_login_at=None)
        case easyecom.RateLimited(cool_down=True):
            # A second refusal after our own wait is no cool-down any more.
            if location.filter(login_trouble=LoginTrouble.COOL_DOWN).exists():
                refuse_logins(prepared, now)
            else:
                location.update(login_trouble=LoginTrouble.COOL_DOWN)
        case easyecom.AuthRefused():
            refuse_logins(prepared, now)


def record_token_use(prepared: Prepared, outcome: Outcome, now: datetime) -> None:
    """A refused token is dropped once, by whoever used that very token; the fresh one refused
    as well means that logging in again does not help (EasyEcom contract, section 1)."""
    location = Location.objects.exclude(token="").filter(
        pk=prepared.location_id, token_issued_at=prepared.token_issued_at
    )
    if isinstance(outcome, easyecom.Done):
        if prepared.login_trouble:
            location.update(login_trouble="")
    elif isinstance(outcome, easyecom.AuthRefused) and outcome.renewable:
        if location.filter(login_trouble=LoginTrouble.TOKEN_REFUSED).update(
            token="", login_trouble=""
        ):
            refuse_logins(prepared, now)
        else:
            location.update(token="", login_trouble=LoginTrouble.TOKEN_REFUSED)


def refuse_logins(prepared: Prepared, now: datetime) -> None:
    Location.objects.filter(pk=prepared.location_id).update(
        login_trouble=LoginTrouble.REFUSED, next_login_at=now + LOGIN_PAUSE
    )


def listens_at(job: SyncJob, outcome: Outcome, now: datetime) -> datetime | None:
    """When EasyEcom will listen again after it refused; None where only patience helps."""
    match outcome:
        case easyecom.AuthRefused(status=403, renewable=False):
            return now + LOGIN_PAUSE
        case easyecom.AuthRefused() | easyecom.RateLimited(cool_down=True):
            location = Location.objects.get(pk=job.location_id)
            # Another job may have logged in while this one was being refused.
            return now if location.has_good_token(now) else location.next_login_at or now
        case easyecom.RateLimited():
            return Quota.objects.get(seller_id=job.seller_id).paused_until or now
        case _:
            return None


def abandon(api_call: ApiCall, now: datetime) -> None:
    """Close the row of a call whose worker ended before it could say what came of it."""
    ApiCall.objects.filter(pk=api_call.pk).update(
        is_open=False,
        outcome=easyecom.OutcomeUnknown.code,
        message="The worker ended before the answer was written down.",
        ended_at=now,
    )
