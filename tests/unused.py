"""`python -m tests.unused`: code that nothing calls, by vulture; exit 1 where there is some.

What only Django, DRF or a template calls by its name is told from that by the lists below, and by
the templates themselves.
"""

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).parent.parent
SOURCES = ("booon_console", "sellers", "integration")
# Variables are mostly names that a framework reads.
TYPES = ("function", "class", "method", "property", "import", "unreachable_code")
# Classes and hooks that are named in settings, or called by the framework.
CALLED_BY_NAME = (
    *(
        "Command",
        "Meta",
        "add_arguments",
        "validate",
        "*Middleware",
        "*Config",
        "*Admin",
        "*Scheme",
        "*Extension",
        "HasApiKey",
        "AlwaysJSON",
        "Described",
    ),
    *("StrictJSONParser", "ConsoleAdminSite", "LogInBackend", "urlpatterns", "handler[0-9]*"),
    *("clean_*", "validate_*", "get_*", "has_*", "lookup_allowed", "save_model", "log_*"),
    *("formfield_for_*", "changelist_view", "change_view", "render_change_form", "do_*"),
    *("from_db_value", "value_from_object", "close_pool", "dequeue", "authenticate_header"),
    *("select_parser", "select_renderer", "perform_content_negotiation", "expected_parameters"),
    *("http_method_not_allowed", "lookups", "choices", "to_representation", "user_change_password"),
    *("register_all", "password_change", "end_of_inactive", "not_found", "application"),
    # Operations for migrations, which are not looked through.
    *("AddIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint", "database_*"),
    *("format_request", "handle_response", "collect", "allow_request", "add_headers", "map_*"),
    "_get_obj_does_not_exist_redirect",
)


def unused() -> list[str]:
    vulture = Vulture()
    vulture.scavenge([str(ROOT / source) for source in SOURCES], exclude=["*/migrations/*"])
    in_templates = words_of_templates()
    found = []
    for item in vulture.get_unused_code(min_confidence=60):
        by_name = any(fnmatch(item.name, pattern) for pattern in CALLED_BY_NAME)
        if item.typ in TYPES and not by_name and item.name not in in_templates:
            place = Path(item.filename).relative_to(ROOT)
            found.append(f"{place}:{item.first_lineno}: {item.typ} {item.name}")
    return found


def words_of_templates() -> set[str]:
    text = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    in_python = "".join(path.read_text() for path in (ROOT / "integration").rglob("*.py"))
    # The admin's columns and actions, flows' attributes and tasks are named in strings.
    return set(re.findall(r"\w+", text)) | set(re.findall(r'"(\w+)"', in_python))


if __name__ == "__main__":
    rows = unused()
    sys.stdout.write("\n".join(rows or ["Nothing is unused."]) + "\n")
    sys.exit(bool(rows))
