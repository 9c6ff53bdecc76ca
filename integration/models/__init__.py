"""The rows: what must be true is held by the database."""

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
from integration.models.keys import ApiKey
from integration.models.orders import (
    SENT_STAGES,
    Doubt,
    Order,
    OrderLine,
    OrderReason,
    ShipmentDetails,
    Stage,
)
from integration.models.sync import ApiCall, Quota, Rest, SyncJob
from integration.models.worker import Drain, Worker

__all__ = [
    "SENT_STAGES",
    "ApiCall",
    "ApiKey",
    "Change",
    "ChangeCounter",
    "Delivery",
    "Doubt",
    "Drain",
    "Event",
    "Order",
    "OrderLine",
    "OrderReason",
    "ParkedLine",
    "Product",
    "Quota",
    "Refusal",
    "Rest",
    "ShipmentDetails",
    "Stage",
    "StockEntry",
    "StockLevel",
    "SyncJob",
    "Topic",
    "WebhookEndpoint",
    "Worker",
    "api_time",
    "raise_stage",
    "record_change",
    "record_event",
]
