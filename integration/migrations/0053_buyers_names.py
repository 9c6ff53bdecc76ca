"""Orders are found by their buyers' names."""

from django.db import migrations, models

from booon_console.postgresql.online import AddIndexConcurrently
from integration.orders.buyer_digests import NAME, fill


def fill_digests(apps, schema_editor):
    orders = apps.get_model("integration", "Order").objects
    fill(orders.filter(name_digest=""), NAME)


class Migration(migrations.Migration):
    # Chunks of their own, and an index that locks nobody out.
    atomic = False
    dependencies = [("integration", "0052_read_back_after_refusals")]
    operations = [
        migrations.AddField(
            model_name="order",
            name="name_digest",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                condition=models.Q(("name_digest", ""), _negated=True),
                fields=["name_digest"],
                name="order_name",
            ),
        ),
        migrations.RunPython(fill_digests, migrations.RunPython.noop),
    ]
