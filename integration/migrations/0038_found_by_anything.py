"""Orders are found by their buyers' numbers, and by any part of a number or code.

On PostgreSQL that takes pg_trgm; where it can't be created the beginnings are found all the same
(docs/operations.md, "Search"). Its indexes are built while the console runs.
"""

from django.db import migrations, models
from django.db.utils import Error

from booon_console.postgresql.online import AddIndexConcurrently
from integration.orders.buyer_digests import PHONE, fill

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
INDEXES = {
    "order_parts": (
        "integration_order USING gin (UPPER(order_number::text) gin_trgm_ops, "
        "UPPER(easyecom_order_id::text) gin_trgm_ops, "
        "UPPER(easyecom_invoice_id::text) gin_trgm_ops, "
        "UPPER(manifest_number::text) gin_trgm_ops)"
    ),
    "shipment_parts": "integration_shipmentdetails USING gin (UPPER(parcel::text) gin_trgm_ops)",
    "replaced_parts": "integration_replacedawb USING gin (UPPER(parcel::text) gin_trgm_ops)",
    "product_parts": "integration_product USING gin (UPPER(sku::text) gin_trgm_ops)",
}


def add_parts(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        try:
            cursor.execute(EXTENSION)
        except Error:
            print("\n  pg_trgm can't be created here: the search finds beginnings only.")
            return
        for name, what in INDEXES.items():
            # One that was interrupted is there, and serves nobody.
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            cursor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")


def drop_parts(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        with schema_editor.connection.cursor() as cursor:
            for name in INDEXES:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def fill_digests(apps, schema_editor):
    orders = apps.get_model("integration", "Order").objects
    fill(orders.filter(phone_digest=""), PHONE)


class Migration(migrations.Migration):
    # Chunks of their own, and indexes that lock nobody out.
    atomic = False
    dependencies = [("integration", "0037_forbidden_and_held")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="phone_digest",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("phone_digest", ""), _negated=True),
                fields=["phone_digest"],
                name="order_phone",
            ),
        ),
        AddIndexConcurrently(
            model_name="shipmentdetails",
            index=models.Index(
                condition=models.Q(("at_easyecom__isnull", False)),
                fields=["order"],
                name="shipment_two_awbs",
            ),
        ),
        migrations.RunPython(fill_digests, migrations.RunPython.noop),
        migrations.RunPython(add_parts, drop_parts),
    ]
