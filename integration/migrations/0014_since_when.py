import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Case, F, OuterRef, Subquery, When
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """What is known of orders that were there before these columns."""
    Order = apps.get_model("integration", "Order")
    assigned = apps.get_model("integration", "ShipmentDetails").objects.filter(order=OuterRef("pk"))
    Order.objects.update(
        stage_since=Case(
            When(stage="awaiting_carrier", then=Coalesce("pushed_at", "updated_at")),
            When(
                stage="carrier_assigned",
                then=Coalesce(Subquery(assigned.values("assigned_at")[:1]), "updated_at"),
            ),
            When(stage="received", then=F("created_at")),
            default=F("updated_at"),
        )
    )
    Order.objects.exclude(blocked_reason="").update(blocked_since=F("updated_at"))


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0013_bulk_runs'),
        ('sellers', '0004_holds'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('pushed', 'Orders pushed'), ('assigned', 'AWBs assigned'), ('manifested', 'Manifested'), ('deliveries', 'Deliveries received')], max_length=16)),
                ('hour', models.DateTimeField()),
                ('count', models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='order',
            name='blocked_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='order',
            name='stage_since',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name='refusal',
            name='hour',
            field=models.DateTimeField(db_index=True),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('blocked_reason', ''), _negated=True), fields=['blocked_reason', 'blocked_since'], name='order_reason_since'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['stage', 'stage_since'], name='order_stage_since'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('pushed_at__isnull', False)), fields=['pushed_at'], name='order_pushed_when'),
        ),
        migrations.AddIndex(
            model_name='shipmentdetails',
            index=models.Index(condition=models.Q(('assigned_at__isnull', False)), fields=['assigned_at'], name='shipment_assigned_when'),
        ),
        migrations.AddField(
            model_name='tally',
            name='seller',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sellers.seller'),
        ),
        migrations.AddConstraint(
            model_name='tally',
            constraint=models.UniqueConstraint(fields=('hour', 'kind', 'seller'), name='one_tally_per_hour_kind_and_seller'),
        ),
        # Last: PostgreSQL alters no table whose rows this very transaction has changed.
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
