"""Text as people type and paste it, made plain: marks that nobody sees, digits of every script.

A phone number copied from a chat carries marks for the reading direction, a spreadsheet's cell a
blank that does not break. No eye tells such a text from the plain one, and EasyEcom takes it for
another. Terms and properties are Unicode's (UAX 15 and 44).
"""

import re
import unicodedata

# Default_Ignorable_Code_Point, and the marks of annotations. Not the two joiners among them, which
# the scripts of India need to write some syllables.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d"
_UNSEEN_MARKS = re.compile(f"[{_UNSEEN}]+")
_UNSEEN_OR_JOINING = re.compile(f"[{_UNSEEN}{_JOINERS}]+")
# White space and control characters of every kind, and the braille cell that has no dots.
_BLANK = re.compile("(?:[^\\S ]|[\x00-\x1f\x7f-\x9f\u2800])+")
# What stands in for a hyphen and is no dash to Unicode: signs for minus, bullets, long vowels.
_ALSO_DASHES = "\u2212\u2043\u02d7\u2796\u30fc\u2500"


def plain_words(text: str) -> str:
    """Words for people: in NFC, without marks that nobody sees, any blank as a space.

    What stands inside keeps its joiners, its digits and its dashes.
    """
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    seen = unicodedata.normalize("NFC", _BLANK.sub(" ", _UNSEEN_MARKS.sub("", text)))
    return seen.strip(f" {_JOINERS}")


def plain_code(text: str) -> str:
    """A code that machines compare, such as a SKU: as `plain_words`, without joiners too."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    seen = _BLANK.sub(" ", _UNSEEN_OR_JOINING.sub("", text))
    return unicodedata.normalize("NFC", seen).strip()


def plain_number(text: str) -> str:
    """A phone number or PIN in ASCII as far as it goes: digits of every script, dashes of every
    kind, full-width letters and signs."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    wide = _UNSEEN_OR_JOINING.sub("", unicodedata.normalize("NFKC", text))
    return _BLANK.sub(" ", "".join(map(_plain_sign, wide))).strip()


def _plain_sign(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "-" if category == "Pd" or character in _ALSO_DASHES else character
