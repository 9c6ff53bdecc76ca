"""The names under which release 0.1 queued tasks and kept schedules. Goes with the next release."""

from integration.worker.tasks import (
    beat,
    count_tallies,
    delete_old,
    drain_announcements,
    drain_bulk,
    drain_inbox,
    drain_outbox,
    look_again,
    look_for_alerts,
    pull_catalogs,
    reconcile,
    renew_reasons,
    renew_tokens,
)

__all__ = [
    "beat",
    "count_tallies",
    "delete_old",
    "drain_announcements",
    "drain_bulk",
    "drain_inbox",
    "drain_outbox",
    "look_again",
    "look_for_alerts",
    "pull_catalogs",
    "reconcile",
    "renew_reasons",
    "renew_tokens",
]
