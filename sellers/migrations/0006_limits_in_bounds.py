"""Limits of before that no form would take now, so that the constraints hold for every row."""

from django.db import migrations


def bring_in(apps, schema_editor):
    sellers = apps.get_model("sellers", "Seller").objects
    sellers.filter(rate_per_second__gt=1000).update(rate_per_second=1000)
    sellers.filter(rate_per_second__lt=0.01).update(rate_per_second=0.01)
    sellers.filter(burst__gt=10_000).update(burst=10_000)
    sellers.filter(burst__lt=1).update(burst=1)
    sellers.filter(daily_quota__gt=10_000_000).update(daily_quota=10_000_000)
    sellers.filter(daily_quota__lt=1).update(daily_quota=1)


class Migration(migrations.Migration):
    dependencies = [("sellers", "0005_second_factor")]
    operations = [migrations.RunPython(bring_in, migrations.RunPython.noop)]
