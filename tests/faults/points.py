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


def of_jobs(steps: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
    return tuple({str(step.job.kind) for step in steps})


def of_answers(steps: Any, *args: Any, **kwargs: Any) -> tuple[str, ...] | None:
    """What the calls were that came back; None where none did, so that there is nothing to pass."""
    came = [step.answer.prepared for step in steps if step.answer is not None]
    return tuple(each for call in came for each in of_call(call)) if came else None


@dataclass(frozen=True)
class Point:
    """`fault` is its number in docs/reliability.md#2-faults, `of` what it can be armed for."""

    name: str
    fault: str
    process: Literal["web", "worker"]
    function: str
    where: Literal["before", "midway", "after"]
    of: Callable[..., tuple[str, ...] | None] = nothing


POINTS = (
    Point("accept_uncommitted", "F1", "web", "integration.orders.rows.save", "after"),
    Point("accept_unanswered", "F2", "web", "integration.orders.intake.accept", "after"),
    Point(
        "shipment_unanswered", "F2", "web", "integration.orders.shipments.give_shipment", "after"
    ),
    Point("delivery_unstored", "F1", "web", "integration.webhooks.views.store", "before"),
    Point("delivery_unanswered", "F2", "web", "integration.webhooks.views.store", "after"),
    Point("claim_uncommitted", "F3", "worker", "integration.sync.leases.claim", "before"),
    Point("claimed", "F4", "worker", "integration.sync.leases.claim", "after"),
    Point("call_opened", "F4", "worker", "integration.sync.gateway.send", "before", of_call),
    Point(
        "half_sent", "F5", "worker", "integration.easyecom.wire.WatchedConnection.send", "midway"
    ),
    Point("answer_begun", "F6", "worker", "integration.easyecom.transport._answer", "after"),
    Point("answer_unwritten", "F7", "worker", "integration.sync.turns.take", "before", of_answers),
    Point("settle_uncommitted", "F7", "worker", "integration.sync.turns.take", "after", of_jobs),
    Point("settled", "F8", "worker", "integration.sync.engine.committed", "after", of_jobs),
    Point("drained", "F8", "worker", "integration.sync.engine.drain", "after"),
    Point(
        "levels_uncommitted",
        "F7",
        "worker",
        "integration.webhooks.processing.record_outcomes",
        "after",
    ),
    Point("deliveries_applied", "F8", "worker", "integration.webhooks.processing.judge", "after"),
)
LETS_GO_WITHIN = 1.5
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


def pass_by(name: str, about: tuple[str, ...] | None) -> None:
    """Act if this point is armed: at all, or for one of the things it is about."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder or about is None:
        return
    for key in (name, *(f"{name}@{each}" for each in about if each)):
        action = taken(Path(folder) / "armed", key)
        if action:
            if action == "stop":
                # The drain lets go of its sellers while it only waits for this call: another goes
                # on then, instead of once the claim has run out.
                time.sleep(LETS_GO_WITHIN)  # weak: in a process that tells nobody
            note(Path(folder) / "hits", key, action)
            # To this thread: of what is sent to the process, another may be told first.
            signal.pthread_kill(threading.get_ident(), ACTIONS[action])


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
