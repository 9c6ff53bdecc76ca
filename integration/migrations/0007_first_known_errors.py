"""What is known of EasyEcom's refusals from the beginning. Staff change these as they like."""

from django.db import migrations

KNOWN = [
    (
        "already exists within the Company",
        "EasyEcom has an order of this number already, in this or another location of the seller.",
        "Look the number up in EasyEcom. Never send the order under another number.",
        False,
    ),
    (
        "product/sku do",
        "EasyEcom has no product of one of the order's SKUs.",
        "See Unmapped SKUs; the seller makes the product in EasyEcom, then retry.",
        False,
    ),
    (
        "Invalid user credentials",
        "EasyEcom does not know this user name and password.",
        "Ask the seller for the API user's password, and save it on the seller's page.",
        False,
    ),
    (
        "Invalid location key",
        "EasyEcom does not know this location key for this user.",
        "Compare the key with EasyEcom's list of locations; an account token is no location key.",
        False,
    ),
]


def add(apps, schema_editor):
    known = apps.get_model("integration", "KnownError").objects
    for pattern, sentence, next_step, is_retryable in KNOWN:
        meaning = {"sentence": sentence, "next_step": next_step, "is_retryable": is_retryable}
        known.get_or_create(pattern=pattern, defaults=meaning)


class Migration(migrations.Migration):
    dependencies = [("integration", "0006_error_dictionary")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
