"""A buyer as every page shows them: enough to recognise, not enough to reach."""

from typing import Any

HIDDEN = "•••"


def masked(address: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Label and value; street and e-mail are only said to be there."""
    if not address:
        return []
    place = " ".join(filter(None, [str(address.get("city") or ""), text(address, "pincode")]))
    shown = [
        ("Name", masked_name(text(address, "name"))),
        ("Phone", masked_phone(text(address, "phone"))),
        ("E-mail", HIDDEN if address.get("email") else ""),
        ("Street", HIDDEN if address.get("line1") or address.get("line2") else ""),
        ("City and pincode", place),
    ]
    return [(label, value) for label, value in shown if value]


WHOLE = {
    "name": "Name",
    "phone": "Phone",
    "email": "E-mail",
    "line1": "Street",
    "line2": "",
    "city": "City",
    "state": "State",
    "pincode": "Pincode",
    "country": "Country",
}


def whole(address: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Label and value, nothing hidden: for one who asked, and whose asking is written down."""
    shown = [(label, text(address or {}, name)) for name, label in WHOLE.items()]
    return [(label, value) for label, value in shown if value]


def text(address: dict[str, Any], name: str) -> str:
    return str(address.get(name) or "").strip()


def masked_name(name: str) -> str:
    return f"{name[0]}{HIDDEN}" if name else ""


def masked_phone(phone: str) -> str:
    return f"{HIDDEN}{phone[-2:]}" if len(phone) > 2 else HIDDEN if phone else ""
