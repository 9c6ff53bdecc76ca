"""Calls to EasyEcom in three parts: prepare (rows) → send (HTTP only) → record (rows).

`prepare` and `record` run inside the caller's transaction, for as many calls as its turn has;
`send` touches no row and may run on any thread. A log-in is a call like any other: where the
location has no good token it is prepared in the place of what was asked for, one at a time and at
most one a minute.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

import requests
from django.conf import settings

from integration import easyecom
from integration.easyecom import Call, Exchange, Kind, Outcome
from integration.models import Hold, Quota, SyncJob
from integration.sync import api_calls, log_ins, rate_limit
from integration.sync.api_calls import Answer, Opening, Prepared, Wait, Wanted
from sellers.models import Location

IN_FLIGHT_PER_ACCOUNT = 8
HELD = "held"


def prepare(wanted: Sequence[Wanted], now: datetime) -> list[Prepared | Wait]:
    """Open these calls, or say of each how long it has to wait: one for each, in their order.

    1. Look for a hold.
    2. Open the token and the API key. A token that no key opens counts as none.
    3. Put a log-in in the place of the call where the location has no good token.
    4. Take a call from the quota, unless the caller did.
    5. For a log-in, claim it: one at a time for a location, and one in log_ins.COOL_DOWN.
    6. Open the api-call rows, and count the calls. The caller commits, then sends.
    """
    # This look is what a hold promises: it is in the transaction that opens the calls, so no call
    # is opened once a hold is there to be seen. All others on a call's way only spare work
    # (integration/sync/holds.py).
    holds = Hold.objects.over_each({each.job.seller_id for each in wanted}) if wanted else {}
    keys = log_ins.Keys()
    found: dict[int, Call | Wait] = {}
    for n, each in enumerate(wanted):
        hold = holds.get(each.job.seller_id)
        found[n] = Wait(now, HELD, hold.reason) if hold else keys.fitting(each, now)
    for n, refused in without_quota(wanted, found, now):
        found[n] = refused
    # In the order of their locations: an UPDATE locks.
    for n, call in sorted(found.items(), key=lambda item: wanted[item[0]].location.pk):
        if isinstance(call, Call) and call.kind is Kind.LOG_IN:
            location = wanted[n].location
            if not log_ins.claim(location, now):
                found[n] = log_ins.wait_for(location, now)
    opened = api_calls.open_rows(
        [
            Opening(wanted[n], call, keys.of(wanted[n].location))
            for n, call in found.items()
            if isinstance(call, Call)
        ],
        now,
    )
    calls = iter(opened)
    return [each if isinstance(each, Wait) else next(calls) for each in found.values()]


def without_quota(
    wanted: Sequence[Wanted], found: Mapping[int, Call | Wait], now: datetime
) -> Iterator[tuple[int, Wait]]:
    """Those that the account has no call for, by their place. Takes for all others."""
    accounts: dict[tuple[int, bool], list[int]] = {}
    for n, each in enumerate(wanted):
        if isinstance(found[n], Call) and not each.has_quota:
            accounts.setdefault(each.account, []).append(n)
    for (_, is_polling), places in sorted(accounts.items()):
        seller = wanted[places[0]].location.seller
        granted = rate_limit.take(seller, len(places), now, is_polling=is_polling)
        if granted < len(places):
            refusal = rate_limit.refusal(seller, now, is_polling=is_polling)
            for n in places[granted:]:
                yield n, Wait(refusal.until, refusal.code, refusal.message)


@cache
def session_of(seller_id: int) -> requests.Session:
    """One session per account, so that its connections are kept and nobody else's wait."""
    return easyecom.make_session(IN_FLIGHT_PER_ACCOUNT)


def send(prepared: Prepared) -> Exchange:
    """The HTTP part. Never raises; within EASYECOM_TIMEOUT seconds in all.

    What EasyEcom said leaves here without the account's secrets and the buyer
    (docs/decisions/0051-peoples-data.md).
    """
    exchange = easyecom.send(
        session_of(prepared.seller_id),
        settings.EASYECOM_BASE_URL,
        prepared.call,
        token=prepared.token,
        x_api_key=prepared.x_api_key,
        timeout=settings.EASYECOM_TIMEOUT,
    )
    return replace(exchange, outcome=easyecom.outcome_without(exchange.outcome, prepared.private))


def record(answers: Sequence[Answer], now: datetime) -> None:
    """Close the api-call rows, and keep what the answers say about token and rate limit."""
    if not answers:
        return
    api_calls.close_rows(answers, now)
    for each in sorted(answers, key=lambda answer: answer.prepared.seller_id):
        record_limits(each.prepared, each.exchange.outcome, now)


def record_limits(prepared: Prepared, outcome: Outcome, now: datetime) -> None:
    """What an answer says of the account's rate, and of the location's token."""
    if isinstance(outcome, easyecom.RateLimited) and not outcome.cool_down:
        rate_limit.pause(
            prepared.seller_id, outcome.retry_after, now, of_the_day=outcome.of_the_day
        )
    if prepared.call.kind is Kind.LOG_IN:
        log_ins.record_answer(prepared, outcome, now)
    else:
        log_ins.record_token_use(prepared, outcome, now)


def listens_at(job: SyncJob, outcome: Outcome, now: datetime) -> datetime | None:
    """When EasyEcom will listen again after it refused; None where only patience helps."""
    match outcome:
        case easyecom.AuthRefused(status=403, renewable=False):
            return now + log_ins.PAUSE
        case easyecom.AuthRefused() | easyecom.RateLimited(cool_down=True):
            location = Location.objects.get(pk=job.location_id)
            # Another job may have logged in while this one was being refused.
            return now if location.has_good_token(now) else location.next_login_at or now
        case easyecom.RateLimited():
            return Quota.objects.get(seller_id=job.seller_id).paused_until or now
        case _:
            return None
