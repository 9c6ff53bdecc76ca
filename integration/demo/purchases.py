"""Who buys in the demo: eight orders, two of which stay in Failed Orders for staff to try."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from integration.demo.doors import Json
from integration.demo.players import KITCHEN, TEXTILES, Player

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
