"""The rows of calls: open before a call leaves, closed by what came of it.

All of it runs in the caller's transaction, for as many calls as its turn has.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from integration import easyecom
from integration.easyecom import Call, Exchange, Outcome
from integration.models import ApiCall, Order, SyncJob, many_rows
from integration.sync import error_dictionary, private, rate_limit
from sellers.models import Location

# Characters of an answer's body.
KEPT_REPLY = 4096
ANSWERED = (
    *("is_open", "http_status", "outcome", "message", "error"),
    *("reply", "elapsed_ms", "ended_at"),
)


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
    # What the answer must not repeat.
    private: easyecom.Private = field(repr=False, default=easyecom.NOTHING)


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that came back."""

    prepared: Prepared
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job's next call.

    `location` is as read in this transaction, with its seller; `order` is what the job carries
    forward. `has_quota` says that a call was taken from the quota when the job was let in.
    """

    job: SyncJob
    location: Location
    call: Call
    has_quota: bool
    order: Order | None = None

    @property
    def account(self) -> tuple[int, bool]:
        """Whose quota it is, and whether for polling."""
        return self.job.seller_id, self.job.is_polling


@dataclass(frozen=True, slots=True)
class Wait:
    """The call can't be made before `until`. `outcome` is what the last log-in came to, if that
    is the cause."""

    until: datetime
    code: str
    message: str
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What of a location's secrets goes with a call, in plain."""

    token: str
    x_api_key: str
    # What else EasyEcom may repeat.
    stored: list[str]


@dataclass(frozen=True, slots=True)
class Opening:
    """A call that goes out, for whom, and with what."""

    wanted: Wanted
    call: Call
    keys: Opened

    @property
    def hidden(self) -> easyecom.Private:
        """What the answer must not repeat."""
        keys = [self.keys.token, self.keys.x_api_key, *self.keys.stored]
        return private.of_call(self.wanted.order or self.wanted.job.checking, self.call, keys)


def open_rows(openings: Sequence[Opening], now: datetime) -> list[Prepared]:
    """Count the calls, and keep each as open. Once the caller has committed, they may be sent."""
    rows, found = [], []
    for each in openings:
        hidden = each.hidden
        rows.append(row_of(each.wanted, each.call, hidden, now))
        found.append(hidden)
    ApiCall.objects.bulk_create(rows)
    rate_limit.count(
        Counter(
            (job.seller_id, str(each.call.kind), job.is_polling)
            for each in openings
            for job in [each.wanted.job]
        ),
        now,
    )
    return [
        Prepared(
            call=each.call,
            api_call_id=row.pk,
            seller_id=row.seller_id,
            location_id=row.location_id,
            token_issued_at=each.wanted.location.token_issued_at,
            login_trouble=each.wanted.location.login_trouble,
            token=each.keys.token,
            x_api_key=each.keys.x_api_key,
            private=hidden,
        )
        for each, row, hidden in zip(openings, rows, found, strict=True)
    ]


def row_of(wanted: Wanted, call: Call, hidden: easyecom.Private, now: datetime) -> ApiCall:
    """Of an open call, not saved yet."""
    job, order = wanted.job, wanted.order
    return ApiCall(
        job=job,
        seller_id=job.seller_id,
        location_id=job.location_id,
        order_id=job.order_id or job.checking_id,
        revision=order.revision if order else None,
        kind=call.kind,
        is_write=call.kind.is_write,
        method=call.method,
        path=easyecom.without_secrets(call.target, hidden)[:500],
        request=shown_request(call, hidden),
        correlation_id=job.correlation_id,
        started_at=now,
    )


def shown_request(call: Call, hidden: easyecom.Private) -> str:
    """A call's body as it is kept."""
    if call.body is None:
        return ""
    return easyecom.without_secrets(easyecom.redacted(call.body), hidden)


def shown_reply(prepared: Prepared, exchange: Exchange) -> str:
    """An answer's body as it is kept. Masked before it is cut: half a secret has no value to be
    known by."""
    words = easyecom.redacted(exchange.reply, 2 * KEPT_REPLY)
    return easyecom.by_value(words, prepared.private)[:KEPT_REPLY]


def close_rows(answers: Sequence[Answer], now: datetime) -> None:
    """Keep what came of these calls."""
    errors = error_dictionary.record_messages([each.exchange.outcome for each in answers], now)
    rows = [
        (
            each.prepared.api_call_id,
            False,
            each.exchange.status,
            each.exchange.outcome.code,
            each.exchange.outcome.sentence[:500],
            error and error.pk,
            shown_reply(each.prepared, each.exchange),
            each.exchange.elapsed_ms,
            now,
        )
        for each, error in zip(answers, errors, strict=True)
    ]
    many_rows.update(ApiCall, ANSWERED, rows, only="kept.is_open")


def record_late(prepared: Prepared, exchange: Exchange) -> ApiCall | None:
    """Keep an answer that came after its call was given up; None where the call is not kept."""
    row = ApiCall.objects.filter(pk=prepared.api_call_id).first()
    if row is None:
        return None
    row.http_status = exchange.status
    row.outcome = exchange.outcome.code
    row.message = f"Answered after the call was given up. {exchange.outcome.sentence}"[:500]
    row.reply = shown_reply(prepared, exchange)
    row.elapsed_ms = exchange.elapsed_ms
    row.save(update_fields=["http_status", "outcome", "message", "reply", "elapsed_ms"])
    return row


def abandon(api_call: ApiCall, now: datetime) -> None:
    """Close the row of a call whose worker ended before it could say what came of it."""
    ApiCall.objects.filter(pk=api_call.pk).update(
        is_open=False,
        outcome=easyecom.OutcomeUnknown.code,
        message="The worker ended before the answer was written down.",
        ended_at=now,
    )
