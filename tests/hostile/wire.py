"""`python -m tests.hostile.wire --count 2000 --seed 1`: hostile requests over raw sockets.

Against real granian, on a database of its own that is read from outside at the end: what was
answered 200 is there byte for byte, and nothing is there that nobody sent.
"""

import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.hostile.frames import FRAMINGS, SMUGGLED, Frame
from tests.hostile.mutations import delivery_of
from tests.hostile.report import Counts, tell
from tests.integration.served import Server, served

STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
LONGEST_BODY = 100_000
BAD = ("server_errors", "not_taken", "lost", "unasked", "smuggled")
SENDERS = 16
# An answer that has to come may take so long; one that need not, so long and no longer.
PATIENCE, SHORT_PATIENCE = 30.0, 1.0


@dataclass
class Tally:
    """What was answered, what has to be stored, and what may be."""

    statuses: Counter[int] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    must: Counter[bytes] = field(default_factory=Counter)
    may: Counter[bytes] = field(default_factory=Counter)
    prefixes: list[bytes] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)

    def note(self, number: int, frame: Frame, answered: list[int]) -> None:
        self.statuses.update(answered)
        self.counts["silent"] += not answered
        self.must.update(frame.must)
        self.may.update(frame.may)
        self.prefixes += [frame.prefix] if frame.prefix else []
        faults = sum(status >= 500 for status in answered)
        refused = answered.count(200) < len(frame.must)
        self.counts["server_errors"] += faults
        self.counts["not_taken"] += refused
        self.failures += [number] if faults or refused else []

    def compare(self, stored: Counter[bytes]) -> None:
        """With what the database holds."""
        self.counts["lost"] = (self.must - stored).total()
        unasked = stored - self.must - self.may
        self.counts["smuggled"] = unasked.pop(SMUGGLED, 0)
        self.counts["unasked"] = sum(
            times for body, times in unasked.items() if not self.is_beginning(body)
        )

    def is_beginning(self, body: bytes) -> bool:
        return any(prefix.startswith(body) for prefix in self.prefixes)


def run(server: Server, count: int, seed: int) -> Counts:
    """Send this many requests, some at a time."""
    began, tally, before = time.monotonic(), Tally(), Counter(server.bodies())

    def send(number: int) -> tuple[int, Frame, list[int]]:
        frame = frame_of(server, seed, number)
        return number, frame, exchange(server, frame)

    with ThreadPoolExecutor(SENDERS) as senders:
        for number, frame, answered in senders.map(send, range(count)):
            tally.note(number, frame, answered)
    tally.compare(Counter(server.bodies()) - before)
    return {
        "seed": seed,
        "requests": count,
        "statuses": {str(status): times for status, times in sorted(tally.statuses.items())},
        "stored": tally.must.total(),
        "silent": tally.counts["silent"],
        **{name: tally.counts[name] for name in BAD},
        "failures": tally.failures[:20],
        "seconds": round(time.monotonic() - began, 1),
    }


def frame_of(server: Server, seed: int, number: int) -> Frame:
    _, body = delivery_of(seed, number)
    frame = FRAMINGS[number % len(FRAMINGS)]
    return frame(Random(f"{seed}:{number}:frame"), server, body[:LONGEST_BODY])


def exchange(server: Server, frame: Frame) -> list[int]:
    """Every status that came back before the server closed, or there was nothing to wait for."""
    received = b""
    with closing(server.connection()) as caller, suppress(ConnectionError, TimeoutError):
        caller.settimeout(PATIENCE if frame.must else SHORT_PATIENCE)
        caller.sendall(frame.raw)
        while piece := caller.recv(65_536):
            received += piece
    return [int(status) for status in STATUS.findall(received) if status != b"100"]


def main(count: int, seed: int) -> Counts:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        return run(server, count, seed)


if __name__ == "__main__":
    tell(main, bad=BAD, count=2_000)
