"""From the data of a good answer to its typed reply, for the small answers.

Each parser takes the call and the opened envelope, and raises NoEvidence when what should be there
is not: then nobody may say that it was done.
"""

import re

from integration.easyecom import strict_json
from integration.easyecom.calls import Call
from integration.easyecom.envelope import Envelope
from integration.easyecom.redaction import without_tokens
from integration.easyecom.replies import (
    AwbAssigned,
    CarrierRegistered,
    FoundLocation,
    Locations,
    OrderCreated,
    OrderQueued,
    QueueStatus,
    TokenIssued,
)
from integration.easyecom.values import (
    CITY_LIMIT,
    KEY_LIMIT,
    NUMBER_LIMIT,
    absent,
    https_url,
    identifier,
    name,
    object_in,
    render_words,
    text,
    unless_bad,
)

# What can stand in an Authorization header as it is.
_TOKEN = re.compile(r"[!-~]{1,8192}")
_QUEUE_STATES = {"1": "waiting", "2": "waiting", "3": "finished", "4": "failed"}


class NoEvidence(ValueError):
    """The answer looks good but does not prove it; the text says what it lacks."""


def token_issued(call: Call, answer: Envelope) -> TokenIssued:
    """The JWT is at data.token.jwt_token: docs/easyecom-contract.md#1-get-auth-token."""
    holder = object_in(answer.record.get("token"))
    token = holder.get("jwt_token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise NoEvidence("it holds no usable token")
    return TokenIssued(token, _seconds(holder.get("expires_in")))


def locations(call: Call, answer: Envelope) -> Locations:
    """Beside each key a live `api_token`, never read: docs/easyecom-contract.md#2-get-location."""
    alone = isinstance(answer.data, dict)
    rows = [answer.record] if alone else [] if absent(answer.data) else rows_in(answer.data)
    found = tuple(found for row in rows if (found := _location(row)).location_key)
    if alone and answer.record and not found:
        # One object may be anything.
        raise NoEvidence("its data is not a list of locations")
    return Locations(found)


def carrier_registered(call: Call, answer: Envelope) -> CarrierRegistered:
    """The id is an int or a numeric string: docs/easyecom-contract.md#3-add-carrier-credentials."""
    _refuse_inner_failure(answer)
    found = identifier(answer.record.get("companyCarrierId"), "companyCarrierId")
    if not re.fullmatch(r"[0-9]{1,18}", found) or not int(found):
        raise NoEvidence("it holds no companyCarrierId")
    return CarrierRegistered(found)


def order_created(call: Call, answer: Envelope) -> OrderCreated | OrderQueued:
    """Made at once or queued. InvoiceID may be missing: docs/easyecom-contract.md#success."""
    _refuse_inner_failure(answer)
    data = answer.record
    order_id, suborder_id, invoice_id, queue_id = (
        identifier(data.get(field), field)
        for field in ("OrderID", "SuborderID", "InvoiceID", "queueId")
    )
    if order_id or invoice_id:
        return OrderCreated(order_id, suborder_id, invoice_id)
    if queue_id:
        return OrderQueued(queue_id)
    raise NoEvidence("it holds neither an order id nor a queue id")


def queue_status(call: Call, answer: Envelope) -> QueueStatus:
    """The notes are a JSON string inside the JSON: docs/easyecom-contract.md#queued-orders.

    Why it failed stands in data.message and in the file at data.result, while the message on top
    may still say "Successful".
    """
    data = answer.record
    status = identifier(data.get("status_id"), "status_id")
    notes = _notes(data.get("notes"))
    order_id = unless_bad(identifier, "", notes.get("order_id"))
    number = unless_bad(text, "", notes.get("reference_code"), NUMBER_LIMIT)
    match _QUEUE_STATES.get(status):
        case "waiting":
            return QueueStatus("waiting", order_id, number, answer.message)
        case "finished":
            return QueueStatus("finished", order_id, number, answer.message)
        case "failed":
            error_file = unless_bad(https_url, "", data.get("result"))
            return QueueStatus("failed", order_id, number, _why_failed(answer, notes), error_file)
    raise NoEvidence("its status_id is not one we know")


def _why_failed(answer: Envelope, notes: dict[str, object]) -> str:
    """The first of EasyEcom's places that has words."""
    data = answer.record
    places = (notes.get("message"), notes.get("error"), data.get("message"), data.get("notes"))
    words = next(
        (render_words(place) for place in places if render_words(place) and not absent(place)), ""
    )
    return without_tokens(words) or answer.message


def awb_assigned(call: Call, answer: Envelope) -> AwbAssigned:
    """The code is all the evidence: docs/easyecom-contract.md#6-assign-shipment-details."""
    _refuse_inner_failure(answer)
    return AwbAssigned()


def rows_in(data: object) -> list[dict[str, object]]:
    """The objects of a list, raising NoEvidence for anything else than a list."""
    if not isinstance(data, list):
        raise NoEvidence("its data is not a list")
    return [row for row in data if isinstance(row, dict)]


def _refuse_inner_failure(answer: Envelope) -> None:
    # Create Order repeats the code inside its data; two that differ prove nothing.
    status = answer.record.get("Status", 200)
    if status not in (200, "200"):
        raise NoEvidence("its data carries another status than its code")


def _location(row: dict[str, object]) -> FoundLocation:
    return FoundLocation(
        location_key=unless_bad(text, "", row.get("location_key"), KEY_LIMIT),
        company_id=unless_bad(identifier, "", row.get("company_id")),
        name=name(row.get("location_name")),
        city=name(row.get("city"), CITY_LIMIT),
        state=name(row.get("state"), CITY_LIMIT),
    )


def _seconds(value: object) -> int | None:
    digits = unless_bad(text, "", value, 12)
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None


def _notes(value: object) -> dict[str, object]:
    if not isinstance(value, str):
        return object_in(value)
    try:
        return object_in(strict_json.loads(value))
    except strict_json.Unreadable:
        return {}
