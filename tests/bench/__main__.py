"""`python -m tests.bench`: what the console carries; `--publish` writes docs/performance.md."""

import argparse
import sys

from tests.bench import door, hosts, report

ROUNDS, SECONDS, HOST_ROUNDS = 5, 3.0, 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["postgresql", "sqlite", "hosts"])
    parser.add_argument("--quick", action="store_true", help="three short turns, no hosts")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    rounds, seconds = (3, 2.0) if options.quick else (ROUNDS, SECONDS)
    text = ""
    vendors = [vendor for vendor in door.VENDORS if options.only in (None, vendor)]
    if vendors:
        found = {vendor: door.compare(vendor, rounds, seconds) for vendor in vendors}
        text += report.door_part(found, rounds, seconds)
    if options.only == "hosts" or not (options.only or options.quick):
        text += report.hosts_part(hosts.compare(HOST_ROUNDS))
    sys.stdout.write(text)
    if options.publish:
        report.publish(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
