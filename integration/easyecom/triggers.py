"""What EasyEcom calls a webhook in its headers: docs/easyecom-contract.md#headers-on-webhooks.

No evidence of where a request comes from, so nothing is decided by it. It says what was pasted
wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Only what looks like a name or a number is kept: whoever is refused may send anything.
_ACTION = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_COMPANY = re.compile(r"[0-9]{1,32}")
# A trigger's own name, with any version. UpdateInventory and ManifestedV2 were seen.
_OWN = {
    "inventory": re.compile(r"(update)?inventory(update)?(v[0-9]+)?", re.IGNORECASE),
    "manifested": re.compile(r"(mark|order)?manifest(ed)?(order)?(v[0-9]+)?", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """The action and company id that EasyEcom put in the headers; "" where it put none."""

    action: str = ""
    company_id: str = ""


NOT_TOLD = Trigger()


def trigger_of(environ: Mapping[str, Any]) -> Trigger:
    """From a WSGI environment."""
    action = str(environ.get("HTTP_X_EASYECOM_WEBHOOK_ACTION", "")).strip()
    company = str(environ.get("HTTP_X_EASYECOM_COMPANY_ID", "")).strip()
    return Trigger(
        action if _ACTION.fullmatch(action) else "",
        company if _COMPANY.fullmatch(company) else "",
    )


def wrong_trigger(action: str, topic: str) -> str:
    """A sentence where the name is another trigger's than this topic's; else ""."""
    own = _OWN.get(topic)
    if not action or own is None or own.fullmatch(action):
        return ""
    return f"EasyEcom calls this {action}: another trigger was pointed here."
