"""Names of countries and of India's states as EasyEcom is taken to list them.

EasyEcom takes a state by its name only, and refuses an order whose state is not on its list
(docs/easyecom-contract.md#5-create-order). The tables are data, in `data/`, with their sources.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from integration.easyecom.plain_text import plain_number

INDIA = "India"
_DATA = Path(__file__).parent / "data"
# Say nothing about which place it is.
_NOISE = {"state", "the", "of", "india", "ut", "union", "territory", "province", "republic"}
# What forms have where nothing was chosen. "NA" is Namibia's code too, which has its name and NAM.
_NONE = {"na", "nil", "none", "null", "notapplicable", "select", "selectcountry", "other", "others"}
_ACCENTS = re.compile("[\u0300-\u036f]")
_LONGEST_CODE = 3
_PIN = re.compile(r"[1-9][0-9]{5}")
_PIECE = re.compile(r"[0-9]+|[^0-9,/()\[\]|;:-]+")


def country_named(text: str) -> str:
    """The country's name; India where none is given, or one of its states is, or beside its name
    something that is no country's ("Pune, India"); the text itself where no name fits."""
    whole = _whole_key(text)
    if whole in _NONE:
        return INDIA
    if found := _countries().get(_key(text)):
        return found
    # A state's code may be anything else; its name is not.
    is_state = len(whole) > _LONGEST_CODE and bool(state_named(text))
    return INDIA if is_state or not _key(text) or _countries_in(text) == {INDIA} else text


def is_no_country(text: str) -> bool:
    """Whether no country is called so, nor a part of it. Only of Latin letters, digits and signs:
    how a country is called in each script of the world stands in no table of ours."""
    return not _countries().get(_key(text)) and not _countries_in(text) and _is_latin(text)


def state_named(text: str) -> str:
    """The name of a state or union territory of India; "" where nothing fits, or two do.

    By name, former name, usual spelling or code, also together: "27-Maharashtra", "Delhi (NCT)".
    """
    found = _states().get(_key(text)) or _states().get(_whole_key(text))
    if found:
        return found
    keys = [key for piece in _PIECE.findall(_folded(text)) if (key := _key(piece))]
    names = {_states().get(key, "") for key in keys}
    return names.pop() if len(names) == 1 else ""


def states_of_india() -> list[str]:
    """The names of its states and union territories, as EasyEcom is taken to list them."""
    return sorted(set(_states().values()))


def _countries_in(text: str) -> set[str]:
    """Those whose name is a part of the text, or a word of it that is no mere code."""
    keys = [_key(piece) for piece in _PIECE.findall(_folded(text))]
    keys += [word for word in _words(text) if len(word) > _LONGEST_CODE]
    return {_countries()[key] for key in keys if key in _countries()}


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(each, "").startswith("LATIN") for each in text if each.isalpha())


@cache
def _states() -> dict[str, str]:
    known: dict[str, str] = {}
    for row in _rows("states_of_india.csv"):
        codes = row["iso"].split("|")
        spellings = [row["name"], *row["also"].split("|"), *(f"IN-{code}" for code in codes)]
        known |= {_key(spelling): row["name"] for spelling in spellings}
        # "UT" is a code, and a word for a union territory.
        codes += row["gst"].split("|")
        # A spreadsheet drops the 0 of 07.
        codes += [code.lstrip("0") for code in row["gst"].split("|")]
        known |= {_whole_key(code): row["name"] for code in codes}
    return known


@cache
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for row in _rows("countries.csv"):
        spellings = [row["name"], *row["iso"].split("|"), *row["also"].split("|")]
        known |= {key: row["name"] for spelling in spellings if (key := _key(spelling))}
    return known


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(line for line in lines if not line.startswith("#"))


def _key(text: str) -> str:
    """What spellings of one name have in common. Words that say nothing count where they are all
    there is."""
    words = [word for word in _words(text) if not _PIN.fullmatch(word)]
    return "".join(word for word in words if word not in _NOISE) or "".join(words)


def _whole_key(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    """Runs of letters, digits and their marks."""
    letters = (each if unicodedata.category(each)[0] in "LMN" else " " for each in _folded(text))
    return "".join(letters).split()


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", plain_number(text).casefold().replace("&", " and "))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))
