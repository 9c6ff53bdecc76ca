"""What EasyEcom forbids is a reason of its own; webhook tokens are held while they are pasted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import booon_console.fields


class Migration(migrations.Migration):

    dependencies = [
        ('integration', '0036_words_of_events'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='order',
            name='blocked_reason',
            field=models.CharField(blank=True, choices=[('location_not_live', 'Its location is not live yet. The order goes out as soon as it is.'), ('carrier_not_registered', "Booon's carrier is not registered at its location, or that is in doubt."), ('credentials_refused', "EasyEcom refuses the seller's log-in. The order goes out once it is corrected."), ('access_forbidden', 'EasyEcom does not let this API user do that.'), ('secret_unreadable', "The console can't read what it needs to log in for the seller."), ('unreachable', 'EasyEcom could not be reached. The next try comes by itself.'), ('rate_limited', "EasyEcom's rate limit is reached. It goes on by itself."), ('quota_spent', 'EasyEcom takes no more calls for this seller today. The order goes out by itself.'), ('held', 'Held on purpose: it goes out once the hold is released.'), ('in_doubt', 'EasyEcom may have it. The console looks before it sends anything again.'), ('not_found', 'EasyEcom may have it, but no look-up shows it. A person must look in Failed Orders.'), ('rejected', 'EasyEcom refused the order.'), ('number_taken', 'EasyEcom says that this order number exists, but shows no such order.'), ('conflict', 'EasyEcom holds a different order under this number.'), ('cancelled_at_easyecom', 'EasyEcom has it, cancelled. Nothing is sent about it any more.'), ('awb_rejected', 'EasyEcom refused the shipment details.'), ('awb_conflict', 'EasyEcom holds another AWB for this order.'), ('awb_late', 'Booon has not given its carrier and AWB in time.'), ('not_manifested', 'It has its carrier, and EasyEcom has not told of its manifest in time.')], db_index=True, default='', max_length=32),
        ),
        migrations.CreateModel(
            name='HeldToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', booon_console.fields.EncryptedTextField()),
                ('until', models.DateTimeField(db_index=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='integration.webhookendpoint')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'user'), name='one_held_token_of_each')],
            },
        ),
    ]
