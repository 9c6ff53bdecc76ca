"""What all views of the API share."""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from integration.api.errors import NOTHING_HERE


class LengthRequired(APIException):
    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = "Send the body with a Content-Length."


class ApiView(APIView):
    """Asks for an API key, and answers in JSON."""

    metadata_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Such a body would be read as an empty one.
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired


class NothingHere(APIView):
    """Answers in JSON, with DEBUG on too, where Django would show its own page."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(NOTHING_HERE)


def read(body_class: type[Serializer[Any]], request: Request) -> Any:
    """The checked body. Raises ValidationError."""
    body = body_class(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data
