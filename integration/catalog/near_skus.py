"""SKUs of a seller's products at EasyEcom that are near to one that no product has."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from django.db.models import Q

from booon_console.lib.search import starts_with
from integration.catalog import sku_mapping
from integration.models import Product

# Of a refusal that speaks of SKUs.
ABOUT_SKUS = re.compile(r"\b(sku|product)s?\b", re.I)
# SKUs that are offered, and how much of one makes another alike.
MOST_OFFERED, ALIKE = 500, 3
# Those named beside one that is missing, and how like it they are at least.
NEAR, LEAST_ALIKE = 3, 0.6
# Of an order with many lines so many are looked at.
MOST_MISSING = 5

Offered = list[tuple[str, str]]


def offered_skus(seller_id: int, named: Iterable[str]) -> Offered:
    """SKUs of the seller's products with their names, as many as a list offers: first those that
    begin as the named ones do."""
    there = Product.objects.filter(seller=seller_id, gone_at__isnull=True).order_by("sku")
    alike = Q()
    for sku in named:
        alike |= starts_with("sku", sku[:ALIKE])
    names = ("sku", "name")
    found = dict(there.filter(alike).values_list(*names)[:MOST_OFFERED])
    found |= dict(there.values_list(*names)[: MOST_OFFERED - len(found)])
    return list(found.items())


def near_to(sku: str, offered: Offered) -> Offered:
    """The nearest first; nothing where none is near."""
    names = dict(offered)
    return [(each, names[each]) for each in get_close_matches(sku, names, NEAR, LEAST_ALIKE)]


def near_to_missing(seller_id: int, named: Collection[str]) -> dict[str, list[str]]:
    """Of the SKUs that no product has those that have near ones, each with these."""
    missing = sorted(sku_mapping.without_product(seller_id, named))[:MOST_MISSING]
    offered = offered_skus(seller_id, missing) if missing else []
    found = {sku: [each for each, _ in near_to(sku, offered)] for sku in missing}
    return {sku: near for sku, near in found.items() if near}
