"""What the answer to a call must not repeat: the account's secrets, and the order's buyer."""

import time
from collections.abc import Sequence

from django.conf import settings

from booon_console.fields import Secret, Undecipherable, reveal
from integration import easyecom
from integration.easyecom import Call
from integration.models import Order
from sellers.models import CarrierRegistration, Location

# Seconds for which a carrier's stored secrets are remembered, still encrypted: they change about
# never, and the one call that carries them has them in its body.
REMEMBERED = 60
_carriers: dict[str, tuple[float, list[str | Secret]]] = {}


def of_call(order: Order | None, call: Call, keys: Sequence[str]) -> easyecom.Private:
    """`keys` are what goes with the call, and `stored_of` its location."""
    sent = [str((call.body or {}).get(name) or "") for name in ("password", "token")]
    secrets = [*keys, settings.EASYECOM_CARRIER_PASSWORD, *sent]
    if order is None:
        return easyecom.private_of(secrets)
    return easyecom.private_of(secrets, addresses_of(order), others_of(order), numbers_of(order))


def stored_of(location: Location) -> list[str]:
    """Of a location that comes with its seller. A secret that no key opens was never said."""
    stored = [location.seller.api_password, *of_carrier(location.location_key)]
    return [readable(secret) for secret in stored]


def of_carrier(location_key: str) -> list[str | Secret]:
    known_at, secrets = _carriers.get(location_key, (0.0, []))
    if time.monotonic() - known_at < REMEMBERED and secrets:
        return secrets
    rows = CarrierRegistration.objects.at(location_key).values_list("password", "token")
    secrets = list(rows.first() or ())
    _carriers[location_key] = (time.monotonic(), secrets)
    return secrets


def readable(secret: str | Secret) -> str:
    try:
        return reveal(secret)
    except Undecipherable:
        return ""


def addresses_of(order: Order) -> list[dict[str, str]]:
    """As they were typed, and as EasyEcom gets them."""
    given = {"shipping": order.shipping_address, "billing": order.billing_address or {}}
    sent = order.sent_as or {}
    return [
        version for name, each in given.items() for version in (each, each | sent.get(name, {}))
    ]


def others_of(order: Order) -> list[str]:
    return [order.buyer_gstin, order.payment_transaction_id]


def numbers_of(order: Order) -> list[str]:
    return [order.order_number, order.easyecom_order_id, order.easyecom_invoice_id]
