"""What the engine asks of a flow, and which flow serves which kind of sync job.

Flows register themselves from outside (integration/flows.py), so that the engine imports none.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Protocol

from integration.easyecom import Call, Kind, Outcome
from integration.models import ApiCall, Rest, SyncJob


class AlreadySent(Exception):
    """What a flow was about to send was begun by someone else a moment ago."""


class Flow(Protocol):
    """What the engine asks of a flow; `target` is whatever its `load` returned."""

    def load(self, job: SyncJob) -> Any: ...
    def next_call(self, target: Any, now: datetime) -> Call | Rest: ...
    def begin(self, target: Any, call: Call, now: datetime) -> None: ...
    def settle(self, target: Any, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None: ...


class InSets(Flow, Protocol):
    """One whose jobs are taken many at a time. It writes through `models.unit_of_work`, and looks
    for nothing in the database that it wrote in the same turn."""

    def lock(self, jobs: Collection[SyncJob]) -> dict[int, Any]:
        """The targets by job, locked in the order of their keys."""

    def load_beside(self, targets: Sequence[Any]) -> None:
        """Read what else the flow looks at, once they are locked."""


# What is done with an answer to a write that came after its call was given up.
Late = Callable[[ApiCall, Outcome, datetime], None]
registered: dict[str, Flow] = {}
registered_in_sets: dict[str, InSets] = {}
registered_late: dict[str, Late] = {}


def register(kind: SyncJob.Kind, flow: Flow) -> None:
    registered[kind] = flow


def of_kind(kind: str) -> Flow:
    return registered[kind]


def register_in_sets(kind: SyncJob.Kind, flow: InSets, late: Late) -> None:
    registered[kind] = registered_in_sets[kind] = flow
    registered_late[kind] = late


def in_sets(kind: str) -> InSets | None:
    """The flow of jobs that are taken many at a time."""
    return registered_in_sets.get(kind)


def late_of_kind(kind: str) -> Late | None:
    return registered_late.get(kind)
