"""What is different in a child of the harness: shorter waits, failpoints, maybe a sabotage."""

import os
from datetime import timedelta

from integration.models import worker
from integration.reconciliation import order_comparison
from integration.sync import log_ins
from integration.worker import tasks
from tests.faults import points, sabotage

REAL_TIMES_VARIABLE = "TRUST_REAL_TIMES"
# A comparison waits for no webhook of what EasyEcom manifested a moment ago.
COMPARES_VARIABLE = "TRUST_COMPARES_AT_ONCE"


def spoil() -> None:
    if os.environ.get(REAL_TIMES_VARIABLE) != "true":
        hurry()
    if os.environ.get(COMPARES_VARIABLE) == "true":
        order_comparison.GRACE = timedelta(seconds=1)
    build = os.environ.get(points.SABOTAGE_VARIABLE, "")
    if build:
        sabotage.BUILDS[build]()
    points.install()


def hurry() -> None:
    """What is a constant in the console and would have the harness wait for minutes."""
    log_ins.COOL_DOWN = timedelta(seconds=1)
    log_ins.PAUSE = timedelta(seconds=3)
    worker.DRAIN_LEASE = timedelta(seconds=5)
    worker.QUEUE_PATIENCE = timedelta(seconds=5)
    tasks.DRAIN_SECONDS = 3.0
