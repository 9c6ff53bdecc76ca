"""What is near to something that was typed and that nothing has: a digit too many, two swapped."""

from difflib import SequenceMatcher
from typing import Any

from integration.admin.finding import hits
from integration.admin.finding.hits import Hit
from integration.models.shipments import compared

MOST = 5
# Looked for at its beginning and its end, so much of it.
SHARE = 2 / 3
LEAST_ALIKE = 0.7


def near(user: Any, words: str) -> list[Hit]:
    """Orders, the most alike first."""
    typed = compared(words.strip(hits.EDGES))
    length = int(len(typed) * SHARE)
    if length < 3:
        return []
    terms = [typed[:length], typed[-length:]]
    alike: hits.Reasons = {}
    if user.has_perm(hits.VIEW_ORDER):
        for order_id, value, said in (
            *hits.in_orders(user, terms),
            *hits.in_awbs(user, terms),
            *hits.in_awbs_at_easyecom(user, terms),
        ):
            ratio = SequenceMatcher(None, typed, compared(value)).ratio()
            unlike = round(1000 * (1 - ratio))
            if ratio >= LEAST_ALIKE and (unlike, said) < alike.get(order_id, (1000, "")):
                # Never 0: near is not the very same.
                alike[order_id] = (max(unlike, 1), said)
    return hits.order_hits(user, alike)[:MOST]
