"""An AWB conflict used to end the doubt, so that Retry sent ours over EasyEcom's. Those that wait
are in doubt again: they are looked at before anything is sent."""

import re

from django.db import migrations
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
        shipments.filter(order=order).update(
            assign_begun_at=now,
            at_easyecom=[{"courier": "", "awb_number": awb} for awb in awbs] or None,
        )
        type(order).objects.filter(pk=order.pk).update(doubt="awb_rejected", doubt_since=now)


class Migration(migrations.Migration):
    dependencies = [("integration", "0019_awb_conflicts")]
    operations = [migrations.RunPython(doubt_again, migrations.RunPython.noop)]
