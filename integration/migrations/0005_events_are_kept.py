"""Events are only added. PostgreSQL refuses anything else, but for retention's own transaction."""

from django.db import migrations

GUARD = """
CREATE FUNCTION integration_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('booon.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events are never changed or deleted.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER integration_event_is_kept BEFORE UPDATE OR DELETE ON integration_event
FOR EACH ROW EXECUTE FUNCTION integration_event_is_kept();
"""
FREE = """
DROP TRIGGER integration_event_is_kept ON integration_event;
DROP FUNCTION integration_event_is_kept();
"""


def on_postgresql(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statements)

    return run


class Migration(migrations.Migration):
    dependencies = [("integration", "0004_roles")]

    operations = [migrations.RunPython(on_postgresql(GUARD), on_postgresql(FREE))]
