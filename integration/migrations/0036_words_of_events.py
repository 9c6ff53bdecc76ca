"""Events are only added. Erasing a buyer takes the buyer out of their words, and changes nothing
else of them: retention's own setting lets that through.
"""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION integration_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('booon.retention', true) = 'on' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        ELSIF to_jsonb(NEW) - 'sentence' = to_jsonb(OLD) - 'sentence' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'Events are never changed or deleted.' USING ERRCODE = 'restrict_violation';
END
$$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION integration_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('booon.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events are never changed or deleted.' USING ERRCODE = 'restrict_violation';
END
$$;
"""


def on_postgresql(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statements)

    return run


class Migration(migrations.Migration):
    dependencies = [("integration", "0035_buyers_kept")]

    operations = [migrations.RunPython(on_postgresql(GUARD), on_postgresql(BEFORE))]
