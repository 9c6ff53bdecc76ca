"""Orders that had their carrier before there were manifest clocks get theirs: due at once."""

from django.db import migrations
from django.utils import timezone


def begin_clocks(apps, schema_editor):
    orders = apps.get_model("integration", "Order").objects
    orders.filter(stage="carrier_assigned", check_due_at=None).update(check_due_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("integration", "0002_both_sides_agree")]

    operations = [migrations.RunPython(begin_clocks, migrations.RunPython.noop)]
