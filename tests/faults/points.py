"""Failpoints: places in the console where a child of the harness kills or stops itself.

The runner arms a point by putting a file in a folder. Whoever passes the point and renames that
file first has hit it, writes the hit down, and acts. The console knows nothing of this.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

# The environment tells a child of the harness where its armed points are, and which build it is.
FOLDER_VARIABLE = "TRUST_FOLDER"
SABOTAGE_VARIABLE = "TRUST_SABOTAGE"
ACTIONS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def nothing(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    return ()


def of_call(prepared: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
    """A call's kind, and the order number it is about."""
    call = prepared.call
    return str(call.kind), call.about


def of_answer(session: Any, request: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
    return (str(request.method),)


def of_job(job: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
    return (str(job.kind),)


@dataclass(frozen=True)
class Point:
    """`fault` is its number in RELIABILITY's fault matrix, `of` gives what it can be armed for."""

    name: str
    fault: str
    process: Literal["web", "worker"]
    function: str
    where: Literal["before", "midway", "after"]
    of: Callable[..., tuple[str, ...]] = nothing


POINTS = (
    Point("accept_uncommitted", "F1", "web", "integration.entry.arrivals.save", "after"),
    Point("accept_unanswered", "F2", "web", "integration.entry.intake.accept", "after"),
    Point("shipment_unanswered", "F2", "web", "integration.entry.intake.give_shipment", "after"),
    Point("delivery_unstored", "F1", "web", "integration.webhooks.store", "before"),
    Point("delivery_unanswered", "F2", "web", "integration.webhooks.store", "after"),
    Point("claim_uncommitted", "F3", "worker", "integration.engine.leases.claim", "before"),
    Point("claimed", "F4", "worker", "integration.engine.leases.claim", "after"),
    Point("call_opened", "F4", "worker", "integration.gateway.send", "before", of_call),
    Point(
        "half_sent", "F5", "worker", "integration.easyecom.wire.WatchedConnection.send", "midway"
    ),
    Point("answer_begun", "F6", "worker", "integration.easyecom.transport._answer", "after"),
    Point("answer_unwritten", "F7", "worker", "integration.gateway.record", "before", of_call),
    Point("settle_uncommitted", "F7", "worker", "integration.outbox.hop", "after", of_job),
    Point("settled", "F8", "worker", "integration.outbox.advance", "after", of_job),
    Point("drained", "F8", "worker", "integration.outbox.drain", "after"),
    Point("levels_uncommitted", "F7", "worker", "integration.inbox.write_verdicts", "after"),
    Point("deliveries_applied", "F8", "worker", "integration.inbox.judge", "after"),
)
NAMES = tuple(point.name for point in POINTS)


def install() -> None:
    for point in POINTS:
        holder, attribute = found(point.function)
        setattr(holder, attribute, wrapped(point, getattr(holder, attribute)))


def found(path: str) -> tuple[Any, str]:
    """The module or class that holds a function, and the function's name."""
    owner, _, attribute = path.rpartition(".")
    try:
        return import_module(owner), attribute
    except ModuleNotFoundError:
        holder, name = found(owner)
        return getattr(holder, name), attribute


def wrapped(point: Point, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def before(*args: Any, **kwargs: Any) -> Any:
        pass_by(point.name, point.of(*args, **kwargs))
        return function(*args, **kwargs)

    @wraps(function)
    def midway(holder: Any, data: Any) -> Any:
        if not is_armed(point.name):
            return function(holder, data)
        half = len(data) // 2
        function(holder, data[:half])
        pass_by(point.name, ())
        return function(holder, data[half:])

    @wraps(function)
    def after(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        pass_by(point.name, point.of(*args, **kwargs))
        return result

    return {"before": before, "midway": midway, "after": after}[point.where]


def is_armed(name: str) -> bool:
    folder = os.environ.get(FOLDER_VARIABLE)
    return bool(folder) and (Path(str(folder)) / "armed" / name).exists()


def pass_by(name: str, about: tuple[str, ...]) -> None:
    """Act if this point is armed: at all, or for one of the things it is about."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return
    for key in (name, *(f"{name}@{each}" for each in about if each)):
        action = taken(Path(folder) / "armed", key)
        if action:
            note(Path(folder) / "hits", key, action)
            os.kill(os.getpid(), ACTIONS[action])


def taken(armed: Path, key: str) -> str:
    """The action of an armed point whose turn it is; "" else. One passer-by alone gets it."""
    mine = armed / f".{key}.{os.getpid()}.{threading.get_ident()}"
    try:
        os.rename(armed / key, mine)
    except FileNotFoundError:
        return ""
    order = json.loads(mine.read_text())
    if order["passes"] > 0:
        mine.write_text(json.dumps(order | {"passes": order["passes"] - 1}))
        os.rename(mine, armed / key)
        return ""
    mine.unlink()
    return str(order["action"])


def note(hits: Path, key: str, action: str) -> None:
    """One line in one write, before the act: a killed process writes nothing afterwards."""
    hit = {"key": key, "action": action, "pid": os.getpid(), "at": time.time()}
    with open(hits, "ab", buffering=0) as file:
        file.write(json.dumps(hit).encode() + b"\n")
