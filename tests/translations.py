"""`python -m tests.translations`: the sentences of a seller's link, and their Hindi, made one file.

Writes what the code and templates say into the `.po`, keeping what is translated, and compiles it
to the `.mo`: always the same bytes, without the GNU tools, which a newcomer may not have.
"""

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "integration" / "seller_link" / "locale" / "hi" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
TEMPLATES = sorted((ROOT / "templates" / "link").glob("*.html"))
MODULES = sorted((ROOT / "integration" / "seller_link").glob("*.py"))
CALLS = ("_", "gettext", "gettext_lazy", "ngettext")
STRING = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
IN_TEMPLATE = re.compile(rf"\b(?:_|gettext|ngettext)\({STRING}(?:,\s*{STRING})?")
HEADER = (
    "Language: hi\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)

# A sentence, and that of many where it counts; "" where it does not.
Message = tuple[str, str]


def messages() -> list[Message]:
    """Every sentence that is to be translated, in the order of the alphabet."""
    found = [*in_templates(), *in_modules()]
    return sorted(set(found))


def in_templates() -> Iterator[Message]:
    for path in TEMPLATES:
        for one, many in IN_TEMPLATE.findall(templatize(path.read_text())):
            yield ast.literal_eval(one), ast.literal_eval(many) if many else ""


def in_modules() -> Iterator[Message]:
    for path in MODULES:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in CALLS:
                texts = [str(ast.literal_eval(each)) for each in call.args[:2] if is_text(each)]
                yield texts[0], texts[1] if len(texts) > 1 else ""


def is_text(given: ast.expr) -> bool:
    return isinstance(given, ast.Constant) and isinstance(given.value, str)


def read() -> dict[Message, list[str]]:
    """The translations of the `.po`, by sentence."""
    found: dict[Message, list[str]] = {}
    for block in (PO.read_text() if PO.exists() else "").split("\n\n"):
        parts = {"msgid": "", "msgid_plural": "", "msgstr": "", "msgstr[0]": "", "msgstr[1]": ""}
        name = ""
        for line in block.splitlines():
            if line.startswith("msg"):
                name, _, line = line.partition(" ")
            if name and line.startswith('"'):
                parts[name] += ast.literal_eval(line)
        said = [parts[name] for name in ("msgstr", "msgstr[0]", "msgstr[1]") if parts[name]]
        if parts["msgid"]:
            found[parts["msgid"], parts["msgid_plural"]] = said
    return found


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(translations: dict[Message, list[str]]) -> str:
    """The `.po`."""
    blocks = ['msgid ""\nmsgstr ' + quoted(HEADER)]
    for (one, many), said in sorted(translations.items()):
        if many:
            first, second = (*said, "", "")[:2]
            blocks.append(
                f"msgid {quoted(one)}\nmsgid_plural {quoted(many)}\n"
                f"msgstr[0] {quoted(first)}\nmsgstr[1] {quoted(second)}"
            )
        else:
            blocks.append(f"msgid {quoted(one)}\nmsgstr {quoted((*said, '')[0])}")
    return "\n\n".join(blocks) + "\n"


def compiled(translations: dict[Message, list[str]]) -> bytes:
    """The `.mo`, as the manual of GNU gettext describes it: little-endian, without a hash table."""
    pairs = {b"": HEADER.encode()}
    for (one, many), said in translations.items():
        if said:
            key = "\0".join(filter(None, [one, many])).encode()
            pairs[key] = "\0".join(said).encode()
    keys = sorted(pairs)
    count, start = len(keys), 28
    place = start + count * 16
    tables, texts = [b"", b""], b""
    for table, column in enumerate([keys, [pairs[key] for key in keys]]):
        for text in column:
            tables[table] += struct.pack("<II", len(text), place + len(texts))
            texts += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, start, start + count * 8, 0, place)
    return head + tables[0] + tables[1] + texts


def main() -> None:
    known = read()
    now = {message: known.get(message, []) for message in messages()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    PO.write_text(written(now))
    MO.write_bytes(compiled(now))
    missing = [one for (one, _), said in now.items() if not said]
    sys.stdout.write("\n".join(["Not translated yet:", *missing] if missing else ["Done."]) + "\n")


if __name__ == "__main__":
    django.setup()
    main()
