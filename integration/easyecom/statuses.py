"""What EasyEcom's order status words mean: docs/easyecom-contract.md#order-status-words.

Sources disagree on the ids, so the word alone is read, whatever its case, blanks and dashes.
"""

import re

_CANCELLED = re.compile(r"(order )?cancell?ed( by .*)?")
_ON_HOLD = re.compile(r"(order )?(is )?(on ?)?hold")
_LEFT = frozenset(
    (
        *("shipped", "dispatched", "in transit", "intransit", "out for delivery"),
        *("delivered", "undelivered", "returned", "return initiated", "rto"),
    )
)


def is_cancelled_word(status: str) -> bool:
    """Whether nothing is left of it: "Partially Cancelled" is something else."""
    return _CANCELLED.fullmatch(_plain(status)) is not None


def is_on_hold_word(status: str) -> bool:
    """UNSURE: no source shows the word; these are its likely ones."""
    return _ON_HOLD.fullmatch(_plain(status)) is not None


def is_left_word(status: str) -> bool:
    """Whether the parcel is out of the warehouse. "Manifest Scanned" is before that."""
    return _plain(status) in _LEFT


def _plain(status: str) -> str:
    return " ".join(re.sub(r"[\s_-]+", " ", status).split()).casefold()
