"""What all views of the API share."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, ClassVar

from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from integration.api.errors import NOTHING_HERE
from integration.api.fields import NO_OBJECT
from integration.api.queries import NO_PARAMETER
from integration.api.rate import KeyRate, rate_headers
from integration.models import ApiKey, Area


class LengthRequired(APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Send the body with a Content-Length."


class ApiView(APIView):
    """Asks for an API key, and answers in JSON."""

    metadata_class = None
    throttle_classes = [KeyRate]
    # Which part of the API it belongs to; None: every key opens it.
    area: Area | None
    # Parameters of the address that a write takes; reads check their own.
    write_parameters: ClassVar[Collection[str]] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Of this one request: what its key has left.
        self.rate_headers: dict[str, str] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Such a body would be read as an empty one.
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        self.check_parameters(request)

    def perform_authentication(self, request: Request) -> None:
        """What comes next may refuse the call: then it does not count, and is told what is left."""
        super().perform_authentication(request)
        if isinstance(request.auth, ApiKey):
            self.rate_headers = rate_headers(request.auth)

    def check_parameters(self, request: Request) -> None:
        """A parameter that is passed over in silence would leave its sender believing in it."""
        wrong = {
            name: "Give it once."
            for name, values in request.query_params.lists()
            if len(values) > 1
        }
        # A method that there is not has an answer of its own.
        if request.method not in SAFE_METHODS and hasattr(self, str(request.method).lower()):
            unknown = set(request.query_params) - {*self.write_parameters, "format"}
            wrong |= dict.fromkeys(sorted(unknown), NO_PARAMETER)
        if wrong:
            raise ValidationError(wrong)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers hold buyers, stock, sellers: nobody on the way keeps a copy, errors included."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        for name, value in self.rate_headers.items():
            response[name] = value
        return response


class NothingHere(ApiView):
    """Answers in JSON, with DEBUG on too, where Django would show its own page. Without a key too:
    whoever mistyped the address reads that, and not that a key is missing."""

    area = None
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        with suppress(AuthenticationFailed):
            self.perform_authentication(request)
        raise NotFound(NOTHING_HERE)


def parse_body(body_class: type[Serializer[Any]], request: Request) -> Any:
    """The checked body. Raises ValidationError."""
    if request.data is None:
        raise ValidationError(NO_OBJECT)
    body = body_class(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data
