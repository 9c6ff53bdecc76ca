"""How far Booon's receiver was told of a change, in a word."""

from booon_console.admin_parts import badge
from integration.models import Announcement, Attempt, Change

Outcome = Attempt.Outcome
TONES = {Outcome.TOLD: "good", Outcome.FAILED: "wait", Outcome.GIVEN_UP: "bad"}


def thing_of(change: Change) -> str:
    """What it is about: an order's number or a SKU."""
    return str(change.order or change.data.get("sku") or change.location)


def outcome_of(attempt: Attempt) -> str:
    outcome = Outcome(attempt.outcome)
    return badge(TONES[outcome], outcome.label)


def state_of(announcement: Announcement) -> str:
    if announcement.given_up_at:
        return badge("bad", "given up")
    if announcement.due_at is None:
        return badge("", "behind another", "Changes of one order, or one SKU, are told in turn.")
    return badge("wait", "put off" if announcement.tries else "due")
