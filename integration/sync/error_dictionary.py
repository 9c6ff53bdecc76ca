"""EasyEcom's refusals in plain words: messages grouped by shape, and patterns that explain them.

A message is grouped by its words alone, without numbers and what is quoted. So naming one explains
all that were ever said like it: nothing is stored beside an order but EasyEcom's own words.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from integration import easyecom
from integration.easyecom import Outcome
from integration.models import ErrorMessage, KnownError

LONGEST_SHAPE, LONGEST_WORDS = 300, 500
# As many shapes as one naming looks through.
MOST_SHAPES = 5000
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]|\([^)]*\)")
# A word with a digit in it: an order number, a SKU, a date, a pincode.
NUMBERED = re.compile(r"[^\s,;:]*\d[^\s,;:]*")
SPACES = re.compile(r"\s+")
# What was masked, with the digits that are left of it.
MASKED = re.compile(rf"{easyecom.MASK}\d*")
GAP = "…"
GAPS = re.compile(r"[*…●]+")


def words_of(outcome: Outcome) -> list[str]:
    """What EasyEcom said as it refused; nothing where it did not refuse, or said nothing.

    Of a refusal with lines what it said of each, once: its own message says only that there are.
    """
    match outcome:
        case easyecom.Rejected(lines=lines) if lines:
            said = [line.message for line in lines]
        case easyecom.Rejected(message) | easyecom.AlreadyExists(message):
            said = [message]
        case easyecom.AuthRefused(message=message):
            said = [message]
        case easyecom.Done(easyecom.QueueStatus(state="failed", message=message)):
            said = [message]
        case _:
            said = []
    return list(dict.fromkeys(words for words in said if words.strip()))


def shape_of(words: str) -> str:
    """The words without what differs from one order to the next, secrets and buyers included."""
    readable = easyecom.redacted(words.encode(), LONGEST_WORDS)
    text = NUMBERED.sub(GAP, MASKED.sub(GAP, QUOTED.sub(GAP, readable)))
    return SPACES.sub(" ", text).strip()[:LONGEST_SHAPE]


def digest_of(words: str) -> str:
    return hashlib.sha256(shape_of(words).casefold().encode()).hexdigest()


def record_messages(outcomes: Iterable[Outcome], now: datetime) -> list[ErrorMessage | None]:
    """Count what was said. For each the row of the first thing it said; None where that is none."""
    said = [words_of(outcome) for outcome in outcomes]
    times = Counter(words for each in said for words in each)
    # In one order always, so that two workers can't wait for each other's rows.
    rows = {words: count(words, times[words], now) for words in sorted(times, key=digest_of)}
    return [rows[each[0]] if each else None for each in said]


def count(words: str, times: int, now: datetime) -> ErrorMessage | None:
    digest, shape = digest_of(words), shape_of(words)
    fresh = ErrorMessage(
        digest=digest,
        shape=shape,
        sample=easyecom.redacted(words.encode(), LONGEST_WORDS),
        first_at=now,
        last_at=now,
    )
    known = ErrorMessage.objects.filter(digest=digest)
    if not known.update(count=F("count") + times, last_at=now):
        fresh.known = best(KnownError.objects.all(), shape)
        # Another worker may hear the same for the first time.
        ErrorMessage.objects.bulk_create([fresh], ignore_conflicts=True)
        known.update(count=F("count") + times, last_at=now)
    return known.first()


def explained(messages: Iterable[str]) -> dict[str, KnownError]:
    """What is known of these messages, by the message: one query for all of them."""
    digests = {words: digest_of(words) for words in set(messages) if words}
    rows = ErrorMessage.objects.filter(digest__in=set(digests.values()), known__isnull=False)
    known = {row.digest: row.known for row in rows.select_related("known") if row.known}
    return {words: known[digest] for words, digest in digests.items() if digest in known}


def relabel() -> int:
    """After a pattern was named, changed or taken back. Returns how many shapes now read
    differently."""
    patterns = list(KnownError.objects.all())
    changed = []
    for message in ErrorMessage.objects.order_by("-last_at")[:MOST_SHAPES]:
        known = best(patterns, message.shape)
        if message.known_id != (known.pk if known else None):
            message.known = known
            changed.append(message)
    ErrorMessage.objects.bulk_update(changed, ["known"], batch_size=200)
    return len(changed)


def best(patterns: Iterable[KnownError], shape: str) -> KnownError | None:
    """The one that says most about it: the longest that fits."""
    fitting = [known for known in patterns if fits(known.pattern, shape)]
    return max(fitting, key=lambda known: len(known.pattern), default=None)


def fits(pattern: str, shape: str) -> bool:
    """Whether it is found anywhere in a message. A gap in the pattern, `*` or `…`, is anything.

    Part by part, each at its first place: no pattern costs more than a look through the message.
    """
    text, start = shape.casefold(), 0
    for part in GAPS.split(SPACES.sub(" ", pattern).strip().casefold()):
        found = text.find(part, start)
        if found < 0:
            return False
        start = found + len(part)
    return True
