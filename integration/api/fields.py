"""Values of the API: strict on the way in, one way of writing them on the way out."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.validators import URLValidator
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField

from integration import easyecom
from integration.easyecom.gstin import gstin_of
from integration.easyecom.plain_text import plain_code
from integration.easyecom.values import https_url
from integration.models import api_time

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
DIGITS = re.compile(r"[0-9]{1,20}")
AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,10})?")
# What is finer than a millionth of a second is cut off.
TOO_FINE = re.compile(r"(?<=\.[0-9]{6})[0-9]+")
LONGEST_MOMENT = 64
# An order has no later first year of its own: one that is given late, taken over from another
# system or ordered long in advance may be years old, and EasyEcom names no bound. The zeros of
# computers and spreadsheets (1970, 1904, 1900) are refused.
YEARS = range(2000, 2101)
MOST_AHEAD = timedelta(days=1)
# Makes letters that follow read backwards; nothing that people paste brings it along.
OVERRIDE = "\u202e"
NO_OBJECT = "Give a JSON object here."
NO_LIST = "Give a JSON list here."
WHOLE_LINK = URLValidator(schemes=["https"], message="This is no whole link: is its host right?")
NO_LINK = "Give a link that begins with https:// and holds no log-in."


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name. A null is a field that is not there.

    All that is wrong is told at once: a field that is wrong keeps no other from being checked.
    """

    default_error_messages = {"invalid": NO_OBJECT, "null": NO_OBJECT}
    unknown = "There is no such field."

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        """What is wrong of fields together, by field. `read` lacks those that are wrong alone."""
        return {}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        names = sorted(set(data) - set(self.fields))
        unknown: dict[str, Any] = {name: [self.unknown] for name in names}
        data = without_nulls(data)
        try:
            read = super().to_internal_value(data)
        except ValidationError as problem:
            wrong: Any = problem.detail
            more = self.problems_of(self.readable_part(data, wrong))
            raise ValidationError(merged(unknown | wrong, more)) from None
        if unknown:
            raise ValidationError(merged(unknown, self.problems_of(read)))
        return read

    def readable_part(self, data: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for field in self._writable_fields:
            if field.field_name not in wrong:
                with suppress(SkipField):
                    value = field.run_validation(field.get_value(data))
                    self.set_value(read, field.source_attrs, value)
        return read

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong = self.problems_of(attrs)
        if wrong:
            raise ValidationError(wrong)
        return attrs


def merged(wrong: dict[Any, Any], more: dict[Any, Any]) -> dict[Any, Any]:
    """Both, one inside the other; where both speak of a field, what it has already."""
    both = dict(wrong)
    for name, detail in more.items():
        before = both.setdefault(name, detail)
        if isinstance(before, dict) and isinstance(detail, dict):
            both[name] = merged(before, detail)
    return both


def without_nulls(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if value is not None}


class TextField(serializers.CharField):
    """Words that people read, as they were typed. Refused is only what would make them pass for
    others by reading backwards."""

    default_error_messages = {"invalid": "Give it as text."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(must_keep_direction)


class CodeField(TextField):
    """A code that is compared: without marks that nobody sees, in NFC."""

    def to_internal_value(self, data: Any) -> str:
        typed = super().to_internal_value(data)
        must_keep_direction(typed)
        code = plain_code(typed)
        if not code and not self.allow_blank:
            self.fail("blank")
        return code


class GstinField(CodeField):
    """A GST number, in any letter case and with blanks; its check digit must be right."""

    def to_internal_value(self, data: Any) -> str:
        number = gstin_of(super().to_internal_value(data))
        if number is None:
            raise ValidationError("This is no GSTIN: its 15 letters and digits don't fit together.")
        return number


def must_keep_direction(words: str) -> None:
    if OVERRIDE in words:
        raise ValidationError("It holds U+202E, which turns the reading direction.")


class MomentField(serializers.DateTimeField):
    """An aware time; out in UTC to the second."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = parse_moment(value)
        if moment is None:
            raise ValidationError(
                "Give date and time with their zone, such as 2026-11-23T10:15:00+05:30."
            )
        if moment.year not in YEARS:
            raise ValidationError(f"The year must be from {YEARS[0]} to {YEARS[-1]}.")
        return moment

    def to_representation(self, value: Any) -> Any:
        return api_time(value)


class OrderedAtField(MomentField):
    """When the buyer ordered. Clocks differ, and who takes local time for UTC is hours ahead."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment > timezone.now() + MOST_AHEAD:
            raise ValidationError(
                "It lies more than a day ahead. Give the time at which the buyer ordered."
            )
        return moment


class QueryMomentField(MomentField):
    """An unescaped + in a query arrives as a space."""

    def to_internal_value(self, value: Any) -> datetime:
        return super().to_internal_value(re.sub(r" (?=[0-9]{2}:?[0-9]{2}\Z)", "+", value))


def parse_moment(value: object) -> datetime | None:
    """The time in UTC; None unless it is one, with its zone."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > LONGEST_MOMENT or not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(TOO_FINE.sub("", text.upper())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@extend_schema_field({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$", "example": "266.00"})
class MoneyField(serializers.DecimalField):
    """Rupees, as a number or a string of plain digits; out as a string with two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        sizes: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "min_value": Decimal(0)}
        super().__init__(**(sizes | kwargs))

    def to_internal_value(self, data: Any) -> Decimal:
        amount = super().to_internal_value(plain_number(data))
        # Without the sign that -0 has.
        return amount if amount else abs(amount)


def plain_number(data: object) -> int | Decimal:
    """Raises ValidationError unless it is a JSON number or a string of an ordinary amount."""
    if isinstance(data, str) and AMOUNT.fullmatch(data.strip()):
        return Decimal(data.strip())
    if isinstance(data, bool) or not isinstance(data, int | Decimal):
        raise ValidationError('Give an amount of 0 or more, such as 20 or "20.00".')
    return data


@extend_schema_field(OpenApiTypes.NUMBER)
class MeasureField(MoneyField):
    """A weight or length, kept and shown as a plain JSON number."""

    def to_internal_value(self, data: Any) -> Any:
        return easyecom.plain_number(super().to_internal_value(data))

    def to_representation(self, value: Any) -> Any:
        return easyecom.plain_number(value)


class WholeField(serializers.IntegerField):
    """A whole number, or a string of one in plain digits."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and DIGITS.fullmatch(data.strip()):
            return int(data)
        if isinstance(data, bool) or not isinstance(data, int | Decimal) or not is_whole(data):
            raise ValidationError("A whole number is needed.")
        return int(data)


class FlagField(serializers.BooleanField):
    """true or false, and no word or number for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise ValidationError("Give true or false.")
        return data


def is_whole(number: int | Decimal) -> bool:
    """Of a sane size too: 1e999999 as an int would take all memory."""
    return -(10**20) < number < 10**20 and number == int(number)


@extend_schema_field({"type": "string", "format": "uri", "maxLength": 1000})
class HttpsField(serializers.URLField):
    """A link; "" and null both mean none, and none goes out as null."""

    default_error_messages = {"invalid": NO_LINK}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, allow_null=True, allow_blank=True, default="", **kwargs)
        # One sentence for what is wrong, not two.
        self.validators = [each for each in self.validators if not isinstance(each, URLValidator)]
        self.validators.append(must_be_link)

    def to_internal_value(self, data: Any) -> str:
        return plain_code(super().to_internal_value(data))

    def to_representation(self, value: Any) -> Any:
        return value or None


def must_be_link(link: str) -> None:
    if not https_url(link):
        raise ValidationError(NO_LINK)
    WHOLE_LINK(link)


class TextOrNull(serializers.CharField):
    """What we know of the order; "" goes out as null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return value or None
