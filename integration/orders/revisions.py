"""What an order said before and after each change of its facts; by whom, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integration.models import Event, Order, OrderRevision
from integration.orders.facts import OrderFacts, as_body

# By the API. Which key it was stands behind it; no user name holds a blank.
BOOON, OF_KEY = "booon", " · "
ADDRESSES = ("shipping_address", "billing_address")
# Any of a buyer's: named where it changed, and never repeated.
PRIVATE = (*ADDRESSES, "payment_transaction_id", "buyer_gstin")


@dataclass(frozen=True, slots=True)
class Source:
    """Who gives or changes orders, and by which request."""

    actor: str
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that changed; the path is dotted, lines go by their line id."""

    path: str
    before: str
    after: str

    @property
    def is_private(self) -> bool:
        return self.path.partition(".")[0] in PRIVATE


def body_of(order: Order) -> dict[str, Any]:
    """An order's facts as they stand in its rows, as `facts.as_body` writes them."""
    names = [name for name in OrderFacts.__annotations__ if name not in ("location_key", "lines")]
    lines = order.lines.values("line_id", "sku", "name", "quantity", "unit_price", "discount")
    facts = {name: getattr(order, name) for name in names}
    return as_body(facts | {"location_key": order.location.location_key, "lines": list(lines)})


def record(
    order: Order, facts: OrderFacts, source: Source, now: datetime, *, reason: str = ""
) -> list[Difference]:
    """Keep what a locked order says and what it is to say. Returns the differences.

    The caller writes the order itself, with `order.revision + 1`.
    """
    before, after = body_of(order), as_body(facts)
    rows = OrderRevision.objects.filter(order=order, number=order.revision)
    if not rows.update(push_begun_at=order.push_begun_at):
        received = Event.objects.filter(order=order, kind="received").order_by("id").first()
        OrderRevision.objects.create(
            order=order,
            number=order.revision,
            body=before,
            at=order.created_at,
            actor=received.actor if received else BOOON,
            push_begun_at=order.push_begun_at,
        )
    OrderRevision.objects.create(
        order=order,
        number=order.revision + 1,
        body=after,
        at=now,
        actor=source.actor,
        reason=reason,
        correlation_id=source.correlation_id,
    )
    return list(differences(before, after))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in dict.fromkeys([*old, *new]):
        if old.get(path, "") != new.get(path, ""):
            yield Difference(path, old.get(path, ""), new.get(path, ""))


def leaves(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each fact by its path. A line that is put elsewhere has not changed."""
    for name, value in body.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from leaves(value, f"{path}.")
        elif isinstance(value, list):
            for line in value:
                rest = {key: each for key, each in line.items() if key != "line_id"}
                yield from leaves(rest, f"{path}.{line['line_id']}.")
        elif value not in (None, ""):
            yield path, str(value)


def in_words(changes: list[Difference]) -> str:
    """What changed, for a timeline: of a buyer's facts only that they did."""
    said = [
        words_of(each.path)
        if each.is_private
        else f"{words_of(each.path)} {each.before or 'none'} → {each.after or 'none'}"
        for each in changes
    ]
    return "; ".join(said)


def words_of(path: str) -> str:
    """`lines.BN-1-1.unit_price` is "line BN-1-1: unit price"."""
    if path.startswith("lines."):
        line_id, _, name = path.removeprefix("lines.").rpartition(".")
        return f"line {line_id}: {name.replace('_', ' ')}"
    return path.replace(".", ": ").replace("_", " ")
