"""The sender: posts what happened to the URLs that a seller set, for real, in the background."""

import json
import threading
import time
from collections import deque
from dataclasses import replace
from typing import Any

import requests

from integration.sandbox import indian_time
from integration.sandbox.hooks import ACTIONS, Delivery, Hook, Post
from integration.sandbox.switches import Switches

TIMEOUT = 10
WORKERS = 4
BACK_OFF = (0.2, 0.5, 1.0, 2.0)
LOG_LENGTH = 1000


class Webhooks:
    """A queue for each hook, emptied in order, one delivery of a hook at a time."""

    def __init__(self, lock: threading.RLock) -> None:
        self.changed = threading.Condition(lock)
        self.switches = Switches()
        self.hooks: dict[tuple[str, str], Hook] = {}
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.counts = {"post": 0, "delivery": 0, "log": 0}
        self.is_stopped = True
        self.threads: list[threading.Thread] = []

    def set(self, location_key: str, trigger: str, url: str, token: str, style: str) -> Hook:
        with self.changed:
            hook = self.hooks.setdefault((location_key, trigger), Hook(location_key, trigger))
            hook.url, hook.token, hook.style = url, token, style
            return hook

    def remove(self, location_key: str, trigger: str) -> bool:
        with self.changed:
            return self.hooks.pop((location_key, trigger), None) is not None

    def clear(self) -> None:
        with self.changed:
            self.hooks.clear()
            self.log.clear()

    def obey(self, switches: Switches) -> None:
        """Whoever no longer holds deliveries back lets them go."""
        with self.changed:
            self.switches = switches
            if not switches.webhook_reverse:
                for hook in self.hooks.values():
                    hook.let_go()
                self.changed.notify_all()

    def post(self, location_key: str, trigger: str, body: Any, names: list[str]) -> bool:
        """Queue a body for this location's trigger. False when no URL is set for it.

        One that is dropped counts as posted: so EasyEcom believes.
        """
        with self.changed:
            hook = self.hooks.get((location_key, trigger))
            if hook is None:
                return False
            raw, copies = json.dumps(body).encode(), 1 + self.switches.webhook_repeats
            first = Delivery(self._number("delivery"), raw, _about(names), names)
            if self._is_dropped(hook):
                hook.dropped += 1
                self._log(hook, first, None, "dropped", 0)
                return True
            more = [replace(first, id=self._number("delivery")) for _ in range(copies - 1)]
            hook.take([first, *more], self.switches.webhook_reverse)
            self.changed.notify_all()
            return True

    def _named(self, hook: Hook) -> dict[str, str]:
        """What some accounts send too: docs/easyecom-contract.md#headers-on-webhooks."""
        if not self.switches.send_action_header:
            return {}
        is_versioned = hook.trigger == "manifested" and self.switches.manifest_version == "V2"
        own = ACTIONS[hook.trigger] + ("V2" if is_versioned else "")
        return {"x-easyecom-webhook-action": self.switches.action_header or own}

    def _is_dropped(self, hook: Hook) -> bool:
        switches, place = self.switches, self._number("post")
        one_in = switches.webhook_drop_one_in
        is_its_turn = bool(one_in) and place % one_in == 0
        return is_its_turn or hook.location_key == switches.webhook_drop_location

    def waiting(self) -> int:
        with self.changed:
            return sum(hook.waiting() for hook in self.hooks.values())

    def start(self) -> None:
        self.is_stopped = False
        for n in range(WORKERS):
            name = f"sandbox-webhooks-{n}"
            self.threads.append(threading.Thread(target=self._work, name=name, daemon=True))
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        with self.changed:
            self.is_stopped = True
            self.changed.notify_all()
        for thread in self.threads:
            thread.join(timeout=1)
        self.threads.clear()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while taken := self._take():
                hook, post = taken
                started = time.monotonic()
                status, error = _send(session, post)
                self._record(hook, status, error, time.monotonic() - started)

    def _take(self) -> tuple[Hook, Post] | None:
        """The hook whose first delivery is due longest; waits for one, None when stopped."""
        with self.changed:
            while not self.is_stopped:
                free = [hook for hook in self.hooks.values() if hook.queue and not hook.is_busy]
                due = [hook for hook in free if hook.due_at <= time.monotonic()]
                if due:
                    hook = min(due, key=lambda one: one.queue[0].id)
                    hook.is_busy = True
                    headers = hook.headers() | self._named(hook)
                    return hook, Post(hook.url, headers, hook.queue[0].body)
                soonest = min((hook.due_at for hook in free), default=None)
                self.changed.wait(None if soonest is None else soonest - time.monotonic())
            return None

    def _record(self, hook: Hook, status: int | None, error: str, seconds: float) -> None:
        with self.changed:
            delivery = hook.queue[0]
            delivery.tries += 1
            hook.is_busy = False
            hook.last = self._log(hook, delivery, status, error, seconds)
            if status == 200:
                hook.delivered += 1
                hook.queue.popleft()
            else:
                self._failed(hook, delivery)
            self.changed.notify_all()

    def _failed(self, hook: Hook, delivery: Delivery) -> None:
        if delivery.tries == 1:
            hook.failures += 1
            hook.first_failure_at = hook.first_failure_at or indian_time.now()
        if delivery.tries >= self.switches.webhook_tries:
            hook.given_up += 1
            hook.queue.popleft()
            return
        hook.due_at = time.monotonic() + BACK_OFF[min(delivery.tries, len(BACK_OFF)) - 1]

    def _log(
        self, hook: Hook, delivery: Delivery, status: int | None, error: str, seconds: float
    ) -> dict[str, Any]:
        entry = {
            "n": self._number("log"),
            "at": indian_time.now().isoformat(),
            "delivery": delivery.id,
            "location_key": hook.location_key,
            "trigger": hook.trigger,
            "about": delivery.about,
            "names": delivery.names,
            "bytes": len(delivery.body),
            "attempt": delivery.tries,
            "status": status,
            "error": error,
            "milliseconds": round(seconds * 1000),
        }
        self.log.append(entry)
        return entry

    def _number(self, series: str) -> int:
        self.counts[series] += 1
        return self.counts[series]


def _about(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _send(session: requests.Session, post: Post) -> tuple[int | None, str]:
    """The status answered, or the name of what went wrong: never its text, nor the token."""
    try:
        answer = session.post(
            post.url,
            data=post.body,
            headers=post.headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except (requests.RequestException, ValueError) as problem:
        return None, type(problem).__name__
    return answer.status_code, ""
