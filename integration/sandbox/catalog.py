"""Touchpoints 2, 3 and 4, and levels read back: what a location is and what it holds."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.checks import id_of
from integration.sandbox.entities import Account, Carrier, Location, Product
from integration.sandbox.order_shape import plain
from integration.sandbox.replies import Reply, as_json, done, refused
from integration.sandbox.world import World, level_said

PRODUCTS_PATH = "/Products/GetProductMaster"
INVENTORY_PATH = "/getInventoryDetailsV3"
DEFAULT_LIMIT = 10
INVENTORY_LIMIT = 50
CURSOR_KEY = secrets.token_bytes(16)


def get_locations(world: World, location: Location, query: Mapping[str, str]) -> Reply:
    """All of the account, to a primary location: docs/easyecom-contract.md#an-empty-list."""
    seen = world.switches.location_list
    if seen == "object":
        return done(_location_row(location))
    everything = list(location.account.locations.values())
    shown = {"none": [], "others": [one for one in everything if one is not location]}
    return done([_location_row(one) for one in shown.get(seen, everything)])


def _location_row(location: Location) -> dict[str, Any]:
    street = f"12 Godown Road, {location.city}"
    address = {
        "street": street,
        "state": location.state,
        "zipcode": "560102",
        "country": "India",
    }
    return {
        "company_id": location.company_id,
        "location_key": location.location_key,
        "location_name": location.name,
        "is_store": 0,
        "city": location.city,
        "state": location.state,
        "country": "India",
        "zip": "560102",
        "copy_master_from_primary": 1,
        "address": street,
        # A live credential at EasyEcom: here it is noise that must not be kept by anyone.
        "api_token": secrets.token_hex(32),
        "userId": 180681,
        "phone number": "9876598765",
        "address type": {"billing_address": address, "pickup_address": address},
        "stockHandle": 1,
    }


def add_carrier(world: World, location: Location, body: Mapping[str, Any]) -> Reply:
    """Refused the second time only if switched so: docs/easyecom-contract.md#once-per-location."""
    carrier_id = id_of(body.get("carrier_id"))
    if carrier_id is None:
        return refused("carrier_id is required")
    if not body.get("username") or not body.get("password"):
        return refused("username and password are required")
    if location.carriers and world.switches.second_carrier == "refused":
        return refused("Carrier credentials already exist for this location")
    key = location.location_key
    carrier = Carrier(world.next_id("carrier"), carrier_id, key, indian_time.now())
    location.carriers.append(carrier)
    return done({"companyCarrierId": carrier.company_carrier_id}).having_committed()


def get_products(
    world: World, location: Location, query: Mapping[str, str], raw_query: str
) -> Reply:
    try:
        asked = _asked(location, query, raw_query)
        since = indian_time.read_ist(asked["since"]) if asked["since"] else None
    except (ValueError, KeyError):
        return refused("Invalid cursor or filter")
    limit = min(asked["limit"], world.switches.product_page_cap)
    found = _products_after(location.account, asked["after"], since)
    page, more = found[:limit], len(found) > limit
    next_url = None
    if more:
        next_url = f"{PRODUCTS_PATH}?cursor={_cursor(location, asked | {'after': page[-1].cp_id})}"
    rows = [_product_row(location, product) for product in page]
    return as_json({"data": rows or "No Data Found", "nextUrl": next_url})


def _asked(
    location: Location, query: Mapping[str, str], raw_query: str, default: int = DEFAULT_LIMIT
) -> dict[str, Any]:
    if "cursor" in query:
        return _read_cursor(location, raw_query)
    limit = query.get("limit") or str(default)
    since = query.get("updated_after") or query.get("since") or ""
    return {"after": 0, "since": since, "limit": max(1, int(limit)), "sku": query.get("sku", "")}


def _products_after(account: Account, cp_id: int, since: datetime | None) -> list[Product]:
    products = account.products.values()
    found = (p for p in products if p.cp_id > cp_id and (since is None or p.updated_at > since))
    return sorted(found, key=lambda product: product.cp_id)


def _product_row(location: Location, product: Product) -> dict[str, Any]:
    level = location.levels.get(product.sku)
    mrp = plain(product.mrp)
    return {
        "cp_id": product.cp_id,
        "product_id": product.product_id,
        "sku": product.sku,
        "product_name": product.name,
        "description": "",
        "active": 1,
        "created_at": indian_time.stamp(product.updated_at),
        "updated_at": indian_time.stamp(product.updated_at),
        "inventory": level.quantity if level else 0,
        "product_type": "normal_product",
        "brand": "Unknown",
        "category_id": 176002,
        "category_name": "General",
        "expiry_type": 0,
        "company_name": location.name,
        "c_id": location.company_id,
        "height": 10,
        "length": 20,
        "width": 15,
        "weight": 250,
        "cost": mrp,
        "mrp": mrp,
        "cp_sub_products_count": 0,
        "EANUPC": "",
        "hsn_code": "8517",
        "product shelf life": None,
        "product_image_url": "",
        "cp_inventory": 0,
        "tax_rule_name": "tax_18%",
        "tax_rate": 0.18,
        "vendor_code": [],
        "custom_fields": [],
        **product.overlay,
    }


def get_inventory(
    world: World, location: Location, query: Mapping[str, str], raw_query: str
) -> Reply:
    try:
        asked = _asked(location, query, raw_query, INVENTORY_LIMIT)
    except (ValueError, KeyError):
        return refused("Invalid cursor or filter")
    account = location.account
    everywhere = query.get("includeLocations") == "1" or asked.get("all")
    places = list(account.locations.values()) if everywhere else [location]
    held = [(place, sku) for place in places for sku in place.levels if asked["sku"] in ("", sku)]
    size = min(asked["limit"], world.switches.inventory_page_cap)
    start, end = asked["after"], asked["after"] + size
    next_url = None
    if len(held) > end:
        asked |= {"after": end, "all": bool(everywhere)}
        next_url = f"{INVENTORY_PATH}?cursor={_cursor(location, asked)}"
    rows = [_held_row(world, place, account.products[sku]) for place, sku in held[start:end]]
    return done({"inventoryData": rows, "nextUrl": next_url})


def _held_row(world: World, location: Location, product: Product) -> dict[str, Any]:
    level = location.levels[product.sku]
    mrp = plain(product.mrp)
    return {
        "companyName": location.name,
        "location_key": location.location_key,
        "companyProductId": product.cp_id,
        "productId": product.product_id,
        "availableInventory": level_said(level.quantity, world.switches),
        "virtual_inventory_count": 0,
        "sku": product.sku,
        "mrp": mrp,
        "cost": mrp,
        "skuTaxRate": 18,
        "creationDate": indian_time.stamp(product.updated_at),
        "lastUpdateDate": indian_time.stamp(level.changed_at),
        "productName": product.name,
        "is_combo": 0,
    }


def _cursor(location: Location, asked: Mapping[str, Any]) -> str:
    """Opaque, with the slash and equals signs of the real ones: whoever re-encodes it loses."""
    raw = base64.urlsafe_b64encode(json.dumps(asked).encode()).decode().rstrip("=")
    return f"{raw}/{_seal(location, raw)}=="


def _read_cursor(location: Location, raw_query: str) -> dict[str, Any]:
    text = raw_query.removeprefix("cursor=")
    raw, _, seal = text.partition("/")
    if seal != f"{_seal(location, raw)}==":
        raise ValueError("not a cursor of this account")
    asked: dict[str, Any] = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    return asked


def _seal(location: Location, raw: str) -> str:
    owner = location.account.email.encode()
    return hashlib.blake2b(owner + raw.encode(), key=CURSOR_KEY, digest_size=9).hexdigest()
