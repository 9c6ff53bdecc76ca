"""The rows: what must be true is held by the database."""

from integration.models.alerts import Alert
from integration.models.announcements import Announcement, Attempt, Receiver
from integration.models.bulk import BulkItem, BulkRun
from integration.models.catalog import Product, StockEntry, StockLevel
from integration.models.changes import (
    Change,
    ChangeCounter,
    Event,
    api_time,
    raise_stage,
    record_change,
    record_event,
)
from integration.models.deliveries import Delivery, ParkedLine, Refusal, Topic, WebhookEndpoint
from integration.models.errors import ErrorMessage, KnownError
from integration.models.holds import Binding, Hold
from integration.models.keys import ApiKey
from integration.models.listings import Listing, UnmappedSku
from integration.models.onboarding import Declaration, SelfTest
from integration.models.order_files import OrderFile
from integration.models.orders import (
    SENT_STAGES,
    Doubt,
    Order,
    OrderLine,
    OrderReason,
    ShipmentDetails,
    Stage,
    because,
)
from integration.models.pulls import ProductPull
from integration.models.quota import CallCount, Quota
from integration.models.reconciliation import Drift, Mark, MissedDelivery, ReadBack
from integration.models.seller_files import SellerFile
from integration.models.sync import ApiCall, Rest, SyncJob, SyncJobs
from integration.models.tallies import Tally
from integration.models.worker import Drain, Worker

__all__ = [
    "SENT_STAGES",
    "Alert",
    "Announcement",
    "ApiCall",
    "ApiKey",
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
    "Hold",
    "KnownError",
    "Listing",
    "Mark",
    "MissedDelivery",
    "Order",
    "OrderFile",
    "OrderLine",
    "OrderReason",
    "ParkedLine",
    "Product",
    "ProductPull",
    "Quota",
    "ReadBack",
    "Receiver",
    "Refusal",
    "Rest",
    "SelfTest",
    "SellerFile",
    "ShipmentDetails",
    "Stage",
    "StockEntry",
    "StockLevel",
    "SyncJob",
    "SyncJobs",
    "Tally",
    "Topic",
    "UnmappedSku",
    "WebhookEndpoint",
    "Worker",
    "api_time",
    "because",
    "raise_stage",
    "record_change",
    "record_event",
]
