"""Bodies in and out are JSON, whatever the headers say."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from integration.easyecom import strict_json


class StrictJSONParser(JSONParser):
    """UTF-8 JSON, numbers as int or Decimal. Everything ambiguous is a 400, and so is a name of a
    field that can't be stored; of a text that can't, its field says so.

    A JSONParser, because DRF keeps Django's size limit only for those.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return strict_json.loads(stream.read(), storable_keys=True)
        except strict_json.Unreadable as problem:
            raise ParseError(problem.message) from None


class AlwaysJSON(BaseContentNegotiation):
    """Takes the view's first parser and renderer: no 406, no 415, no `?format=`."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
