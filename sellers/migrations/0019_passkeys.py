import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import booon_console.fields


class Migration(migrations.Migration):

    dependencies = [
        ('sellers', '0018_contacts'),
    ]

    operations = [
        migrations.AddField(
            model_name='secondfactor',
            name='has_app',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('credential_id', models.CharField(max_length=1364)),
                ('public_key', booon_console.fields.EncryptedTextField()),
                ('rp_id', models.CharField(max_length=253)),
                ('transports', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('sign_count', models.BigIntegerField(db_default=0, default=0)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('factor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to='sellers.secondfactor')),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('credential_id',), name='passkey_is_one_persons')],
            },
        ),
    ]
