"""Where a nextUrl leads (EasyEcom contract, common rules): verbatim, and never to another host."""

import re
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
# What may stand in a request target as it is; the opaque cursor is never re-encoded.
_TARGET = re.compile(r"/(?!/)[!-\"$-\[\]-~]{0,8000}")

_AFTER_HOST = re.compile(r"\A[^:/?#]*://[^/?#]*")


class ForeignPage(ValueError):
    """A nextUrl that must not be followed; `code` is a slug and `message` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def target_of(next_target: str, base_url: str) -> str:
    """Path and query of a nextUrl below `base_url`, character for character.

    A relative one is kept; an absolute one has to have the scheme, host and port of `base_url`.
    Raises ForeignPage for everything else.
    """
    target = next_target if next_target.startswith("/") else _reduced(next_target, base_url)
    if not _TARGET.fullmatch(target):
        raise ForeignPage("bad_next_page", "EasyEcom's link to the next page is not a usable path.")
    return target


def _reduced(next_target: str, base_url: str) -> str:
    base = base_url.rstrip("/")
    if _origin(next_target) != _origin(base) or "@" in _split(next_target).netloc:
        raise ForeignPage("foreign_host", "EasyEcom's link to the next page leads to another host.")
    path = _AFTER_HOST.sub("", next_target, count=1)
    prefix = _split(base).path
    if not path.startswith(prefix + "/"):
        raise ForeignPage("foreign_host", "EasyEcom's link to the next page leaves our base URL.")
    return path.removeprefix(prefix)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = _split(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if not parts.scheme or not parts.netloc:
        raise ForeignPage("bad_next_page", "EasyEcom's link to the next page is not a usable link.")
    return parts
