"""A location that Get Location does not list goes live all the same: those that waited for a person
are looked at again."""

from django.db import migrations
from django.utils import timezone

REASON = "location_not_found"


def go_on(apps, schema_editor):
    stopped = apps.get_model("integration", "SyncJob").objects.filter(
        kind="location", status="failed", error_code=REASON
    )
    stopped.update(status="pending", due_at=timezone.now(), error_code="", error_message="")
    waiting = apps.get_model("sellers", "Location").objects.filter(blocked_reason=REASON)
    waiting.update(blocked_reason="onboarding", blocked_detail="")


class Migration(migrations.Migration):
    dependencies = [
        ("integration", "0032_one_order_per_parcel"),
        ("sellers", "0009_unlisted_locations"),
    ]
    operations = [migrations.RunPython(go_on, migrations.RunPython.noop)]
