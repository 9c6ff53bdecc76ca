"""EasyEcom's paths, each with its kind and its answer. Copied verbatim: letter case matters."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from integration.sandbox import catalog, orders, tokens
from integration.sandbox.entities import Location
from integration.sandbox.replies import Reply
from integration.sandbox.world import World

ROUTES = {
    "/access/token": ("POST", "log_in"),
    "/getAllLocation": ("GET", "get_locations"),
    "/Credentials/addCarrierCredentials": ("POST", "add_carrier"),
    "/Products/GetProductMaster": ("GET", "get_products"),
    "/webhook/v2/createOrder": ("POST", "create_order"),
    "/getQueueStatus": ("GET", "get_queue_status"),
    "/orders/V2/getOrderDetails": ("GET", "find_order"),
    "/Carrier/assignAWB": ("POST", "assign_awb"),
    "/getInventoryDetailsV3": ("GET", "get_inventory"),
}
KINDS = tuple(kind for _, kind in ROUTES.values())


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    raw_body: bytes

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def token(self) -> str:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def api_key(self) -> str:
        return self.headers.get("x-api-key", "")

    @cached_property
    def json(self) -> Any:
        """The body parsed; None when it is not JSON."""
        try:
            return json.loads(self.raw_body)
        except (ValueError, RecursionError):
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The body where that is an object, else nothing."""
        return self.json if isinstance(self.json, dict) else {}


Write = Callable[[World, Location, Mapping[str, Any]], Reply]
Read = Callable[[World, Location, Mapping[str, str]], Reply]
Paged = Callable[[World, Location, Mapping[str, str], str], Reply]

WRITES: dict[str, Write] = {
    "add_carrier": catalog.add_carrier,
    "create_order": orders.create_order,
    "assign_awb": orders.assign_awb,
}
READS: dict[str, Read] = {
    "get_locations": catalog.get_locations,
    "get_queue_status": orders.queue_status,
    "find_order": orders.find_order,
}
PAGED: dict[str, Paged] = {
    "get_products": catalog.get_products,
    "get_inventory": catalog.get_inventory,
}


def answer(world: World, kind: str, location: Location, request: Request) -> Reply:
    """What EasyEcom says to a caller whose token opened this location."""
    if kind in WRITES:
        return WRITES[kind](world, location, request.fields)
    if kind in READS:
        return READS[kind](world, location, request.query)
    return PAGED[kind](world, location, request.query, request.raw_query)


def log_in(world: World, request: Request) -> Reply:
    return tokens.log_in(world, request.fields, request.api_key)
