"""A console of 100,000 orders, written by the database itself: one INSERT … SELECT a table."""

import json
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from integration.models import (
    ApiCall,
    CallCount,
    Change,
    Delivery,
    Drift,
    ErrorMessage,
    Event,
    Listing,
    MissedDelivery,
    Order,
    OrderLine,
    OrderReason,
    ParkedLine,
    Product,
    ProductPull,
    Quota,
    ReadBack,
    Refusal,
    ShipmentDetails,
    Stage,
    StockEntry,
    StockLevel,
    SyncJob,
    UnmappedSku,
    WebhookEndpoint,
    Worker,
)
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import ADDRESS

SELLERS, LOCATIONS, ORDERS = 50, 100, 100_000
# SQL for a row `n`, from 1: which seller and location it belongs to, and when it came to be.
OF_SELLER, AT_LOCATION = f"1 + n % {SELLERS}", f"1 + n % {LOCATIONS}"
BOTH = {"seller_id": f"1 + (n % {LOCATIONS}) % {SELLERS}", "location_id": AT_LOCATION}
AGO = "now() - n * interval '20 seconds'"
ITS_ORDER = f"1 + n % {ORDERS}"


def one_of(values: list[str], by: str = "n") -> str:
    """SQL that takes them in turn."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"(ARRAY[{listed}])[1 + ({by}) % {len(values)}]"


def write(model: type[models.Model], count: int, /, **columns: str) -> None:
    """`count` rows. Each column is SQL over `n`; what is not named has its default."""
    fields = model._meta.concrete_fields
    known = {field.column for field in fields}
    assert set(columns) <= known, set(columns) - known
    shown = ", ".join(f'"{field.column}"' for field in fields)
    given = [columns.get(field.column) or plain(field) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({shown}) '
            f"SELECT {', '.join(given)} FROM generate_series(1, {count}) AS n"
        )
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def plain(field: Any) -> str:
    """SQL for a column of which nothing is said."""
    if field.primary_key:
        return "n"
    if field.null:
        return "NULL"
    if isinstance(field, models.DateTimeField):
        return AGO
    value = field.get_db_prep_save(field.get_default(), connection)
    return literal(value)


def literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    quoted = str(getattr(value, "obj", value)).replace("'", "''")
    return f"'{quoted}'" if not isinstance(getattr(value, "obj", None), list) else "'[]'"


def fill() -> None:
    """Sellers, then what belongs to them, then what is said of that."""
    write_sellers()
    write_orders()
    write_traffic()
    write_catalog()
    write_comparisons()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def write_sellers() -> None:
    write(Seller, SELLERS, code="'seller-' || n", name="'Seller ' || n", api_username="'u'")
    live = {"live_at": AGO, "located_at": AGO, "catalog_seen_at": AGO}
    write(
        Location,
        LOCATIONS,
        seller_id=OF_SELLER,
        location_key="'en' || 29480000 + n",
        name="'Warehouse ' || n",
        blocked_reason="''",
        **live,
    )
    write(
        CarrierRegistration,
        LOCATIONS,
        location_key="'en' || 29480000 + n",
        carrier_id="7042",
        state="'registered'",
        company_carrier_id="n::text",
    )
    endpoint = {"id": "'endpoint' || n", "location_id": f"1 + (n - 1) % {LOCATIONS}"}
    topic = f"CASE WHEN n <= {LOCATIONS} THEN 'inventory' ELSE 'manifested' END"
    write(WebhookEndpoint, 2 * LOCATIONS, topic=topic, **endpoint)
    write(Quota, SELLERS, seller_id="n", day=today(), used_today="n * 90")
    write(CallCount, SELLERS, seller_id="n", day=today(), kind="'create_order'", is_polling="false")
    write(Worker, 3, id="'worker-' || n", host="'h'", beat_at="now()")


def today() -> str:
    return f"'{timezone.localdate()}'::date"


def write_orders() -> None:
    open_stages = [Stage.CARRIER_ASSIGNED, Stage.AWAITING_CARRIER, Stage.RECEIVED]
    # Three orders of twenty wait at EasyEcom or here, and most of those for a reason.
    reasons = list(OrderReason.values)
    is_open = "n % 20 >= 17 AND n % 7 > 0"
    write(
        Order,
        ORDERS,
        **BOTH,
        order_number="'BN-' || n",
        ordered_at=AGO,
        payment_mode=one_of(["cod", "prepaid"]),
        shipping_address=f"'{json.dumps(ADDRESS)}'::jsonb",
        fingerprint="n::text",
        stage=one_of([Stage.MANIFESTED] * 17 + open_stages),
        blocked_reason=f"CASE WHEN {is_open} THEN {one_of(reasons, 'n / 20')} ELSE '' END",
        easyecom_order_id="(558000000 + n)::text",
        easyecom_invoice_id="(654000000 + n)::text",
        push_begun_at=AGO,
        pushed_at=AGO,
        manifested_at=f"CASE WHEN n % 20 < 17 THEN {AGO} END",
        updated_at=AGO,
    )
    write(
        OrderLine,
        ORDERS,
        order_id="n",
        position="0",
        line_id="'1'",
        sku="'SKU-' || n % 5000",
        quantity="1",
        unit_price="499",
    )
    write(
        ShipmentDetails,
        ORDERS,
        order_id="n",
        courier="'Delhivery'",
        awb_number="'8900' || n",
        assigned_at=AGO,
    )
    status = one_of(["succeeded"] * 38 + ["pending", "failed"])
    write(SyncJob, ORDERS, kind="'order'", order_id="n", status=status, **BOTH)


def write_traffic() -> None:
    write(ErrorMessage, 300, digest="n::text", shape="'M ' || n", sample="'M'", count="n")
    order = {"order_id": ITS_ORDER, **BOTH}
    write(
        ApiCall,
        2 * ORDERS,
        job_id=ITS_ORDER,
        kind=one_of(["create_order", "assign_awb", "find_order"]),
        is_write="n % 3 < 2",
        is_open="false",
        method="'POST'",
        path="'/webhook/v2/createOrder'",
        http_status="200",
        outcome=one_of(["done"] * 9 + ["rejected"]),
        error_id="CASE WHEN n % 10 = 9 THEN 1 + n % 300 END",
        ended_at=AGO,
        elapsed_ms="200 + n % 900",
        **order,
    )
    topics = one_of(["inventory", "manifested"])
    write(
        Delivery,
        ORDERS,
        location_id=AT_LOCATION,
        endpoint_id=f"'endpoint' || 1 + n % {LOCATIONS}",
        topic=topics,
        status=one_of(["applied"] * 49 + ["parked"]),
        reason=one_of([""] * 49 + ["unknown_order"]),
        body="'\\x7b7d'::bytea",
        lines="1",
    )
    write(
        ParkedLine,
        ORDERS // 50,
        delivery_id="n * 50 - 1",
        line="0",
        reason="'unknown_order'",
        order_number="'BN-' || n",
    )
    write(Refusal, 2000, endpoint_id="'endpoint' || n % 200", cause="'wrong_token'", count="n",
          hour="date_trunc('hour', now()) - n * interval '1 hour'")  # fmt: skip
    write(Change, 3 * ORDERS, cursor="n", type="'order.stage_changed'", data="'{}'::jsonb", **order)
    kinds = one_of(["stage", "stage", "retry", "note"])
    write(Event, 3 * ORDERS, kind=kinds, actor=one_of(["console", "asha"]), sentence="'S'", **order)


def write_catalog() -> None:
    sku = "'SKU-' || n"
    write(Product, 20_000, sku=sku, name="'Product ' || n", **BOTH)
    write(StockLevel, 40_000, sku=sku, quantity="n % 100", arrival="n", line="0", **BOTH)
    write(
        StockEntry,
        2 * ORDERS,
        location_id=AT_LOCATION,
        sku="'SKU-' || n % 40000",
        quantity="n % 100",
        delivery_id=ITS_ORDER,
        line="0",
    )
    write(Listing, 10_000, seller_id=OF_SELLER, sku=sku, title="'T'", price="499",
          product_id="CASE WHEN n % 9 > 0 THEN n END")  # fmt: skip
    write(UnmappedSku, 5000, sku="'LOST-' || n", source="'order'", order_id="n", **BOTH)
    write(ProductPull, LOCATIONS, location_id="n")


def write_comparisons() -> None:
    write(MissedDelivery, 3000, location_id=AT_LOCATION, order_id="n", found_by_id="n")
    write(ReadBack, 5000, location_id=AT_LOCATION, cause="'rotation'", ended_at=AGO)
    write(Drift, 8000, location_id=AT_LOCATION, sku="'SKU-' || n", theirs="1", delivery_id="n",
          is_mended="true")  # fmt: skip
