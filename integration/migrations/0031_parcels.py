"""What tells one parcel from another is a column: courier and AWB without case and blanks."""

from django.db import migrations
from django.db.models import Count, Max

from integration.models.shipments import parcel_of

CHUNK = 1000


def fill(apps, schema_editor):
    shipments = apps.get_model("integration", "ShipmentDetails").objects
    last = 0
    while rows := list(shipments.filter(pk__gt=last, parcel="").order_by("pk")[:CHUNK]):
        for row in rows:
            row.parcel = parcel_of(row.courier, row.awb_number)
        shipments.bulk_update(rows, ["parcel"])
        last = rows[-1].pk


def pass_on(apps, schema_editor):
    """Numbers that only letter case or blanks told apart: the latest order has them."""
    shipments = apps.get_model("integration", "ShipmentDetails").objects
    several = shipments.order_by().values("parcel").annotate(rows=Count("pk"), last=Max("pk"))
    for group in several.filter(rows__gt=1):
        older = shipments.filter(parcel=group["parcel"]).exclude(pk=group["last"])
        older.update(is_passed_on=True)


class Migration(migrations.Migration):
    # A chunk at a time, so that nobody waits for all shipments. Safe to repeat.
    atomic = False
    dependencies = [("integration", "0030_awbs_and_triggers")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(pass_on, migrations.RunPython.noop),
    ]
