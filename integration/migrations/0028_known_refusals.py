"""What is known of refusals that an order can be mended after. Staff change these as they like."""

from django.db import migrations

KNOWN = [
    (
        "Tax Rate Not Set",
        "In EasyEcom the product of this line has no tax rate.",
        "The seller sets it in EasyEcom; then Retry.",
        False,
    ),
    (
        "Mandatory parameter missing",
        "EasyEcom needs something of this line, or of the product, that it does not have.",
        "Look at the line's SKU and price; the seller completes the product in EasyEcom.",
        False,
    ),
    (
        "Unable to find states",
        "EasyEcom does not list the state of the address under this name.",
        "Mend the state on the order's page, by the name that EasyEcom lists.",
        False,
    ),
]


def add(apps, schema_editor):
    known = apps.get_model("integration", "KnownError").objects
    for pattern, sentence, next_step, is_retryable in KNOWN:
        meaning = {"sentence": sentence, "next_step": next_step, "is_retryable": is_retryable}
        known.get_or_create(pattern=pattern, defaults=meaning)


class Migration(migrations.Migration):
    dependencies = [("integration", "0027_plain_text_and_levels")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
