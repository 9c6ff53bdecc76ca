"""What breaks a caller of the API is told from what does not, and has to be announced."""

import copy

import pytest
import yaml

from tests import kept_schema

OLD = {
    "paths": {
        "/things/": {
            "put": {
                "operationId": "put_thing",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 500}}
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Body"}}
                    }
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}
                        }
                    },
                    "409": {"description": "Too late."},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Body": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 10, "nullable": True},
                    "mode": {"oneOf": [{"$ref": "#/components/schemas/Mode"}, {"enum": [""]}]},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                },
                "required": ["name"],
            },
            "Line": {"type": "object", "properties": {"sku": {"type": "string"}}},
            "Mode": {"type": "string", "enum": ["cod", "prepaid"]},
            "Answer": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "rows": {"type": "array", "items": {}}},
                "required": ["id"],
            },
        }
    },
}
BODY = "components.schemas.Body"
PUT = "paths./things/.put"
GONE = object()


def changed(path, value):
    new = copy.deepcopy(OLD)
    *parents, last = path.split(".")
    place = new
    for part in parents:
        place = place[part]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return new


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("paths./things/", GONE, "PUT /things/ is gone."),
        (f"{PUT}.parameters", [], "the parameter limit is gone."),
        (
            f"{PUT}.parameters",
            [*OLD["paths"]["/things/"]["put"]["parameters"]]
            + [{"in": "query", "name": "why", "required": True, "schema": {}}],
            "the parameter why is needed now.",
        ),
        (f"{PUT}.requestBody", GONE, "the body is gone."),
        (f"{PUT}.responses.409", GONE, "the answer 409 is gone."),
        (f"{BODY}.required", ["name", "mode"], "body.mode is needed now."),
        (f"{BODY}.properties.lines", GONE, "body.lines is refused now."),
        (f"{BODY}.properties.name.maxLength", 9, "body.name: maxLength is tighter."),
        (f"{BODY}.properties.name.minLength", 1, "body.name: minLength is tighter."),
        (f"{BODY}.properties.lines.minItems", 1, "body.lines: minItems is tighter."),
        (f"{BODY}.properties.lines.maxItems", 9, "body.lines: maxItems is tighter."),
        (f"{BODY}.properties.name.nullable", False, "body.name may not be null any more."),
        (f"{BODY}.properties.name.pattern", "^x", "body.name is held to another pattern."),
        (f"{BODY}.properties.name.enum", ["x"], "body.name takes only some words now."),
        ("components.schemas.Mode.enum", ["cod"], "body.mode does not take prepaid any more."),
        (
            "components.schemas.Line.properties.sku.type",
            "integer",
            "body.lines[].sku: its type was string and is integer.",
        ),
        ("components.schemas.Answer.properties.id", GONE, "answer 200.id is gone."),
        ("components.schemas.Answer.required", [], "answer 200.id may be left out now."),
        (
            "components.schemas.Answer.properties.id.nullable",
            True,
            "answer 200.id may be null now.",
        ),
    ],
)
def test_what_breaks_a_caller_is_named(path, value, sentence):
    assert list(kept_schema.breaks(OLD, changed(path, value))) == [("put_thing", sentence)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("paths./others/", {"get": {}}),
        (f"{PUT}.description", "In other words."),
        (f"{PUT}.responses.503", {}),
        (f"{BODY}.required", []),
        (f"{BODY}.properties.more", {"type": "string"}),
        (f"{BODY}.properties.name.maxLength", 11),
        ("components.schemas.Mode.enum", ["cod", "prepaid", "later"]),
        ("components.schemas.Answer.properties.more", {"type": "string"}),
        ("components.schemas.Answer.required", ["id", "rows"]),
    ],
)
def test_what_is_added_breaks_nobody(path, value):
    assert list(kept_schema.breaks(OLD, changed(path, value))) == []


def test_a_break_is_kept_only_once_the_changelog_names_its_operation(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_schema, "KEPT", tmp_path / "openapi.yaml")
    old, new = yaml.safe_dump(OLD), yaml.safe_dump(changed(f"{PUT}.responses.409", GONE))
    elsewhere = "### Added\n- `put_thing` is better.\n"
    announced = "### Breaking\n- `put_thing`: never too late.\n\n### Added\n"

    refusal = kept_schema.write(old, new, elsewhere)

    assert "put_thing: the answer 409 is gone." in refusal
    assert "Name each operation under ### Breaking in CHANGELOG.md" in refusal
    assert not kept_schema.KEPT.exists()
    assert kept_schema.write(old, new, announced) == ""
    assert kept_schema.KEPT.read_text() == new


def test_what_differs_is_shown_with_what_to_do_about_it():
    old, new = yaml.safe_dump(OLD), yaml.safe_dump(changed(f"{PUT}.description", "It was not."))

    said = kept_schema.check(old, new, "")

    assert "+      description: It was not." in said
    assert said.endswith("run make openapi, and add a line to CHANGELOG.md.")
    assert "breaks" not in said
    assert kept_schema.check(old, old, "") == ""
