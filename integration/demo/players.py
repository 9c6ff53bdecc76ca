"""Who sells in the demo: two sellers with three locations and forty products."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from integration.demo.doors import Json

FIRST_LEVEL = 30


@dataclass(frozen=True)
class Goods:
    """Products of one kind; each variant is a SKU of its own."""

    sku: str
    name: str
    price: Decimal
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Player:
    """A seller, as EasyEcom and Booon's staff know it. The password is made for this run."""

    code: str
    name: str
    locations: tuple[tuple[str, str, str, str], ...]
    goods: tuple[Goods, ...]
    daily_quota: int | None = None
    # The seller whose EasyEcom account it uses too, as two shops of one company do.
    shares: "Player | None" = None
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    @property
    def email(self) -> str:
        return self.shares.email if self.shares else f"api@{self.code}.example"

    @property
    def keys(self) -> list[str]:
        return [location[0] for location in self.locations]

    def price_of(self, sku: str) -> Decimal:
        """Also of a variant that EasyEcom does not know."""
        return next(goods.price for goods in self.goods if goods.sku == sku.partition("-")[0])

    def products(self) -> Iterator[Json]:
        for goods in self.goods:
            for variant in goods.variants:
                yield {
                    "sku": f"{goods.sku}-{variant.upper()}",
                    "name": f"{goods.name}, {variant}",
                    "mrp": float(goods.price),
                    "inventory": FIRST_LEVEL,
                }

    def log_in(self, location_key: str) -> Json:
        """What EasyEcom wants for a token."""
        password = self.shares.password if self.shares else self.password
        return {"email": self.email, "password": password, "location_key": location_key}

    def account(self) -> Json:
        """What EasyEcom's stand-in is told about it."""
        names = ("location_key", "name", "city", "state")
        return {
            "email": self.email,
            "password": self.shares.password if self.shares else self.password,
            "daily_quota": self.daily_quota,
            "locations": [dict(zip(names, each, strict=True)) for each in self.locations],
            "products": [] if self.shares else list(self.products()),
        }

    def file(self) -> Json:
        """What staff give to `onboard_seller`."""
        return {
            "code": self.code,
            "name": self.name,
            "api_username": self.email,
            "api_password": self.account()["password"],
            "daily_quota": self.daily_quota,
            "locations": [{"location_key": key} for key in self.keys],
        }


COLOURS = ("Indigo", "Marigold", "Rani", "Ivory", "Bottle", "Maroon")
SIZES = ("S", "M", "L", "XL")
TEXTILES = Player(
    "anand-textiles",
    "Anand Textiles",
    (
        ("blr29488101841", "Anand Peenya", "Bengaluru", "Karnataka"),
        ("srt29488101842", "Anand Ring Road", "Surat", "Gujarat"),
    ),
    (
        Goods("KURTA", "Cotton kurta", Decimal("799.00"), COLOURS),
        Goods("SAREE", "Chanderi saree", Decimal("2499.00"), COLOURS),
        Goods("DUPATTA", "Block-print dupatta", Decimal("449.00"), COLOURS),
        Goods("JUTTI", "Embroidered jutti", Decimal("999.00"), COLOURS),
    ),
)
KITCHEN = Player(
    "kaveri-kitchen",
    "Kaveri Kitchen",
    (("maa30511200417", "Kaveri Guindy", "Chennai", "Tamil Nadu"),),
    (
        Goods("TAWA", "Iron tawa", Decimal("649.00"), SIZES),
        Goods("KADHAI", "Brass kadhai", Decimal("1899.00"), SIZES),
        Goods("MASALA", "Masala dabba", Decimal("899.00"), SIZES),
        Goods("LOTA", "Copper lota", Decimal("549.00"), SIZES),
    ),
)
PLAYERS = (TEXTILES, KITCHEN)
