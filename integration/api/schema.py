"""What the OpenAPI description says beside the bodies: titles, examples, the key, the path, the
errors."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

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
            "description": "A key made with `manage.py create_api_key`.",
        }


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
