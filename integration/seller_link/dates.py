"""A moment as a seller reads it: 5 December 2026, 10:38 IST.

The months' names are ours: Django's Hindi misspells three of them ("दिसमबर").
"""

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

MONTHS = (
    gettext_lazy("January"),
    gettext_lazy("February"),
    gettext_lazy("March"),
    gettext_lazy("April"),
    gettext_lazy("May"),
    gettext_lazy("June"),
    gettext_lazy("July"),
    gettext_lazy("August"),
    gettext_lazy("September"),
    gettext_lazy("October"),
    gettext_lazy("November"),
    gettext_lazy("December"),
)


def moment_of(moment: datetime) -> str:
    """In India's time, in the language that is spoken now."""
    local = localtime(moment)
    return f"{local.day} {MONTHS[local.month - 1]} {local:%Y, %H:%M} IST"
