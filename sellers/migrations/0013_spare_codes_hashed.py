from django.contrib.auth.hashers import make_password
from django.db import migrations


def hash_spare_codes(apps, schema_editor):
    """Their bare digests are hashed once more, so that the codes on people's paper go on."""
    factors = apps.get_model("sellers", "SecondFactor").objects
    factors.filter(confirmed_at=None).delete()
    for factor in factors.all():
        factor.spare_hashes = {
            str(number): make_password(digest) for number, digest in enumerate(factor.spare_digests)
        }
        factor.save(update_fields=["spare_hashes"])


class Migration(migrations.Migration):

    dependencies = [
        ('sellers', '0012_spare_codes'),
    ]

    operations = [
        migrations.RunPython(hash_spare_codes, migrations.RunPython.noop),
    ]
