"""What the one search box finds: orders by whatever somebody holds of them, sellers, places, SKUs.

Each look is bounded, and made within the sellers whom the person sees and the lists they may see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime

from booon_console.lib import parts
from booon_console.lib.admin_parts import listed, page_of
from integration.admin.labels import stage_words
from integration.easyecom.plain_text import plain_code
from integration.models import (
    Order,
    OrderLine,
    Product,
    ReplacedAwb,
    ShipmentDetails,
    UnmappedSku,
)
from integration.models.shipments import compared
from integration.orders.buyer_digests import NAME, PHONE
from sellers import scope
from sellers.models import Location, Seller

LONGEST = 100
MOST_WORDS = 4
# Around what was copied out of a mail or a chat.
EDGES = " \t\r\n#,.;:!?\"'()[]<>"
# Shown of each group; of the orders of one buyer, each with its day.
MOST, MOST_OF_BUYER = 20, 200
VIEW_ORDER, VIEW_SELLER = "integration.view_order", "sellers.view_seller"
VIEW_LOCATION, VIEW_PRODUCT = "sellers.view_location", "integration.view_product"
# A column of the order, and what is said where it is what was found.
ORDER_COLUMNS = {
    "order_number": "",
    "easyecom_order_id": "EasyEcom order id",
    "easyecom_invoice_id": "EasyEcom invoice id",
    "manifest_number": "Manifest",
}
WHERE = (
    "order numbers, AWBs (ours, EasyEcom's and replaced ones), EasyEcom's order and invoice ids, "
    "manifest numbers, SKUs, sellers and locations"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: what it is, and by what of it."""

    label: str
    url: str
    by: str = ""
    about: str = ""
    tone: str = ""
    state: str = ""
    is_exact: bool = False


@dataclass(slots=True)
class Found:
    """Hits by what they are, each group with its heading."""

    groups: dict[str, list[Hit]] = field(default_factory=dict)
    # Of which there are more than these.
    cut: set[str] = field(default_factory=set)

    def add(self, group: str, hits: Sequence[Hit], most: int | None = None) -> None:
        """Of one more than `most`, else MOST, that there are more is said."""
        most = MOST if most is None else most
        if hits:
            self.groups.setdefault(group, []).extend(hits[:most])
        if len(hits) > most:
            self.cut.add(group)

    @property
    def count(self) -> int:
        return sum(map(len, self.groups.values()))

    @property
    def one(self) -> Hit | None:
        """The only one, or the only one that is just what was typed."""
        hits = [hit for group in self.groups.values() for hit in group]
        exact = [hit for hit in hits if hit.is_exact]
        return exact[0] if len(exact) == 1 else hits[0] if len(hits) == 1 else None


def terms_of(words: str) -> list[str]:
    """As it is compared: without case; without blanks, with them, or with hyphens in their place,
    as codes are written; without the marks around it. [] where it is too short or too long."""
    typed = plain_code(words).strip(EDGES).casefold()
    apart = typed.split()
    terms = list(dict.fromkeys((compared(typed), " ".join(apart), "-".join(apart))))
    is_fit = len(terms[0]) >= parts.LEAST and len(typed) <= LONGEST and "\x00" not in typed
    return terms if is_fit else []


def find(user: Any, words: str) -> Found:
    found = Found()
    terms = terms_of(words)
    if not terms:
        return found
    reasons = order_reasons(user, terms)
    found.add("Orders", order_hits(user, reasons) or by_several_words(user, words))
    if user.has_perm(VIEW_SELLER):
        found.add("Sellers", list(seller_hits(user, terms)))
    if user.has_perm(VIEW_LOCATION):
        found.add("Locations", list(location_hits(user, terms)))
    if user.has_perm(VIEW_PRODUCT):
        skus = list(sku_hits(user, terms))
        found.add("SKUs", skus)
        found.add("Orders with these SKUs", orders_with(user, [hit.label for hit in skus]))
    return found


# Orders ----------------------------------------------------------------------------------------

# By an order's id: how close it is (0 is the very same), and by what of it.
Reasons = dict[int, tuple[int, str]]


def order_reasons(user: Any, terms: Sequence[str]) -> Reasons:
    """Why orders are found by their codes, the closest reason of each."""
    found: Reasons = {}
    if not user.has_perm(VIEW_ORDER):
        return found
    for order_id, value, said in (
        *in_orders(user, terms),
        *in_awbs(user, terms),
        *in_awbs_at_easyecom(user, terms),
    ):
        close = parts.closeness(compared(value), terms)
        if close is not None and (close, said) < found.get(order_id, (9, "")):
            found[order_id] = (close, said)
    return found


def in_orders(user: Any, terms: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    mine = scope.within(Order.objects.order_by(), user, "seller")
    rows = parts.recent(mine.filter(parts.holds(ORDER_COLUMNS, terms)))
    columns = ["pk", *ORDER_COLUMNS]
    some = list(rows.values_list(*columns)[: parts.MOST])
    if len(some) == parts.MOST:
        # Among so many the very same one may not be.
        some += mine.filter(order_number__iexact=terms[-1]).values_list(*columns)[:MOST]
    for order_id, *values in some:
        for value, said in zip(values, ORDER_COLUMNS.values(), strict=True):
            if value:
                yield order_id, value, f"{said} {value}".strip() if said else ""


def in_awbs(user: Any, terms: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """By what parcels are compared by: the AWB without blanks, behind its courier."""
    for model, said in ((ShipmentDetails, "AWB"), (ReplacedAwb, "Replaced AWB")):
        mine = scope.within(model._default_manager.order_by(), user, "order__seller")
        rows = parts.recent(mine.filter(parts.holds(["parcel"], terms)))
        for order_id, parcel, awb in rows.values_list("order_id", "parcel", "awb_number")[
            : parts.MOST
        ]:
            yield order_id, parcel.rpartition("|")[2], f"{said} {awb}"


def in_awbs_at_easyecom(user: Any, terms: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Those that EasyEcom holds in the place of ours: few, and each waits for somebody."""
    there = ShipmentDetails.objects.filter(at_easyecom__isnull=False).order_by("-pk")
    mine = scope.within(there, user, "order__seller").only("order_id", "at_easyecom")
    for shipment in mine[: parts.MOST]:
        for awb in shipment.awbs_at_easyecom:
            yield shipment.order_id, awb, f"EasyEcom's AWB {awb}"


def order_hits(user: Any, reasons: Reasons) -> list[Hit]:
    """The closest first, of those the newest; one more than is shown."""
    closest = sorted(reasons, key=lambda order_id: (reasons[order_id][0], -order_id))
    closest = closest[: MOST + 1]
    orders = Order.objects.select_related("seller", "location").in_bulk(closest)
    return [
        hit_of(orders[order_id], reasons[order_id][1], is_exact=reasons[order_id][0] == 0)
        for order_id in closest
        if order_id in orders
    ]


def hit_of(order: Order, by: str, *, is_exact: bool = False) -> Hit:
    tone, stage, _ = stage_words(order)
    return Hit(
        order.order_number,
        page_of(order),
        by,
        f"{order.seller.name}, {order.location}, {localtime(order.ordered_at):%-d %b %Y}",
        "bad" if order.blocked_reason else tone,
        stage,
        is_exact,
    )


def by_several_words(user: Any, words: str) -> list[Hit]:
    """Orders in which each word is found: by itself, or as a SKU of theirs. Where there is none,
    those that are named by one of the words in full."""
    several = words.split()
    if not 2 <= len(several) <= MOST_WORDS:
        return []
    found: Reasons | None = None
    named: Reasons = {}
    for word in several:
        terms = terms_of(word)
        reasons = order_reasons(user, terms) if terms else {}
        if terms and found is not None:
            reasons |= with_sku(list(found), terms)
        named |= {each: why for each, why in reasons.items() if why[0] == 0}
        found = (
            reasons if found is None else {each: found[each] for each in found if each in reasons}
        )
    return order_hits(user, found or named)


def with_sku(order_ids: Sequence[int], terms: Sequence[str]) -> Reasons:
    lines = OrderLine.objects.filter(order__in=order_ids).values_list("order_id", "sku")
    return {
        order_id: (close, f"SKU {sku}")
        for order_id, sku in lines
        if (close := parts.closeness(compared(sku), terms)) is not None
    }


BUYERS = {PHONE: "Buyer's phone number", NAME: "Buyer's name"}


def by_digests(user: Any, column: str, digests: Sequence[str]) -> list[Hit]:
    """Orders of a buyer's number, or of a name."""
    mine = of_buyers(user, column, digests).select_related("seller", "location")
    return [hit_of(order, BUYERS[column]) for order in mine[: MOST_OF_BUYER + 1]]


def of_buyers(user: Any, column: str, digests: Sequence[str]) -> QuerySet[Order]:
    """The newest first."""
    orders = Order.objects.filter(**{f"{column}__in": digests})
    return scope.within(orders, user, "seller").order_by("-pk")


# Everything else -------------------------------------------------------------------------------


def seller_hits(user: Any, terms: Sequence[str]) -> Iterator[Hit]:
    mine = scope.within(Seller.objects.order_by("name"), user, "pk")
    for seller in mine.filter(parts.holds(["code", "name"], terms))[: MOST + 1]:
        is_exact = compared(seller.code) in terms or seller.name.casefold() in terms
        yield Hit(seller.name, page_of(seller), about=seller.code, is_exact=is_exact)


def location_hits(user: Any, terms: Sequence[str]) -> Iterator[Hit]:
    mine = scope.within(Location.objects.order_by("location_key"), user, "seller")
    rows = mine.filter(parts.holds(["location_key", "name", "city", "company_id"], terms))
    for place in rows.select_related("seller").defer("token")[: MOST + 1]:
        about = ", ".join(filter(None, [place.seller.name, place.name, place.city]))
        is_exact = compared(place.location_key) in terms
        state, tone = ("live", "good") if place.is_live else ("not live", "wait")
        yield Hit(place.location_key, page_of(place), "", about, tone, state, is_exact)


def sku_hits(user: Any, terms: Sequence[str]) -> Iterator[Hit]:
    """Never opened by itself: who types a SKU may as well want its orders."""
    products = within(Product.objects.select_related("seller").order_by(), user)
    for product in products.filter(parts.holds(["sku"], terms))[: MOST + 1]:
        yield Hit(product.sku, page_of(product), about=product.seller.name)
    unmapped = within(UnmappedSku.objects.select_related("seller").order_by(), user)
    for row in unmapped.filter(parts.holds(["sku"], terms))[: MOST + 1]:
        url = listed(UnmappedSku, q=row.sku)
        yield Hit(row.sku, url, about=row.seller.name, tone="bad", state="EasyEcom has no product")


def within(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
    return scope.within(rows, user, "seller")


def orders_with(user: Any, skus: Sequence[str]) -> list[Hit]:
    """The newest."""
    if not skus or not user.has_perm(VIEW_ORDER):
        return []
    lines = scope.within(OrderLine.objects.filter(sku__in=skus), user, "order__seller")
    newest = lines.select_related("order__seller", "order__location").order_by("-pk")[: MOST + 1]
    by_order = {line.order_id: line for line in newest}
    return [hit_of(line.order, f"SKU {line.sku}") for line in by_order.values()]
