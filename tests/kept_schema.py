"""The API's description as docs/openapi.yaml keeps it, beside the one that the code gives.

`check` fails where they differ. `write` keeps the code's; what breaks a caller it keeps only once
CHANGELOG.md names the operation under "### Breaking".
"""

import difflib
import re
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import django
import yaml
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "docs" / "openapi.yaml"
CHANGELOG = ROOT / "CHANGELOG.md"
BREAKING = re.compile(r"^### Breaking\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
METHODS = ("get", "put", "post", "patch", "delete")
# A bound that is tighter refuses what was taken: the sign says which way that is.
BOUNDS = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1}
BOUNDS |= {"minimum": 1, "minItems": 1}
SPECIFIC = ("type", "format")

Schema = dict[str, Any]


def breaks(old: Schema, new: Schema) -> Iterator[tuple[str, str]]:
    """What a caller of the old description may trip over: (operation id, sentence)."""
    for path, operations in old["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            was, now = operations[method], new["paths"].get(path, {}).get(method)
            name = was["operationId"]
            if now is None:
                yield name, f"{method.upper()} {path} is gone."
                continue
            for sentence in operation_breaks(Pair(old, new), was, now):
                yield name, sentence


class Pair:
    """Two descriptions, and how schemas of theirs compare, in bodies and in answers."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def sent(self, was: Schema, now: Schema, at: str) -> Iterator[str]:
        """What was taken and is refused now."""
        was, now = plain(self.old, was), plain(self.new, now)
        yield from other_kind(was, now, at)
        if was.get("nullable") and not now.get("nullable"):
            yield f"{at} may not be null any more."
        if now.get("enum") is not None and (gone := words(was) - words(now)):
            yield f"{at} does not take {', '.join(sorted(gone))} any more."
        if now.get("enum") is not None and was.get("enum") is None:
            yield f"{at} takes only some words now."
        if now.get("pattern") not in (None, was.get("pattern")):
            yield f"{at} is held to another pattern."
        for bound, sign in BOUNDS.items():
            if bound in now and (bound not in was or sign * (now[bound] - was[bound]) > 0):
                yield f"{at}: {bound} is tighter."
        fields, fields_now = was.get("properties", {}), now.get("properties", {})
        for name in sorted(set(now.get("required", [])) - set(was.get("required", []))):
            yield f"{at}.{name} is needed now."
        for name, inner in fields.items():
            if name in fields_now:
                yield from self.sent(inner, fields_now[name], f"{at}.{name}")
            else:
                yield f"{at}.{name} is refused now."
        if "items" in was and "items" in now:
            yield from self.sent(was["items"], now["items"], f"{at}[]")

    def answered(self, was: Schema, now: Schema, at: str) -> Iterator[str]:
        """What was there to be read and is not now. New fields and new words are no break."""
        was, now = plain(self.old, was), plain(self.new, now)
        yield from other_kind(was, now, at)
        if now.get("nullable") and not was.get("nullable"):
            yield f"{at} may be null now."
        fields_now = now.get("properties", {})
        for name, inner in was.get("properties", {}).items():
            if name not in fields_now:
                yield f"{at}.{name} is gone."
                continue
            if name in was.get("required", []) and name not in now.get("required", []):
                yield f"{at}.{name} may be left out now."
            yield from self.answered(inner, fields_now[name], f"{at}.{name}")
        if "items" in was and "items" in now:
            yield from self.answered(was["items"], now["items"], f"{at}[]")


def operation_breaks(pair: Pair, was: Schema, now: Schema) -> Iterator[str]:
    asked = {(each["in"], each["name"]): each for each in was.get("parameters", [])}
    asked_now = {(each["in"], each["name"]): each for each in now.get("parameters", [])}
    for key, parameter in asked_now.items():
        before = asked.get(key)
        if parameter.get("required") and not (before and before.get("required")):
            yield f"the parameter {key[1]} is needed now."
    for key, parameter in asked.items():
        if key in asked_now:
            at = f"the parameter {key[1]}"
            yield from pair.sent(parameter["schema"], asked_now[key]["schema"], at)
        else:
            yield f"the parameter {key[1]} is gone."
    body, body_now = content(was.get("requestBody")), content(now.get("requestBody"))
    if body is not None and body_now is not None:
        yield from pair.sent(body, body_now, "body")
    elif body is not body_now:
        yield "the body is gone." if body_now is None else "there is a body to send now."
    for status, answer in was["responses"].items():
        if status not in now["responses"]:
            yield f"the answer {status} is gone."
            continue
        shown, shown_now = content(answer), content(now["responses"][status])
        if shown is not None and shown_now is not None:
            yield from pair.answered(shown, shown_now, f"answer {status}")
        elif shown is not None:
            yield f"the answer {status} has no body any more."


def content(part: Schema | None) -> Schema | None:
    """The schema of a body or an answer."""
    media = (part or {}).get("content", {}).get("application/json")
    return None if media is None else media["schema"]


def plain(whole: Schema, schema: Schema) -> Schema:
    """Without references; `allOf` in one piece; the words of all that `oneOf` names."""
    if "$ref" in schema:
        return plain(whole, whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    parts = [plain(whole, part) for part in schema.get("allOf", [])]
    choices = [plain(whole, part) for part in schema.get("oneOf", [])]
    merged: Schema = {}
    for part in parts:
        merged |= part
    if choices:
        merged["enum"] = [word for choice in choices for word in choice.get("enum", [])]
        merged["type"] = choices[0].get("type")
    return merged | {name: value for name, value in schema.items() if name[-2:] != "Of"}


def words(schema: Schema) -> set[str]:
    return {str(word) for word in schema.get("enum") or []}


def other_kind(was: Schema, now: Schema, at: str) -> Iterator[str]:
    for name in SPECIFIC:
        if was.get(name) != now.get(name):
            yield f"{at}: its {name} was {was.get(name)} and is {now.get(name)}."


def current() -> str:
    """The description that the code gives, as YAML."""
    said = StringIO()
    call_command("spectacular", stdout=said)
    return said.getvalue()


def unannounced(old: str, new: str, changelog: str) -> list[str]:
    """The breaks whose operation no line under "### Breaking" names in backticks."""
    announced = "".join(BREAKING.findall(changelog))
    found = breaks(yaml.safe_load(old), yaml.safe_load(new)) if old else ()
    return [f"{name}: {text}" for name, text in found if f"`{name}`" not in announced]


def check(old: str, new: str, changelog: str) -> str:
    """What to say; "" where both are the same."""
    if old == new:
        return ""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "docs/openapi.yaml", "the code", lineterm="", n=2
    )
    told = [*lines, "", "The API's description is not the kept one any more."]
    if broken := unannounced(old, new, changelog):
        told += ["This breaks callers:", *(f"  {each}" for each in broken)]
        told += ["Name each operation under ### Breaking in CHANGELOG.md, or take it back."]
    return "\n".join([*told, "Announce it: run make openapi, and add a line to CHANGELOG.md."])


def write(old: str, new: str, changelog: str) -> str:
    """Keep the new one. What to say where it may not be kept yet, else ""."""
    if unannounced(old, new, changelog):
        return check(old, new, changelog)
    KEPT.write_text(new)
    return ""


if __name__ == "__main__":
    django.setup()
    act = {"check": check, "write": write}[sys.argv[1]]
    kept = KEPT.read_text() if KEPT.exists() else ""
    if refusal := act(kept, current(), CHANGELOG.read_text()):
        sys.exit(refusal)
