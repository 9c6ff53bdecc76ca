"""States in words and colours, as people read them on every list."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from booon_console.lib.admin_parts import badge, first_sentence
from integration.bulk.report import Group
from integration.models import (
    Announcement,
    Attempt,
    BulkItem,
    BulkRun,
    Change,
    Order,
    OrderReason,
    Stage,
)
from sellers.models import LocationReason

Outcome = Attempt.Outcome
OUTCOME_TONES = {Outcome.TOLD: "good", Outcome.FAILED: "wait", Outcome.GIVEN_UP: "bad"}


def thing_of(change: Change) -> str:
    """What it is about: an order's number or a SKU."""
    return str(change.order or change.data.get("sku") or change.location)


def outcome_of(attempt: Attempt) -> str:
    outcome = Outcome(attempt.outcome)
    return badge(OUTCOME_TONES[outcome], outcome.label)


def state_of(announcement: Announcement) -> str:
    if announcement.given_up_at:
        return badge("bad", "given up")
    if announcement.due_at is None:
        return badge("", "behind another", "Changes of one order, or one SKU, are sent in turn.")
    return badge("wait", "put off" if announcement.tries else "due")


STAGE_TONES = {
    Stage.RECEIVED: "",
    Stage.AWAITING_CARRIER: "wait",
    Stage.CARRIER_ASSIGNED: "good",
    Stage.MANIFESTED: "good",
    Stage.WITHDRAWN: "",
}
STAGE_TITLES = {Stage.RECEIVED: "The console has it from Booon; EasyEcom has not"}


def stage_badge(order: Order) -> str:
    return badge(*stage_words(order))


def stage_words(order: Order) -> tuple[str, str, str]:
    """The tone of an order's stage, what is said of it, and what that means; "" where plain."""
    stage = Stage(order.stage)
    if order.cancelled_at_easyecom:
        return "bad", "Cancelled at EasyEcom", f"Was at: {stage.label}"
    if stage == Stage.AWAITING_CARRIER and is_late(order):
        return "bad", stage.label, "Waits for its carrier and AWB for too long"
    return STAGE_TONES[stage], stage.label, STAGE_TITLES.get(stage, "")


def is_late(order: Order) -> bool:
    limit = timedelta(hours=settings.AWB_LIMIT_HOURS)
    return order.pushed_at is not None and timezone.now() - order.pushed_at > limit


ANY = "None yet."
# To whoever sees some of the sellers: what stands at others, or at all of them, is not none.
OF_SOME = (
    "None at the sellers that you see. What is of others, or of all sellers, is not shown here."
)
SENTENCES = {
    "alert": "Nobody had to be alerted to anything.",
    "apicall": "No call was made to EasyEcom yet. The worker makes them.",
    "apikey": "No key yet. Make one with manage.py create_api_key NAME.",
    "bulkrun": "No run yet. Filter orders, sync jobs or deliveries, and choose “all that match”.",
    "carrierregistration": "None yet. Onboarding a seller registers the carrier.",
    "change": "No change for Booon yet. Stages and stock levels bring changes.",
    "delivery": "EasyEcom has sent nothing yet. Paste address and token into its Webhook Settings.",
    "drift": "No level was found to differ from EasyEcom's.",
    "errormessage": "EasyEcom has refused nothing yet.",
    "hold": "Nothing is held, and nothing was.",
    "knownerror": "No message of EasyEcom's has a meaning yet. Open one and say what it means.",
    "listing": "Booon has listed nothing yet. Its platform gives listings by PUT.",
    "location": "None yet. Onboard a seller.",
    "misseddelivery": "None was missed.",
    "order": "No orders yet. Booon's platform gives them by PUT, or import a file.",
    "product": "None yet. They are pulled once a location is live.",
    "refusal": "Nothing was refused.",
    "seller": "No sellers yet. Onboard the first one.",
    "sellerlink": "No link yet. Make one, and its seller types in what opens their account.",
    "stocklevel": "No level yet. EasyEcom sends them by webhook, and the console reads them back.",
    "unmappedsku": "Every SKU that was named has its product.",
    "webhookendpoint": "None yet. A location gets its addresses when it is found in EasyEcom.",
    "worker": "No worker has ever run. Start manage.py workers.",
}


State, Result = BulkRun.State, BulkItem.Result

RUN_TONES = {
    State.FROZEN: "wait",
    State.RUNNING: "wait",
    State.PAUSED: "wait",
    State.DONE: "good",
    State.CANCELLED: "",
}
RESULT_TONES = {
    Result.WAITING: "",
    Result.ASKED: "wait",
    Result.DONE: "good",
    Result.PARTLY: "bad",
    Result.FAILED: "bad",
    Result.IN_DOUBT: "bad",
    Result.POSTPONED: "wait",
    Result.LEFT: "",
}
# What the inbox and the readers park with; the delivery's page has their sentences.
PARKED = {
    "unknown_order": "Order not known",
    "foreign_location": "Another location's line",
    "conflict": "Contradicts the order",
    "withdrawn_order": "Order withdrawn",
    "no_invoice_id": "No invoice id",
    "not_shipped": "Not shipped",
    "bad_level": "Bad level",
    "bad_text": "Bad text",
    "no_sku": "No SKU",
    "no_reference": "No reference",
    "not_an_object": "A line that is no object",
    "not_json": "Not JSON",
    "wrong_shape": "No lines in it",
    "empty": "Empty body",
    "html": "A web page",
    "not_utf8": "Not UTF-8",
    "too_deep": "Nested too deep",
    "too_many_lines": "Too many lines",
    "bad_number": "A number without measure",
    "duplicate_key": "The same key twice",
    "unstorable_text": "Text that can't be stored",
    "batch_manifest": "A Batch Manifest",
    "tracking": "A Tracking update",
    "inventory_body": "Inventory on the manifests' URL",
    "order_body": "An order on the inventory's URL",
    "internal_error": "The console's own fault",
}


def reason_words(group: Group) -> str:
    """Why these rows stand still."""
    for sentences in (OrderReason, LocationReason):
        if group.reason in sentences.values:
            return first_sentence(str(sentences(group.reason).label))
    return PARKED.get(group.reason) or group.reason.replace("_", " ").capitalize() or "Nothing said"
