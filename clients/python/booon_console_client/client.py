"""One method for each call of the API; and the feed, followed for as long as one likes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Callable, Union, cast
from urllib.parse import parse_qs, quote, urlsplit

import requests

from booon_console_client.answers import (
    BulkResult,
    Change,
    ChangePage,
    Foreseen,
    Listing,
    ListingBody,
    NumberedOrder,
    NumberedShipment,
    Order,
    OrderBody,
    Product,
    Seller,
    ShipmentBody,
    StockLevel,
)
from booon_console_client.errors import RateLimited, Unavailable, Unreachable, refusal
from booon_console_client.version import __version__

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
CONNECT_SECONDS = 5
# Between tries that failed; the last repeats.
DELAYS = (0.5, 1, 2, 5, 10, 30)
LONGEST_RETRY_AFTER = 120
PASSING = (Unreachable, RateLimited, Unavailable)
Filter = Union[str, int, None]
JSON = {"Content-Type": "application/json"}
USER_AGENT = f"booon-console-client/{__version__} {requests.utils.default_user_agent()}"


class Bearer(requests.auth.AuthBase):
    """Shows the key. As an auth object, so that no .netrc replaces it and no repr has it."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request

    def __repr__(self) -> str:
        return "Bearer(…)"


class Client:
    """The console at an address. Not for several threads at once: give each its own.

    What reads, and every PUT, is safe to repeat and is tried again up to `retries` times when no
    answer came, or a 429 or 5xx. Nothing else is ever sent twice. `timeout` is how many seconds
    the console may be silent.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("The console's address must begin with https:// (http on loopback).")
        if not api_key.isascii() or not api_key.isprintable() or not api_key.strip():
            raise ValueError("The API key is empty, or has characters that no key has.")
        self.base_url, self.timeout, self.retries = base_url.rstrip("/"), timeout, retries
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = Bearer(api_key.strip())
        self._session.headers["User-Agent"] = USER_AGENT

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    # Orders

    def put_order(self, seller: str, order_number: str, body: OrderBody) -> Order:
        """Give an order, or change it while nothing of it can be at EasyEcom: unsent, or refused.

        Raises Conflict, which says where it is.
        """
        return cast(Order, self._call("PUT", order_path(seller, order_number), body=body))

    def validate_order(self, seller: str, order_number: str, body: OrderBody) -> Foreseen:
        """What giving the order would come to; nothing is kept. Raises what its put would raise."""
        path = f"{order_path(seller, order_number)}validate/"
        return cast(Foreseen, self._call("POST", path, body=body))

    def put_orders(self, orders: list[NumberedOrder]) -> list[BulkResult]:
        """Give up to 500 orders. Each has a result of its own, in the same sequence.

        Sent once: after an error it is safe to repeat, for the same orders stay the same.
        """
        results = self._call("POST", "orders/bulk/", body={"orders": orders})["results"]
        return cast("list[BulkResult]", results)

    def get_order(self, seller: str, order_number: str) -> Order:
        return cast(Order, self._call("GET", order_path(seller, order_number)))

    def withdraw_order(self, seller: str, order_number: str) -> Order:
        """Withdraw an order of which nothing can be at EasyEcom. Raises Conflict."""
        return cast(Order, self._call("DELETE", order_path(seller, order_number)))

    def put_shipment(self, seller: str, order_number: str, body: ShipmentBody) -> Order:
        """Give an order its courier and AWB number."""
        path = f"{order_path(seller, order_number)}shipment/"
        return cast(Order, self._call("PUT", path, body=body))

    def put_shipments(self, shipments: list[NumberedShipment]) -> list[BulkResult]:
        """Give up to 500 orders their courier and AWB number. Each has a result of its own, in the
        same sequence.

        Sent once: after an error it is safe to repeat, for the same details change nothing.
        """
        results = self._call("POST", "shipments/bulk/", body={"shipments": shipments})["results"]
        return cast("list[BulkResult]", results)

    def get_shipment(self, seller: str, order_number: str) -> Order:
        """The order, once it has shipment details. Raises NotFound before."""
        return cast(Order, self._call("GET", f"{order_path(seller, order_number)}shipment/"))

    def orders(
        self,
        *,
        seller: str | None = None,
        stage: str | None = None,
        blocked_reason: str | None = None,
        updated_after: str | None = None,
    ) -> Iterator[Order]:
        """Those updated longest ago first. One updated meanwhile may come twice."""
        return self._rows(
            "orders",
            seller=seller,
            stage=stage,
            blocked_reason=blocked_reason,
            updated_after=updated_after,
        )

    # Sellers, catalog and stock

    def sellers(self, *, seller: str | None = None) -> Iterator[Seller]:
        """With each location's health."""
        return self._rows("sellers", seller=seller)

    def put_listing(self, seller: str, sku: str, body: ListingBody) -> Listing:
        return cast(Listing, self._call("PUT", *listing_address(seller, sku), body=body))

    def get_listing(self, seller: str, sku: str) -> Listing:
        return cast(Listing, self._call("GET", *listing_address(seller, sku)))

    def delete_listing(self, seller: str, sku: str) -> None:
        self._call("DELETE", *listing_address(seller, sku))

    def listings(
        self, *, seller: str | None = None, updated_after: str | None = None
    ) -> Iterator[Listing]:
        return self._rows("listings", seller=seller, updated_after=updated_after)

    def products(self, *, seller: str | None = None) -> Iterator[Product]:
        return self._rows("products", seller=seller)

    def stock(
        self,
        *,
        seller: str | None = None,
        location_key: str | None = None,
        sku: str | None = None,
        updated_after: str | None = None,
    ) -> Iterator[StockLevel]:
        return self._rows(
            "stock", seller=seller, location_key=location_key, sku=sku, updated_after=updated_after
        )

    # The feed

    def changes(self, after: str | None = None, *, limit: int = 500, wait: int = 0) -> ChangePage:
        """One page. Raises TooLate."""
        query = {"after": after, "limit": limit, "wait": wait}
        return cast(ChangePage, self._call("GET", "changes/", query, silence=self.timeout + wait))

    def follow(self, after: str | None = None, *, wait: int = 20) -> Iterator[Change]:
        """Every change after that cursor, for ever. Keep each one's `cursor` with what it did."""
        for page in self.follow_pages(after, wait=wait):
            yield from page["results"]

    def follow_pages(
        self, after: str | None = None, *, limit: int = 500, wait: int = 20
    ) -> Iterator[ChangePage]:
        """Like `follow`, page by page: apply one and keep its `cursor` in one transaction.

        A page may be empty where only its cursor went on. Trouble that passes is waited out;
        raises TooLate, and what no waiting mends.
        """
        failures = 0
        while True:
            began = time.monotonic()
            try:
                page = self.changes(after, limit=limit, wait=wait)
            except PASSING as problem:
                self._sleep(pause(problem, failures))
                failures += 1
                continue
            failures = 0
            if page["results"] or page["cursor"] != after:
                after = page["cursor"]
                yield page
            elif time.monotonic() - began < 1:
                # Too many readers wait, or nobody was asked to.
                self._sleep(1)

    # How it is done

    def _rows(self, name: str, **query: Filter) -> Iterator[Any]:
        asked: Mapping[str, Any] = {**query, "limit": 500}
        while True:
            page = self._call("GET", f"{name}/", asked)
            yield from page["results"]
            if page["next"] is None:
                return
            # Its query only: the key goes to no other address than ours.
            asked = parse_qs(urlsplit(page["next"]).query)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        body: object = None,
        silence: float | None = None,
    ) -> Any:
        tries = 1 + (self.retries if method in ("GET", "PUT") else 0)
        for failures in range(tries):
            try:
                return self._exchange(method, path, query, body, silence or self.timeout)
            except PASSING as problem:
                if failures + 1 == tries:
                    raise
                delay = pause(problem, failures)
            self._sleep(delay)

    def _exchange(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: object, silence: float
    ) -> Any:
        sent, headers = (None, {}) if body is None else (encoded(body), JSON)
        try:
            answer = self._session.request(
                method,
                f"{self.base_url}/api/v1/{path}",
                params=query,
                data=sent,
                headers=headers,
                timeout=(CONNECT_SECONDS, silence),
                allow_redirects=False,
            )
        except requests.RequestException as problem:
            cause = type(problem).__name__
        else:
            return read(answer)
        # Out here, so that the request with its key does not hang on to the exception.
        raise Unreachable(f"{method} {path}: no answer ({cause}).")


def encoded(body: object) -> bytes:
    """As JSON; a Decimal as a string, so that it stays what it is. Raises ValueError on NaN and
    Infinity, which JSON has not, and TypeError on what it can't hold: nothing is sent then."""
    return json.dumps(body, allow_nan=False, default=amount).encode()


def amount(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, Decimal):
        raise ValueError("An amount is no finite number.")
    raise TypeError(f"A {type(value).__name__} can't be sent as JSON.")


def read(answer: requests.Response) -> Any:
    """What the console said. Raises Refused."""
    try:
        body = answer.json() if answer.content else None
    except ValueError:
        body = None
    if answer.ok and answer.status_code < 300 and (body is not None or answer.status_code == 204):
        return body
    wait = answer.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isdigit() else None
    request_id = answer.headers.get("X-Request-ID", "")
    raise refusal(answer.status_code, body, retry_after, request_id)


def pause(problem: Exception, failures: int) -> float:
    """Seconds to wait: as asked, or longer from failure to failure, never all readers at once."""
    asked = getattr(problem, "retry_after", None)
    if asked is not None:
        return min(float(asked), LONGEST_RETRY_AFTER)
    return DELAYS[min(failures, len(DELAYS) - 1)] * random.uniform(0.75, 1.25)


def order_path(seller: str, order_number: str) -> str:
    return f"sellers/{segment(seller)}/orders/{segment(order_number)}/"


def listing_address(seller: str, sku: str) -> tuple[str, dict[str, str]]:
    """A SKU may end in a slash, which no server tells from the end of a path."""
    return f"sellers/{segment(seller)}/listings/", {"sku": sku}


def segment(name: str) -> str:
    """One step of a path. Raises ValueError where it would lead to another address."""
    if name in ("", ".", ".."):
        raise ValueError(f"{name!r} can't stand in an address.")
    return quote(name, safe="")
