"""What the OpenAPI description says beside the bodies: titles, examples, the key, the path, the
errors."""

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.serializers import ListSerializer

from integration.api import examples
from integration.api.answers import ErrorsAnswer
from integration.api.authentication import ApiKeyAuthentication
from sellers.models import CODE

MEANINGS = {
    400: "What was sent is not right; each error names its field.",
    401: "No API key, or one that is unknown or revoked.",
    403: "The API key is not for that.",
    404: "There is no such seller, order or listing.",
    409: "It is too late for that; the message says why.",
    413: "The body is larger than 2 MB.",
    429: "The API key has made its calls of this minute; go on after `Retry-After` seconds.",
    503: "The database is away. Try again.",
}


# 400 is a parameter of the address that there is not, or that is given twice.
OF_ALL = (400, 401, 403, 429, 503)

RATE_HEADERS = {
    "RateLimit-Limit": "Calls a minute that the API key may make. No `RateLimit-` header is there "
    "where the key has no limit, or where the database was away before the key was read.",
    "RateLimit-Remaining": "At least so many are left of this minute.",
    "RateLimit-Reset": "Seconds until the minute is over.",
}
RETRY_AFTER = {"Retry-After": "Seconds after which to try again."}


class Described(AutoSchema):
    """Every operation has a title; its examples are those of `examples.py`."""

    def get_summary(self) -> str | None:
        return examples.TITLES[self.get_operation_id()]

    def get_examples(self) -> list[OpenApiExample]:
        return examples.examples_of(self.get_operation_id())


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "A key that staff made under *API keys*, or `manage.py create_api_key`. "
                "It is shown once, as it is made."
            ),
        }


class BoundedListExtension(OpenApiSerializerFieldExtension):
    """How many a list may have, which drf-spectacular says of simple fields only."""

    target_class = ListSerializer
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        rows = self.target
        schema: dict[str, Any] = auto_schema._map_serializer_field(
            rows, direction, bypass_extensions=True
        )
        least = rows.min_length or (0 if rows.allow_empty else 1)
        bounds = {"minItems": least or None, "maxItems": rows.max_length}
        return schema | {name: bound for name, bound in bounds.items() if bound is not None}


def add_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook: what every answer to a key has beside its body."""
    result["components"]["headers"] = {
        name: {"description": description, "schema": {"type": "integer"}}
        for name, description in (RATE_HEADERS | RETRY_AFTER).items()
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                names = headers_of(status)
                if names:
                    response["headers"] = {
                        name: {"$ref": f"#/components/headers/{name}"} for name in names
                    }
    return result


def headers_of(status: str) -> list[str]:
    again = list(RETRY_AFTER) if status in ("429", "503") else []
    return [*(RATE_HEADERS if status != "401" else ()), *again]


def failures(*codes: int) -> dict[int, OpenApiResponse]:
    """The errors that an operation may answer, besides those that all may."""
    return {code: OpenApiResponse(ErrorsAnswer, MEANINGS[code]) for code in (*codes, *OF_ALL)}


def in_path(name: str, description: str, example: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": f"^{CODE}$", "example": example},
        OpenApiParameter.PATH,
        description=description,
    )
