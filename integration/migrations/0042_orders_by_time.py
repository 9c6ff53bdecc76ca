from django.db import migrations, models

from booon_console.postgresql.online import AddIndexConcurrently


class Migration(migrations.Migration):
    """The index is built while the console runs."""

    atomic = False

    dependencies = [("integration", "0041_set_aside")]

    operations = [
        AddIndexConcurrently("order", models.Index(fields=["created_at"], name="order_created")),
    ]
