"""All that Booon knows about EasyEcom's wire, and nothing about Django.

`calls` say what to ask, `transport` asks, `reading` judges the answer by its evidence, `replies`
are what it comes to, `webhooks` read what EasyEcom pushes to us, `redaction` is for what may be
shown. EasyEcom's words and its untidiness end at this door: outside it there are only ours.
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
from integration.easyecom.look_ups import manifested_body
from integration.easyecom.manifest_lines import is_cancelled, is_shipped
from integration.easyecom.outcomes import (
    AlreadyExists,
    AuthRefused,
    Done,
    NotSent,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
)
from integration.easyecom.paging import ForeignPage
from integration.easyecom.payloads import Address, NewOrder, NewOrderLine
from integration.easyecom.reading import MAX_REPLY, read
from integration.easyecom.redaction import redacted
from integration.easyecom.replies import (
    AwbAssigned,
    BadLine,
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
    HIGHEST_LEVEL,
    ID_LIMIT,
    NAME_LIMIT,
    NUMBER_LIMIT,
    SKU_LIMIT,
    URL_LIMIT,
    BadValue,
    without_split_suffix,
)
from integration.easyecom.webhook_bodies import MOST_LINES
from integration.easyecom.webhooks import read_inventory, read_manifested

__all__ = [
    "Address",
    "AlreadyExists",
    "AuthRefused",
    "AwbAssigned",
    "BadLine",
    "BadValue",
    "Call",
    "CarrierRegistered",
    "Done",
    "Exchange",
    "ForeignPage",
    "FoundLocation",
    "FoundOrder",
    "FoundProduct",
    "HIGHEST_LEVEL",
    "ID_LIMIT",
    "InventoryPage",
    "Kind",
    "Level",
    "Locations",
    "MAX_REPLY",
    "MOST_LINES",
    "Manifest",
    "NAME_LIMIT",
    "NUMBER_LIMIT",
    "NewOrder",
    "NewOrderLine",
    "NotSent",
    "OrderCreated",
    "OrderQueued",
    "OrdersFound",
    "Outcome",
    "OutcomeUnknown",
    "ProductPage",
    "QueueStatus",
    "RateLimited",
    "Rejected",
    "Reply",
    "SKU_LIMIT",
    "TokenIssued",
    "URL_LIMIT",
    "Unreadable",
    "add_carrier",
    "assign_awb",
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
    "read",
    "read_inventory",
    "read_manifested",
    "redacted",
    "send",
    "without_split_suffix",
]
