"""An AWB conflict used to end the doubt, so that Retry sent ours over EasyEcom's. Those that wait
are in doubt again: they are looked at before anything is sent."""

import re

from django.db import migrations, transaction
from django.utils import timezone

SHOWN = re.compile(r"It is (.+)\.\Z")


def doubt_again(apps, schema_editor):
    waiting = apps.get_model("integration", "Order").objects.filter(
        stage="awaiting_carrier", blocked_reason="awb_conflict", doubt=""
    )
    shipments = apps.get_model("integration", "ShipmentDetails").objects
    now = timezone.now()
    for order in waiting.iterator():
        shown = SHOWN.match(order.blocked_detail)
        awbs = shown[1].split(", ") if shown else []
        with transaction.atomic():
            # Code of before may have gone on with it meanwhile.
            if waiting.filter(pk=order.pk).update(doubt="awb_rejected", doubt_since=now):
                shipments.filter(order=order).update(
                    assign_begun_at=now,
                    at_easyecom=[{"courier": "", "awb_number": awb} for awb in awbs] or None,
                )


class Migration(migrations.Migration):
    # An order at a time, so that nobody waits for all of them. Safe to repeat.
    atomic = False
    dependencies = [("integration", "0019_awb_conflicts")]
    operations = [migrations.RunPython(doubt_again, migrations.RunPython.noop)]
