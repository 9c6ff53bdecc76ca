"""All that Booon knows about EasyEcom's wire, and nothing about Django.

`calls` say what to ask, `transport` asks, `reading` judges the answer by its evidence, `replies`
are what it comes to, `webhooks` read what EasyEcom pushes to us, `redaction` and `hidden` are for
what may be shown. EasyEcom's words and its untidiness end at this door: outside it there are only
ours.
"""

from integration.easyecom.calls import (
    Call,
    Kind,
    add_carrier,
    assign_awb,
    create_order,
    find_order,
    get_inventory,
    get_locations,
    get_products,
    get_queue_status,
    log_in,
    next_page,
)
from integration.easyecom.envelope import ForeignPage
from integration.easyecom.lookups import manifested_body
from integration.easyecom.masking import (
    MASK,
    NOTHING,
    Private,
    by_value,
    outcome_without,
    private_of,
    without_secrets,
)
from integration.easyecom.outcomes import (
    AlreadyExists,
    AuthRefused,
    Done,
    LineProblem,
    NotSent,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
)
from integration.easyecom.payloads import Address, NewOrder, NewOrderLine, plain_number
from integration.easyecom.reading import read
from integration.easyecom.redaction import redacted
from integration.easyecom.replies import (
    AwbAssigned,
    BadLine,
    CancelledLine,
    CarrierRegistered,
    FoundLocation,
    FoundOrder,
    FoundProduct,
    InventoryPage,
    Level,
    Locations,
    Manifest,
    OrderCreated,
    OrderQueued,
    OrdersFound,
    ProductPage,
    QueueStatus,
    Reply,
    TokenIssued,
)
from integration.easyecom.strict_json import Unreadable, loads
from integration.easyecom.transport import Exchange, make_session, send
from integration.easyecom.values import (
    without_split_suffix,
)
from integration.easyecom.webhooks import is_cancelled, is_shipped, read_inventory, read_manifested

__all__ = [
    "Address",
    "AlreadyExists",
    "AuthRefused",
    "AwbAssigned",
    "BadLine",
    "Call",
    "CancelledLine",
    "CarrierRegistered",
    "Done",
    "Exchange",
    "ForeignPage",
    "FoundLocation",
    "FoundOrder",
    "FoundProduct",
    "InventoryPage",
    "Kind",
    "Level",
    "LineProblem",
    "Locations",
    "MASK",
    "Manifest",
    "NOTHING",
    "NewOrder",
    "NewOrderLine",
    "NotSent",
    "OrderCreated",
    "OrderQueued",
    "OrdersFound",
    "Outcome",
    "OutcomeUnknown",
    "Private",
    "ProductPage",
    "QueueStatus",
    "RateLimited",
    "Rejected",
    "Reply",
    "TokenIssued",
    "Unreadable",
    "add_carrier",
    "assign_awb",
    "by_value",
    "create_order",
    "find_order",
    "get_inventory",
    "get_locations",
    "get_products",
    "get_queue_status",
    "is_cancelled",
    "is_shipped",
    "loads",
    "log_in",
    "make_session",
    "manifested_body",
    "next_page",
    "outcome_without",
    "plain_number",
    "private_of",
    "read",
    "read_inventory",
    "read_manifested",
    "redacted",
    "send",
    "without_secrets",
    "without_split_suffix",
]
