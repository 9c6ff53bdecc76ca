"""Which flow serves which kind of sync job."""

from integration.catalog import pull
from integration.models import SyncJob
from integration.onboarding import connection_test, flow
from integration.orders import late_answers, push
from integration.reconciliation import order_comparison, stock_readback
from integration.sync.flows import register, register_in_sets


def register_all() -> None:
    register_in_sets(SyncJob.Kind.ORDER, push, late_answers.record)
    register(SyncJob.Kind.LOCATION, flow)
    register(SyncJob.Kind.PRODUCTS, pull)
    register(SyncJob.Kind.STOCK, stock_readback)
    register(SyncJob.Kind.CHECKS, order_comparison)
    register(SyncJob.Kind.PROBE, connection_test)
