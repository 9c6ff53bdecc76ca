from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integration", "0031_parcels")]
    operations = [
        migrations.AddConstraint(
            model_name='shipmentdetails',
            constraint=models.UniqueConstraint(condition=models.Q(('is_passed_on', False), models.Q(('parcel', ''), _negated=True)), fields=('parcel',), name='one_order_per_parcel'),
        ),
    ]
