"""What can go wrong, one class for each thing that a caller would do about it."""

from __future__ import annotations

from typing import Any, NamedTuple


class FieldError(NamedTuple):
    """`field` is dotted, such as "lines.0.quantity"; "" means the whole request."""

    field: str
    message: str


class ConsoleError(Exception):
    """The root of them all."""


class Unreachable(ConsoleError):
    """No answer came. Whether the request arrived is not known."""


class Refused(ConsoleError):
    """The console answered, and did not do it. `request_id` names the request in its logs."""

    def __init__(
        self,
        status: int,
        errors: list[FieldError],
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        self.status, self.errors, self.retry_after = status, errors, retry_after
        self.request_id = request_id
        told = "; ".join(f"{field}: {text}" if field else text for field, text in errors)
        by = f" (request {request_id})" if request_id else ""
        super().__init__(f"HTTP {status}. {told}".strip() + by)


class Invalid(Refused):
    """400: each error names the field that is not right."""


class Unauthorized(Refused):
    """401 or 403: no such key, a revoked one, or one that may not do this."""


class NotFound(Refused):
    """404: no such seller, order, shipment details or listing."""


class Conflict(Refused):
    """409: too late for that, or another order has it; the message says which."""


class TooLarge(Refused):
    """413: a body may have 2 MB."""


class RateLimited(Refused):
    """429: ask again after `retry_after` seconds."""


class Unavailable(Refused):
    """5xx: the console's own trouble, which passes."""


class TooLate(Refused):
    """410: changes after the cursor are gone. Read the lists, then follow from `cursor`."""

    def __init__(
        self,
        status: int,
        errors: list[FieldError],
        *,
        oldest: str,
        cursor: str,
        request_id: str = "",
    ) -> None:
        super().__init__(status, errors, request_id=request_id)
        self.oldest, self.cursor = oldest, cursor


CLASSES: dict[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    429: RateLimited,
}


def refusal(
    status: int, body: Any, retry_after: float | None = None, request_id: str = ""
) -> Refused:
    """The exception for an answer that is no success, whoever on the way gave it."""
    request_id = request_id[:64] if request_id.isprintable() else ""
    body = body if isinstance(body, dict) else {}
    errors = [
        FieldError(str(each.get("field", "")), str(each.get("message", "")))
        for each in body.get("errors") or []
        if isinstance(each, dict)
    ]
    if status == 410 and "cursor" in body:
        oldest, cursor = str(body.get("oldest")), str(body["cursor"])
        return TooLate(status, errors, oldest=oldest, cursor=cursor, request_id=request_id)
    kind = CLASSES.get(status, Unavailable if status >= 500 else Refused)
    return kind(status, errors, retry_after, request_id)
