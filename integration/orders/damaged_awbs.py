"""What stands in the place of an AWB number and is none: a word for none, or what a spreadsheet
made of one."""

import re

from integration.easyecom.plain_text import plain_number

# What Excel and its like make of a long number, and what stands where there was none. Letters with
# digits alone may be a courier's own number, such as 12E5.
_DAMAGED = re.compile(
    r"""
    [+-]? [0-9]* [.,]? [0-9]+ \s* e \s* [+-] \s* [0-9]{1,3}  # 9.87655E+11, shown with an exponent
    | [0-9]+ [.,] [0-9]+ \s* e [0-9]{1,3}                    # 9.87655E11, as programs write it
    | [+-]? [0-9]+ [.,] 0*                                   # 8901.0, read as a decimal
    | [0-9]{1,3} (, [0-9]{2,3})+ ([.][0-9]*)?                # 98,76,55,000, with separators
    | [#]+ | [#] (n/a | null! | name[?] | num! | ref! | value! | div/0! | spill! | calc!)
    | nan | [+-]? inf(inity)?
    | [=+@] .* | ' .*                                        # ="8901", '8901
    """,
    re.VERBOSE | re.IGNORECASE,
)


# What people and programs write where there is no number yet.
_NONE = re.compile(
    r"""
    [-–—_.*?]+ | 0+ | x+ | n[./]? a[.]? | not \s* available | nil | null | none | undefined
    | tb[acd] | pending | awb
    """,
    re.VERBOSE | re.IGNORECASE,
)


def damage_of(awb_number: str) -> str:
    """A sentence where it stands for none, or looks like what a spreadsheet made of an AWB number;
    else ""."""
    if _NONE.fullmatch(plain_number(awb_number)):
        return "This stands for no AWB number. Give it once the courier has."
    if not _DAMAGED.fullmatch(plain_number(awb_number)):
        return ""
    return (
        "This looks like what Excel makes of a number, not like an AWB number. "
        "Format its column as text, and give the number as the courier wrote it."
    )
