"""`python -m tests.bench`: what the console carries; `--publish` writes docs/performance.md."""

import argparse
import sys

from tests.bench import door, levels, lists, pushes, report

ROUNDS, SECONDS, WORKER_ROUNDS = 5, 3.0, 3
PARTS = (*door.VENDORS, "levels", "pushes", "hosts", "lists")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--quick", action="store_true", help="three short turns, no workers")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    rounds, seconds = (3, 2.0) if options.quick else (ROUNDS, SECONDS)
    text = ""
    wanted = [options.only] if options.only else door.VENDORS if options.quick else PARTS
    vendors = [vendor for vendor in door.VENDORS if vendor in wanted]
    if vendors:
        found = {vendor: door.compare(vendor, rounds, seconds) for vendor in vendors}
        text += report.door_part(found, rounds, seconds)
    if "levels" in wanted:
        text += report.levels_part({vendor: levels.compare(vendor) for vendor in door.VENDORS})
    if "pushes" in wanted:
        carried = pushes.compare(pushes.ONE_HOST, WORKER_ROUNDS)
        text += report.pushes_part(carried, WORKER_ROUNDS)
    if "hosts" in wanted:
        text += report.hosts_part(pushes.compare(pushes.HOSTS, WORKER_ROUNDS), WORKER_ROUNDS)
    if "lists" in wanted:
        text += report.lists_part({vendor: lists.measured(vendor) for vendor in door.VENDORS})
    sys.stdout.write(text)
    if options.publish:
        report.publish(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
