"""From a page of the product master, or of stock levels, to typed rows.

A row that cannot be used never spoils its page.
"""

from decimal import Decimal

from integration.easyecom.calls import Call
from integration.easyecom.envelope import Envelope
from integration.easyecom.parsing import NoEvidence
from integration.easyecom.replies import BadLine, FoundProduct, InventoryPage, Level, ProductPage
from integration.easyecom.values import (
    ID_LIMIT,
    KEY_LIMIT,
    SKU_LIMIT,
    BadValue,
    absent,
    first_present,
    https_url,
    identifier,
    ist,
    money,
    name,
    quantity,
    sku,
    text,
    unless_bad,
)
from integration.easyecom.webhooks import level_of

_CURSOR_LIMIT = 8_000
_PRODUCT_NAME_LIMIT = 300


def product_page(call: Call, answer: Envelope) -> ProductPage:
    """Here nextUrl stands at the top level: docs/easyecom-contract.md#4-get-product."""
    if not isinstance(answer.data, list):
        raise NoEvidence("its data is not a list of products")
    products: list[FoundProduct] = []
    skipped: list[str] = []
    unread: list[str] = []
    for place, row in enumerate(answer.data):
        try:
            products.append(_product(row))
        except BadValue as problem:
            skipped.append(f"Product {place + 1} of the page was left out: {problem}")
            unread += filter(None, [_sku_at_least(row)])
    next_target = _next(answer.top, answer.record)
    named = (name(row.get("company_name")) for row in answer.data if isinstance(row, dict))
    company = next(filter(None, named), "")
    return ProductPage(tuple(products), next_target, tuple(skipped), tuple(unread), company)


def inventory_page(call: Call, answer: Envelope) -> InventoryPage:
    """Here nextUrl stands under data: docs/easyecom-contract.md#reading-levels-back."""
    rows = answer.record.get("inventoryData", answer.data)
    if not isinstance(rows, list):
        raise NoEvidence("its data holds no list of stock levels")
    read = [level_of(line, row) for line, row in enumerate(rows)]
    return InventoryPage(
        levels=tuple(found for found in read if isinstance(found, Level)),
        bad=tuple(found for found in read if isinstance(found, BadLine)),
        next_target=_next(answer.record, answer.top),
    )


def _next(*places: dict[str, object]) -> str | None:
    """The nextUrl exactly as it came: its cursor is opaque."""
    link = next((place["nextUrl"] for place in places if not absent(place.get("nextUrl"))), None)
    if link is None:
        return None
    if not isinstance(link, str) or len(link) > _CURSOR_LIMIT:
        # Taken for the last page, the rest would be missed without a word.
        raise NoEvidence("its nextUrl is not a link")
    return link


def _product(row: object) -> FoundProduct:
    if not isinstance(row, dict):
        raise BadValue("It", "is not an object")
    its_sku = sku(row.get("sku"), "Its sku")
    if not its_sku:
        raise BadValue("Its sku", "is missing")
    return FoundProduct(
        company_product_id=identifier(
            first_present(row, "cp_id", "company_product_id"), "Its cp_id"
        ),
        product_id=identifier(row.get("product_id"), "Its product_id"),
        sku=its_sku,
        spelled=_spelled(row, its_sku),
        name=name(row.get("product_name"), _PRODUCT_NAME_LIMIT),
        active=_is_active(row.get("active")),
        kind=_words(row, "product_type", ID_LIMIT),
        mrp=_number(row, "mrp"),
        cost=_number(row, "cost"),
        weight_g=_number(row, "weight"),
        length_cm=_number(row, "length"),
        width_cm=_number(row, "width"),
        height_cm=_number(row, "height"),
        ean=_words(row, "EANUPC", KEY_LIMIT),
        hsn_code=_words(row, "hsn_code", ID_LIMIT),
        tax_rate=_fraction(row, "tax_rate"),
        category=name(row.get("category_name")),
        brand=name(row.get("brand")),
        image_url=https_url(row.get("product_image_url")),
        updated_at=unless_bad(ist, None, row.get("updated_at")),
        components=_components(row.get("sub_products")),
        parent_sku=_parent(row),
    )


def _sku_at_least(row: object) -> str:
    """The SKU of a row that is otherwise of no use; "" where that can't be read either."""
    return unless_bad(sku, "", row.get("sku")) if isinstance(row, dict) else ""


def _spelled(row: dict[str, object], its_sku: str) -> str:
    """EasyEcom's own letters of a SKU, where ours are others: it knows no other ones."""
    raw = str(row.get("sku")).strip()
    return "" if raw == its_sku or len(raw) > SKU_LIMIT else raw


def _parent(row: dict[str, object]) -> str:
    """UNSURE: no reply that we know of names a variant's parent; these are its likely names."""
    return unless_bad(sku, "", first_present(row, "parent_sku", "parentSku"))


def _words(row: dict[str, object], field: str, limit: int) -> str:
    return unless_bad(text, "", row.get(field), limit)


def _number(row: dict[str, object], field: str) -> Decimal | None:
    return unless_bad(money, None, row.get(field))


def _fraction(row: dict[str, object], field: str) -> Decimal | None:
    found = _number(row, field)
    return found if found is not None and 0 <= found <= 1 else None


def _is_active(value: object) -> bool:
    """Only a plain no makes a product inactive; what is missing says nothing."""
    return str(value).strip().casefold() not in ("0", "false", "inactive", "no")


def _components(parts: object) -> tuple[tuple[str, int], ...]:
    """What a combo is made of. One bad part spoils the product: half a combo is a wrong one."""
    if absent(parts):
        return ()
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise BadValue("Its sub_products", "are not a list of objects")
    return tuple(
        (
            sku(part.get("sku"), "A sub-product's sku"),
            quantity(part.get("quantity"), "A sub-product's quantity"),
        )
        for part in parts
    )
