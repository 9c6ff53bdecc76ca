"""Is what a look-up shows an earlier revision of our order? (docs/decisions/0038-revisions.md)

Asked where one was sent too: EasyEcom may have made it late, whatever was shown before. Only what
tells two revisions apart is compared, and only what EasyEcom shows of it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integration.easyecom import FoundOrder
from integration.models import Doubt, Order, Stage
from integration.orders import revisions
from integration.orders.addresses import as_sent
from integration.orders.sku_matching import same_sku

PHONE_DIGITS = 10
Signs = dict[str, str]


def earlier_revision(order: Order, found: Sequence[FoundOrder]) -> str:
    """Why it may be an earlier revision of ours, as a sentence; "" where it is this one."""
    if order.stage != Stage.RECEIVED or order.revision == 1:
        return ""
    if order.doubt == Doubt.EARLIER:
        return order.doubt_message
    sent = order.revisions.filter(number__lt=order.revision, push_begun_at__isnull=False)
    body = sent_body(revisions.body_of(order))
    ours, theirs = signs_of(body), shown_signs(found)
    unclear = []
    for earlier in sent.order_by("-number"):
        earlier_body = sent_body(earlier.body)
        if earlier_body == body:
            continue
        old = signs_of(earlier_body)
        telling = [name for name in theirs if ours.get(name, "") != old.get(name, "")]
        if any(theirs[name] == old.get(name, "") for name in telling):
            return f"It is revision {earlier.number} of the order, and ours is {order.revision}."
        if not any(theirs[name] == ours.get(name, "") for name in telling):
            unclear.append(earlier.number)
    if not unclear:
        return ""
    return f"It may be revision {unclear[0]} of the order: EasyEcom shows nothing that tells."


def sent_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """A revision keeps what was typed; EasyEcom shows what it was sent."""
    shipping, billing = as_sent(body["shipping_address"]), body["billing_address"]
    return {
        **body,
        "shipping_address": shipping,
        "billing_address": as_sent(billing) if billing else shipping,
    }


def signs_of(body: Mapping[str, Any]) -> Signs:
    """What of a revision a look-up may show, as it is compared."""
    addresses = {"shipping": body["shipping_address"], "billing": body["billing_address"]}
    return {
        "collectable": amount(body["collectable_amount"]),
        "lines": lines_sign((line["sku"], line["quantity"]) for line in body["lines"]),
        "total": amount(total_of(body)),
    } | {
        f"{kind}.{name}": plain(name, value)
        for kind, address in addresses.items()
        for name, value in address.items()
    }


def shown_signs(found: Sequence[FoundOrder]) -> Signs:
    """The same of a look-up; what it does not show is left out. A split order's money and lines
    are its invoices' together."""
    signs = {name: plain(name.partition(".")[2], value) for name, value in found[0].buyer}
    if all(invoice.total is not None for invoice in found):
        signs["total"] = amount(sum(invoice.total or 0 for invoice in found))
    if all(invoice.collectable is not None for invoice in found):
        signs["collectable"] = amount(sum(invoice.collectable or 0 for invoice in found))
    lines = [line for invoice in found for line in invoice.lines]
    if lines and all(sku and quantity is not None for sku, quantity in lines):
        signs["lines"] = lines_sign(lines)
    return signs


def lines_sign(lines: Any) -> str:
    return " ".join(sorted(f"{same_sku(sku)}×{quantity}" for sku, quantity in lines))


def total_of(body: Mapping[str, Any]) -> Decimal:
    """With shipping, less the discount; where EasyEcom leaves one of them out it tells nothing."""
    goods = sum(
        (
            Decimal(line["unit_price"]) * line["quantity"] - Decimal(line["discount"])
            for line in body["lines"]
        ),
        Decimal(0),
    )
    return goods + Decimal(body["shipping_charge"]) - Decimal(body["discount"])


def amount(value: object) -> str:
    return f"{Decimal(str(value)):.2f}"


def plain(name: str, value: object) -> str:
    """Letters and digits only, in small letters; of a phone its last ten digits."""
    kept = "".join(filter(str.isalnum, str(value).casefold()))
    return kept[-PHONE_DIGITS:] if name == "phone" else kept
