"""The outbox in shards; `migrate` puts as many rows there as OUTBOX_SHARDS says."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0033_unlisted_locations")]
    operations = [
        migrations.CreateModel(
            name="Shard",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("running_until", models.DateTimeField(blank=True, null=True)),
                (
                    "running_in",
                    models.CharField(blank=True, db_default="", default="", max_length=64),
                ),
            ],
            options={"ordering": ["number"]},
        ),
    ]
