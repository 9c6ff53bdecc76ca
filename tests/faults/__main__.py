"""`python -m tests.faults [--size short] [--seed N]`: one run, told as it goes."""

import argparse
import sys
import time

from tests.faults import schedule
from tests.faults.run import Run
from tests.faults.stand import World, standing

SIZES = {"tiny": schedule.TINY, "short": schedule.SHORT, "long": schedule.LONG}


def say(sentence: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="short")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    say(f"seed {asked.seed}, size {asked.size}")
    with standing(World(), workers=2) as stand:
        report = Run(stand, asked.seed, SIZES[asked.size], say).go()
        if report.findings:
            say(stand.children.said())
    say(str(report))
    return bool(report.findings)


if __name__ == "__main__":
    sys.exit(main())
