"""What the contract leaves open, as switches; a change is checked against the default's type."""

from dataclasses import dataclass, fields, replace
from typing import Any

from integration.sandbox.checks import BadRequest, Body

CHOICES: dict[str, tuple[Any, ...]] = {
    "wrong_credentials_status": (200, 401),
    "manifest_version": ("V1", "V2"),
    "second_carrier": ("accepted", "refused"),
    "nothing_found": ("code_400", "no_result", "empty_list", "text"),
    "lookup_shape": ("list", "orders", "object"),
    "location_list": ("account", "none", "others", "object"),
    "levels_as": ("number", "text", "decimal"),
    "level_field": ("inventory", "quantity"),
}


@dataclass(frozen=True)
class Switches:
    """The UNSURE lines of docs/easyecom-contract.md, each with the answer given by default."""

    # 1 log-in
    cool_down_seconds: float = 60.0
    token_seconds: float = 90 * 24 * 3600.0
    wrong_credentials_status: int = 200
    new_token_ends_old: bool = False
    send_expires_in: bool = True
    x_api_key_required: bool = False
    # 2 to 4 and levels
    # What a location's token sees of the account; `object`: its own row alone, in no list.
    location_list: str = "account"
    second_carrier: str = "accepted"
    product_page_cap: int = 200
    inventory_page_cap: int = 200
    # 5 orders
    lookup_sees_failed: bool = True
    lookup_spans_locations: bool = True
    dedupe_covers_failed: bool = True
    queued: bool = False
    queue_seconds: float = 0.0
    omit_invoice_id: bool = False
    data_as_list: bool = False
    nothing_found: str = "code_400"
    # How a look-up wraps and writes the orders that it shows; "object" is for one only.
    lookup_shape: str = "list"
    skus_in_capitals: bool = False
    whole_rupees: bool = False
    carrier_must_exist: bool = True
    check_states: bool = False
    # A state that this EasyEcom does not list, and a SKU that it has no tax rate for.
    unlisted_state: str = ""
    untaxed_sku: str = ""
    stock_follows_orders: bool = True
    # An order may take more than there is: the level goes below 0.
    back_orders: bool = False
    # 12, "12" or "12.00", in webhooks and read back; and the webhook's word for it.
    levels_as: str = "number"
    level_field: str = "inventory"
    # 6 shipment details
    awb_can_change: bool = True
    awb_can_repeat: bool = True
    # 7 and 8 webhooks
    manifest_version: str = "V2"
    courier_is_email: bool = False
    # Whether the headers name the trigger, and another name for it, as when it was pasted wrong.
    send_action_header: bool = True
    action_header: str = ""
    webhook_tries: int = 5
    webhook_repeats: int = 0
    # Every so many-th is never sent; nor is any of this location. Both are in the log as dropped.
    webhook_drop_one_in: int = 0
    webhook_drop_location: str = ""
    # So many of a hook are held back, then go out last first; 0 sends, and lets go what is held.
    webhook_reverse: int = 0
    # the wire
    latency_seconds: float = 0.0
    send_retry_after: bool = True
    code_as_string: bool = False

    def changed(self, values: object) -> "Switches":
        """A copy with these values; BadRequest names the key that does not fit."""
        body = Body(values, "settings")
        changes = {f.name: _read(body, f.name, f.default) for f in fields(self) if f.name in body}
        body.done()
        return replace(self, **changes)


def _read(body: Body, key: str, default: Any) -> Any:
    if key in CHOICES:
        value = body.any(key)
        if isinstance(value, bool) or value not in CHOICES[key]:
            words = ", ".join(str(choice) for choice in CHOICES[key])
            raise BadRequest(f"settings: {key}: one of {words} is needed")
        return value
    if isinstance(default, bool):
        return body.flag(key)
    if isinstance(default, int):
        return body.whole(key, least=default and 1)
    if isinstance(default, str):
        return body.text(key, "")
    return body.number(key)
