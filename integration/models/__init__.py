"""The rows: what must be true is held by the database."""

from integration.models.alerts import Alert
from integration.models.announcements import Announcement, Attempt, Receiver
from integration.models.bulk import BulkItem, BulkRun, OrderFile, SellerFile
from integration.models.catalog import (
    Listing,
    Product,
    ProductPull,
    StockEntry,
    StockLevel,
    UnmappedSku,
    gone_levels,
    pulled_since,
)
from integration.models.changes import (
    Change,
    ChangeCounter,
    Event,
    api_time,
    make_event,
    open_events,
    raise_stage,
    record_change,
    record_event,
    record_events,
)
from integration.models.deliveries import Delivery, ParkedLine, Refusal, Topic, WebhookEndpoint
from integration.models.holds import Binding, Hold
from integration.models.keys import ApiKey, Area, make_key
from integration.models.onboarding import Declaration, HeldToken, LinkToken, SelfTest
from integration.models.open_pages import OpenPage
from integration.models.order_states import OVER, TAKES_AWB, Doubt, OrderReason, Stage
from integration.models.orders import Order, OrderLine, because
from integration.models.reconciliation import Drift, Mark, MissedDelivery, ReadBack
from integration.models.revisions import OrderRevision
from integration.models.saved_views import SavedView
from integration.models.seller_links import SellerLink
from integration.models.set_aside import SetAside
from integration.models.shipments import ReplacedAwb, ShipmentDetails, parcel_of, same_awb
from integration.models.sync import (
    ApiCall,
    CallCount,
    ErrorMessage,
    KnownError,
    Quota,
    Rest,
    SyncJob,
    SyncJobs,
)
from integration.models.worker import Drain, Shard, Tally, Worker, WriteProbe

__all__ = [
    "OVER",
    "TAKES_AWB",
    "Alert",
    "Announcement",
    "ApiCall",
    "ApiKey",
    "Area",
    "Attempt",
    "Binding",
    "BulkItem",
    "BulkRun",
    "CallCount",
    "Change",
    "ChangeCounter",
    "Declaration",
    "Delivery",
    "Doubt",
    "Drain",
    "Drift",
    "ErrorMessage",
    "Event",
    "HeldToken",
    "Hold",
    "KnownError",
    "LinkToken",
    "Listing",
    "Mark",
    "MissedDelivery",
    "OpenPage",
    "Order",
    "OrderFile",
    "OrderLine",
    "OrderReason",
    "OrderRevision",
    "ParkedLine",
    "Product",
    "ProductPull",
    "Quota",
    "ReadBack",
    "Receiver",
    "Refusal",
    "ReplacedAwb",
    "Rest",
    "SavedView",
    "SelfTest",
    "SellerFile",
    "SellerLink",
    "SetAside",
    "Shard",
    "ShipmentDetails",
    "Stage",
    "StockEntry",
    "StockLevel",
    "gone_levels",
    "pulled_since",
    "SyncJob",
    "SyncJobs",
    "Tally",
    "Topic",
    "UnmappedSku",
    "WebhookEndpoint",
    "Worker",
    "WriteProbe",
    "api_time",
    "because",
    "raise_stage",
    "record_change",
    "make_event",
    "make_key",
    "open_events",
    "parcel_of",
    "record_event",
    "record_events",
    "same_awb",
]
