"""`python -m tests.faults [--size short] [--seed N] [--publish]`: a run, told as it goes."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.faults import isolation, recovery, report, schedule
from tests.faults.children import TOP
from tests.faults.postgres import Postgres
from tests.faults.report import Figures
from tests.faults.restored import Restore, restored
from tests.faults.run import Report, Run
from tests.faults.stand import World, standing
from tests.faults.worlds import WORLDS, live_in

SIZES = {"tiny": schedule.TINY, "short": schedule.SHORT, "long": schedule.LONG}
# Hostile bodies at the webhooks' door, hostile answers for the classifier, and deliveries in every
# sequence.
FUZZED = {"short": (20_000, 20_000, 300), "long": (200_000, 100_000, 10_000)}


def say(sentence: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


def run(size: str, seed: int) -> Report:
    with standing(World(), workers=2) as stand:
        told = Run(stand, seed, SIZES[size], say).go()
        if told.findings:
            say(stand.children.said())
    say(str(told))
    return told


def worlds(seed: int) -> list[Report]:
    with standing(World()) as stand:
        return [live_in(stand, world, seed, say) for world in WORLDS]


def restores(seed: int) -> list[Restore]:
    return [restored(seed, is_quiet=is_quiet, say=say) for is_quiet in (False, True)]


def fuzzed(size: str, seed: int) -> dict[str, Mapping[str, Any]]:
    """The fuzzers' own counts. They exit 1 where they found something, and say what."""
    bodies, answers, sequences = FUZZED[size]
    database = Postgres()
    try:
        return {
            "hostile bodies": counted("bodies", bodies, seed, database.url),
            "hostile answers": counted("answers", answers, seed, database.url),
            "sequences of deliveries": counted("sequences", sequences, seed, database.url),
        }
    finally:
        database.remove()


def counted(fuzzer: str, count: int, seed: int, database_url: str) -> Mapping[str, Any]:
    asked = ["--count", str(count), "--seed", str(seed)]
    ended = subprocess.run(
        [sys.executable, "-m", f"tests.hostile.{fuzzer}", *asked],
        cwd=TOP,
        env=os.environ | {"TEST_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    counts: dict[str, Any] = json.loads(ended.stdout)
    say(f"{fuzzer}: {counts}")
    return counts if ended.returncode == 0 else counts | {"FOUND SOMETHING": ended.returncode}


def figures(size: str, seed: int) -> Figures:
    found = Figures(size, run(size, seed))
    report.publish(found)
    found.restores = restores(seed)
    report.publish(found)
    found.fuzzed = fuzzed(size, seed)
    report.publish(found)
    if size == "long":
        found.worlds = worlds(seed)
        report.publish(found)
        found.isolation = isolation.measured()
        report.publish(found)
        found.recovery = recovery.waits(say)
        report.publish(found)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="short")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--restore", action="store_true", help="that scene alone")
    parser.add_argument("--publish", action="store_true", help="write docs/trust.md")
    asked = parser.parse_args()
    # So that everything started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    say(f"seed {asked.seed}, size {asked.size}")
    if asked.restore:
        return any(each.findings for each in restores(asked.seed))
    if asked.publish:
        return bool(figures(asked.size, asked.seed).findings)
    return bool(run(asked.size, asked.seed).findings)


if __name__ == "__main__":
    sys.exit(main())
