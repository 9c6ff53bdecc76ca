"""Are these the same goods? SKUs in any letter case, and combos by what is in them
(docs/easyecom-contract.md#order-look-up).
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from integration.easyecom.plain_text import plain_code
from integration.models import Product

Lines = Iterable[tuple[str, int]]
Parts = Mapping[str, Mapping[str, int]]
# Combos in combos: deeper than anybody builds them, and an end to those that hold themselves.
DEEPEST = 5


def same_sku(sku: str) -> str:
    """Equal for two ways of writing one SKU."""
    return plain_code(sku).casefold()


def counted(lines: Lines) -> Counter[str]:
    """How many pieces of each SKU, however it is written."""
    pieces: Counter[str] = Counter()
    for sku, quantity in lines:
        pieces[same_sku(sku)] += quantity
    return pieces


def unpacked(pieces: Mapping[str, int], parts: Parts) -> Counter[str]:
    """The same with every combo as its parts, and theirs in turn."""
    found = Counter(pieces)
    for _ in range(DEEPEST):
        combos = [sku for sku in found if sku in parts]
        if not combos:
            break
        for sku in combos:
            count = found.pop(sku)
            for part, quantity in parts[sku].items():
                found[part] += count * quantity
    return found


def parts_of_combos(seller_id: int) -> dict[str, Counter[str]]:
    """What each of a seller's combos is made of."""
    combos = Product.objects.filter(seller=seller_id).exclude(components=[])
    return {
        same_sku(sku): counted((part["sku"], part["quantity"]) for part in components)
        for sku, components in combos.values_list("sku", "components")
    }
