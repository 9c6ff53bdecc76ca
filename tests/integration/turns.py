"""One job's step, or one call, as a drain does them for many."""

from datetime import datetime
from typing import Any

from integration.easyecom import Call, Exchange
from integration.models import Order, SyncJob
from integration.sync import engine, gateway
from integration.sync.api_calls import Answer, Prepared, Wait, Wanted
from integration.sync.turns import Step
from sellers.models import Location


def advance(job: SyncJob, answer: Answer | None = None, *, may_call: bool = True) -> Any:
    """The call that goes out next; None where none does."""
    calls = [call for _, call in engine.advance([Step(job, answer)], may_call=may_call)]
    assert len(calls) <= 1
    return calls[0] if calls else None


def prepare(
    job: SyncJob,
    location: Location,
    call: Call,
    now: datetime,
    *,
    has_quota: bool = True,
    order: Order | None = None,
) -> Prepared | Wait:
    (found,) = gateway.prepare([Wanted(job, location, call, has_quota, order)], now)
    return found


def record(prepared: Prepared, exchange: Exchange, now: datetime) -> None:
    gateway.record([Answer(prepared, exchange)], now)
