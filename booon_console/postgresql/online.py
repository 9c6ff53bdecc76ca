"""What migrations do to big tables without keeping anybody waiting; on SQLite the plain thing.

An index made concurrently needs `atomic = False` in its migration. A constraint is added unproved,
which new rows keep to at once, and proved by a migration of its own.
"""

from typing import Any

from django.contrib.postgres import operations
from django.db.migrations import AddConstraint, AddIndex


class AddIndexConcurrently(operations.AddIndexConcurrently):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        online = schema_editor.connection.vendor == "postgresql"
        kind = operations.AddIndexConcurrently if online else AddIndex
        kind.database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        online = schema_editor.connection.vendor == "postgresql"
        kind = operations.AddIndexConcurrently if online else AddIndex
        kind.database_backwards(self, app_label, schema_editor, *states)


class AddConstraintNotValid(operations.AddConstraintNotValid):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        online = schema_editor.connection.vendor == "postgresql"
        kind = operations.AddConstraintNotValid if online else AddConstraint
        kind.database_forwards(self, app_label, schema_editor, *states)


class ValidateConstraint(operations.ValidateConstraint):
    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)
