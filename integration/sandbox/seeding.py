"""Setting up sellers' accounts from the control plane."""

from decimal import Decimal
from typing import Any

from integration.sandbox.checks import BadRequest, Body
from integration.sandbox.entities import Account, Location
from integration.sandbox.world import World

GOODS = ("Kurta", "Saree", "Steel Bottle", "Phone Case", "Jute Bag", "Spice Box", "Bedsheet")
COLOURS = ("Indigo", "Marigold", "Rani Pink", "Ivory", "Bottle Green")
FIRST_LEVEL = 25
ROW_KEYS = ("sku", "name", "mrp", "inventory")


def set_account(world: World, body: Body) -> Account:
    """A new account; or a known one's new password, key and rate, and what it has more."""
    email = body.text("email")
    account = world.accounts.get(email) or Account(email, "")
    account.password = body.text("password")
    account.x_api_key = body.text("x_api_key", account.x_api_key)
    _set_rate(account, body)
    locations, products = body.bodies("locations"), _products(body)
    body.done()
    for row in locations:
        _set_location(world, account, row)
    for product in products:
        _set_product(world, account, product)
    world.accounts[email] = account
    return account


def _set_rate(account: Account, body: Body) -> None:
    if "rate" in body:
        account.rate = None if body.any("rate") is None else body.number("rate")
    account.burst = body.whole("burst", account.burst, least=1)
    account.allowance = float(account.burst)
    if "daily_quota" in body:
        limit = body.any("daily_quota")
        account.daily_quota = None if limit is None else body.whole("daily_quota", least=1)


def _products(body: Body) -> list[Body]:
    """The rows given, or as many made-up ones as the number says."""
    if not isinstance(body.any("products", []), int):
        return body.bodies("products")
    return [Body(_made_up(n)) for n in range(1, body.whole("products") + 1)]


def _made_up(n: int) -> dict[str, Any]:
    name = f"{COLOURS[n % len(COLOURS)]} {GOODS[n % len(GOODS)]}"
    return {"sku": f"BN-{n:04d}", "name": name, "mrp": 99 + n * 50 % 1900}


def _set_location(world: World, account: Account, row: Body) -> None:
    key = row.text("location_key")
    known = world.locations.get(key)
    if known and known.account is not account:
        raise BadRequest(f"{row.where}: location_key {key} belongs to another account")
    name = row.text("name", known.name if known else f"Warehouse {key}")
    city = row.text("city", known.city if known else "Bengaluru")
    state = row.text("state", known.state if known else "Karnataka")
    company_id = row.whole("company_id", known.company_id if known else 0)
    row.done()
    if known:
        known.name, known.city, known.state, known.company_id = name, city, state, company_id
        return
    company_id = company_id or world.next_id("company")
    location = Location(key, name, city, state, company_id, account)
    world.locations[key] = account.locations[key] = location
    for sku in account.products:
        world.set_level(location, sku, FIRST_LEVEL)


def _set_product(world: World, account: Account, row: Body) -> None:
    """Keys beyond the four are laid over the product's row as they are."""
    sku = row.text("sku")
    mrp = Decimal(str(row.number("mrp", 100)))
    product = world.add_product(account, sku, row.text("name", sku), mrp)
    product.overlay |= {key: row.any(key) for key in row.values if key not in ROW_KEYS}
    has_level = "inventory" in row
    quantity = row.whole("inventory", FIRST_LEVEL)
    for location in account.locations.values():
        if has_level or sku not in location.levels:
            world.set_level(location, sku, quantity)
