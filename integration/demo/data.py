"""Who sells in the demo, and who buys: two sellers with three locations and forty products; eight
orders, two of which stay in Failed Orders for staff to try.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from integration.demo.clients import Json

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


IST = timezone(timedelta(hours=5, minutes=30), "IST")
SHIPPING = Decimal("40.00")
COURIER = "Delhivery"


@dataclass(frozen=True)
class Purchase:
    """A buyer's order. `basket` holds SKUs with their quantities."""

    number: str
    seller: Player
    location: int
    mode: str
    buyer: tuple[str, str, str, str, str]
    basket: tuple[tuple[str, int], ...]

    @property
    def path(self) -> str:
        return f"/sellers/{self.seller.code}/orders/{self.number}/"

    @property
    def location_key(self) -> str:
        return self.seller.keys[self.location]

    @property
    def total(self) -> Decimal:
        return sum(
            (self.seller.price_of(sku) * quantity for sku, quantity in self.basket), SHIPPING
        )

    @property
    def summary(self) -> str:
        goods = ", ".join(f"{quantity} x {sku}" for sku, quantity in self.basket)
        return f"({goods}; {self.mode}, Rs {self.total})"

    def lines(self) -> list[Json]:
        return [
            {
                "line_id": f"{self.number}-{position}",
                "sku": sku,
                "name": sku.replace("-", " ").capitalize(),
                "quantity": quantity,
                "unit_price": str(self.seller.price_of(sku)),
                "discount": "0.00",
            }
            for position, (sku, quantity) in enumerate(self.basket, start=1)
        ]

    def body(self, ordered_at: datetime) -> Json:
        name, street, city, state, pincode = self.buyer
        is_cod = self.mode == "cod"
        return {
            "location_key": self.location_key,
            "ordered_at": ordered_at.astimezone(IST).isoformat(timespec="seconds"),
            "expected_delivery_at": None,
            "payment": {
                "mode": self.mode,
                "collectable_amount": str(self.total) if is_cod else "0.00",
                "gateway": "" if is_cod else "Razorpay",
                "transaction_id": "" if is_cod else f"pay_{self.number}",
            },
            "shipping_charge": str(SHIPPING),
            "discount": "0.00",
            "lines": self.lines(),
            "shipping_address": {
                "name": name,
                "line1": street,
                "line2": "",
                "city": city,
                "state": state,
                "pincode": pincode,
                "country": "India",
                "phone": "9800000000",
                "email": "buyer@example.com",
            },
            "billing_address": None,
            "package": {"weight_g": 600, "length_cm": 30, "width_cm": 25, "height_cm": 8},
        }

    def shipment(self) -> Json:
        awb = f"8900{self.number.removeprefix('BN-')}"
        return {
            "courier": COURIER,
            "awb_number": awb,
            "label_url": f"https://labels.booon.example/{awb}.pdf",
            "invoice_url": f"https://invoices.booon.example/{self.number}.pdf",
        }


MEERA = ("Meera Iyer", "14 Lake View Road", "Chennai", "Tamil Nadu", "600033")
ARJUN = ("Arjun Mehta", "B-402 Sunrise Towers", "Mumbai", "Maharashtra", "400067")
FATIMA = ("Fatima Sheikh", "7 Residency Lane", "Hyderabad", "Telangana", "500034")
RAHUL = ("Rahul Das", "22 Park Street", "Kolkata", "West Bengal", "700016")
# Ladakh was a part of Jammu and Kashmir until 2019, and not every list of states knows it.
TASHI = ("Tashi Namgyal", "3 Fort Road", "Leh", "Ladakh", "194101")

PURCHASES = (
    Purchase("BN-1001", TEXTILES, 0, "cod", MEERA, (("KURTA-INDIGO", 2), ("JUTTI-RANI", 1))),
    Purchase("BN-1002", TEXTILES, 0, "prepaid", ARJUN, (("SAREE-MARIGOLD", 1),)),
    Purchase("BN-1003", TEXTILES, 1, "cod", FATIMA, (("DUPATTA-IVORY", 3),)),
    Purchase("BN-1004", TEXTILES, 1, "prepaid", RAHUL, (("KURTA-BOTTLE", 1), ("SAREE-RANI", 1))),
    Purchase("BN-1005", KITCHEN, 0, "cod", ARJUN, (("TAWA-L", 1), ("MASALA-M", 1))),
    Purchase("BN-1006", KITCHEN, 0, "prepaid", RAHUL, (("LOTA-S", 4),)),
    Purchase("BN-1007", TEXTILES, 0, "cod", FATIMA, (("JUTTI-MAROON", 1),)),
    Purchase("BN-1008", KITCHEN, 0, "cod", MEERA, (("KADHAI-XL", 1),)),
)
SHIPPED = PURCHASES[:6]
MANIFESTED = PURCHASES[:5]
# Its courier misses the pickup.
REBOOKED = PURCHASES[5]
