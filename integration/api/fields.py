"""Values of the API: strict on the way in, one way of writing them on the way out."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from integration.easyecom.values import https_url
from integration.models import api_time

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
DIGITS = re.compile(r"[0-9]{1,20}")
AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,10})?")
YEARS = range(2000, 2101)
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        names = set(data) - set(self.fields) if isinstance(data, dict) else set()
        unknown: dict[str, Any] = {name: ["There is no such field."] for name in sorted(names)}
        try:
            known = super().to_internal_value(data)
        except ValidationError as problem:
            wrong: Any = problem.detail
            raise ValidationError(unknown | wrong) from None
        if unknown:
            raise ValidationError(unknown)
        return known


class TextField(serializers.CharField):
    """Words that people read, and that would pass for others if they turned the reading direction.

    What joins letters (U+200C, U+200D) is taken: Indian scripts need it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(must_keep_direction)


def must_keep_direction(words: str) -> None:
    found = TURNING.search(words)
    if found:
        raise ValidationError(f"It holds U+{ord(found[0]):04X}, which turns the reading direction.")


class MomentField(serializers.DateTimeField):
    """An aware time; out in UTC to the second."""

    def to_internal_value(self, value: Any) -> datetime:
        moment = read_moment(value)
        if moment is None:
            raise ValidationError(
                "Give date and time with their zone, such as 2026-11-23T10:15:00+05:30."
            )
        if moment.year not in YEARS:
            raise ValidationError(f"The year must be from {YEARS[0]} to {YEARS[-1]}.")
        return moment

    def to_representation(self, value: Any) -> Any:
        return api_time(value)


class QueryMomentField(MomentField):
    """An unescaped + in a query arrives as a space."""

    def to_internal_value(self, value: Any) -> datetime:
        return super().to_internal_value(re.sub(r" (?=[0-9]{2}:?[0-9]{2}\Z)", "+", value))


def read_moment(value: object) -> datetime | None:
    """The time in UTC; None unless it is one, with its zone."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
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
        return as_number(super().to_internal_value(data))

    def to_representation(self, value: Any) -> Any:
        return as_number(value)


def as_number(size: Decimal | int | float) -> int | float:
    return int(size) if size == int(size) else float(size)


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

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, allow_null=True, allow_blank=True, default="", **kwargs)
        self.validators.append(must_be_https)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None else data)

    def to_representation(self, value: Any) -> Any:
        return value or None


def must_be_https(link: str) -> None:
    if not https_url(link):
        raise ValidationError("Give a link that begins with https:// and holds no log-in.")


class TextOrNull(serializers.CharField):
    """What we know of the order; "" goes out as null."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        return value or None
