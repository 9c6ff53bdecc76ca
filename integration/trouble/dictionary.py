"""EasyEcom's refusals in plain words: messages grouped by shape, and patterns that explain them.

A message is grouped by its words alone, without numbers and what is quoted. So naming one explains
all that were ever said like it: nothing is stored beside an order but EasyEcom's own words.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

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
GAP = "…"


def words_of(outcome: Outcome) -> str:
    """What EasyEcom said as it refused; "" where it did not refuse, or said nothing."""
    match outcome:
        case easyecom.Rejected(message) | easyecom.AlreadyExists(message):
            return message
        case easyecom.AuthRefused(message=message):
            return message
        case _:
            return ""


def shape_of(words: str) -> str:
    """The words without what differs from one order to the next, secrets and buyers included."""
    readable = easyecom.redacted(words.encode(), LONGEST_WORDS)
    text = NUMBERED.sub(GAP, QUOTED.sub(GAP, readable))
    return SPACES.sub(" ", text).strip()[:LONGEST_SHAPE]


def digest_of(words: str) -> str:
    return hashlib.sha256(shape_of(words).casefold().encode()).hexdigest()


def note(outcome: Outcome, now: datetime) -> ErrorMessage | None:
    """Count these words. Returns their row; None where there were none."""
    words = words_of(outcome)
    if not words.strip():
        return None
    digest, shape = digest_of(words), shape_of(words)
    fresh = ErrorMessage(
        digest=digest,
        shape=shape,
        sample=easyecom.redacted(words.encode(), LONGEST_WORDS),
        first_at=now,
        last_at=now,
    )
    known = ErrorMessage.objects.filter(digest=digest)
    if not known.update(count=F("count") + 1, last_at=now):
        fresh.known = best(KnownError.objects.all(), shape)
        # Another worker may hear the same for the first time.
        ErrorMessage.objects.bulk_create([fresh], ignore_conflicts=True)
        known.update(count=F("count") + 1, last_at=now)
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
    return compiled(pattern).search(shape) is not None


@lru_cache(maxsize=1000)
def compiled(pattern: str) -> re.Pattern[str]:
    """Found anywhere in a message. A gap in the pattern, `*` or `…`, is anything."""
    parts = re.split(r"[*…]+", SPACES.sub(" ", pattern).strip())
    return re.compile(".*?".join(re.escape(part) for part in parts), re.IGNORECASE)
