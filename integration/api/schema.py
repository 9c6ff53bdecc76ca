"""What the OpenAPI description says beside the bodies: the key, the path, the errors."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from integration.api.answers import ErrorsAnswer
from integration.api.authentication import ApiKeyAuthentication
from sellers.models import CODE

MEANINGS = {
    400: "What was sent is not right; each error names its field.",
    401: "No API key, or one that is unknown or revoked.",
    404: "There is no such seller, order or listing.",
    409: "It is too late for that; the message says why.",
    413: "The body is larger than 2 MB.",
    503: "The database is away. Try again.",
}


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
    return {code: OpenApiResponse(ErrorsAnswer, MEANINGS[code]) for code in (*codes, 401, 503)}


def in_path(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": f"^{CODE}$"},
        OpenApiParameter.PATH,
        description=description,
    )
