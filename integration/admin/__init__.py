"""How we talk, as staff see it. Staff change facts, never states."""

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

from integration.admin.alerts import AlertAdmin, WorkerAdmin
from integration.admin.announcements import AnnouncementAdmin, AttemptAdmin, ReceiverAdmin
from integration.admin.bulk_runs import BulkRunAdmin
from integration.admin.calls import ApiCallAdmin
from integration.admin.catalog import ListingAdmin, ProductPullAdmin, UnmappedSkuAdmin
from integration.admin.changes import ChangeAdmin, EventAdmin
from integration.admin.deliveries import DeliveryAdmin, RefusalAdmin
from integration.admin.errors import ErrorMessageAdmin, KnownErrorAdmin
from integration.admin.holds import HoldAdmin
from integration.admin.keys import ApiKeyAdmin
from integration.admin.orders import OrderAdmin
from integration.admin.quotas import QuotaAdmin
from integration.admin.reconciliation import DriftAdmin, MissedDeliveryAdmin, ReadBackAdmin
from integration.admin.sellers import (
    CarrierRegistrationAdmin,
    LocationAdmin,
    SellerAdmin,
    SellerLinkAdmin,
    StaffAdmin,
    StaffSessionAdmin,
)
from integration.admin.stock import ProductAdmin, StockLevelAdmin
from integration.admin.sync import SyncJobAdmin
from integration.admin.webhook_endpoints import WebhookEndpointAdmin

__all__ = [
    "AnnouncementAdmin",
    "AlertAdmin",
    "ApiCallAdmin",
    "ApiKeyAdmin",
    "AttemptAdmin",
    "BulkRunAdmin",
    "CarrierRegistrationAdmin",
    "LocationAdmin",
    "SellerAdmin",
    "SellerLinkAdmin",
    "StaffAdmin",
    "StaffSessionAdmin",
    "ChangeAdmin",
    "DeliveryAdmin",
    "DriftAdmin",
    "ErrorMessageAdmin",
    "EventAdmin",
    "HoldAdmin",
    "KnownErrorAdmin",
    "ListingAdmin",
    "MissedDeliveryAdmin",
    "OrderAdmin",
    "ProductAdmin",
    "ProductPullAdmin",
    "QuotaAdmin",
    "ReadBackAdmin",
    "ReceiverAdmin",
    "RefusalAdmin",
    "StockLevelAdmin",
    "SyncJobAdmin",
    "UnmappedSkuAdmin",
    "WebhookEndpointAdmin",
    "WorkerAdmin",
]

# Its pages resubmit tasks without a permission check, and a schedule of theirs can run anything.
for model in (Failure, OrmQ, Schedule, Success):
    admin.site.unregister(model)
