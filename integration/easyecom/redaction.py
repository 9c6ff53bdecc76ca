"""What a log or an api-call record may show of a request or an answer."""

import json
import re
from collections.abc import Callable
from decimal import Decimal

from integration.easyecom import strict_json

HIDDEN = "[hidden]"
FAILED = "[could not be shown]"
_CUT = " [cut]"
# Beyond this a body is not worth parsing for a log; its beginning is masked as plain text.
_PARSED_UP_TO = 262_144

# Keys are compared in small letters, without spaces and punctuation.
_SECRET = re.compile(r"password|passwd|token|secret|authoriz|apikey|credential|jwt|cookie|^auth$")
_PERSONAL = re.compile(
    r"phone|mobile|contact|email|address|customer|buyer|billing|^shipping$|latitude|longitude"
    r"|pincode|postalcode|zipcode|^zip$|gst|taxidentification"
    r"|^(shipping|first|last|full|user|)name$"
    # Links to labels, invoices and uploads, which carry the whole address.
    r"|label(url|link|)$|^documents$|invoice(url|link)$|^easyecominvoice$|^uploadfile$"
)
# Under these keys ten digits are an id and not a telephone number.
_NAMES_A_THING = re.compile(r"id$|number|num$|no$|sku|awb|ean|upc|code|reference|cursor|nexturl")

_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*")
_BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',]{6,}", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}")
_PHONE = re.compile(r"(?<![\w.-])(?:\+?91[ -]?|0)?[6-9][0-9]{4}[ -]?[0-9]{5}(?![\w-])")
_QUERY = re.compile(r"(https?://[^\s\"'<>?#]{1,2000})[?#][^\s\"'<>]*", re.IGNORECASE)
_USERINFO = re.compile(r"(https?://)[^\s/\"'<>@]{1,200}@", re.IGNORECASE)
_QUOTED_PAIR = re.compile(r'"([^"\\]{1,64})"(\s{0,8}:\s{0,8})("(?:[^"\\]++|\\.)*+"?|[^\s,{}\[\]]+)')
_PLAIN_PAIR = re.compile(
    r"\b([A-Za-z_-]{1,40})(\s{0,2}[=:]\s{0,2})((?:bearer |basic |token )?[^\s&,;\"'<>]+)",
    re.IGNORECASE,
)


def redacted(body: bytes | dict[str, object], limit: int = 4096) -> str:
    """The body as text of at most `limit` characters, without secrets and personal data.

    JSON is masked by key and by pattern, anything else by pattern. Ids, SKUs, order numbers, codes
    and messages stay readable; links lose their query, which may be signed. Never raises.
    """
    try:
        return _clipped(_render(body, limit), limit)
    except Exception:  # A log line is never worth the call that it tells of.
        return FAILED[:limit]


def without_tokens(words: str) -> str:
    """Plain words with what looks like a JWT or an Authorization value masked."""
    return _BEARER.sub(HIDDEN, _JWT.sub(HIDDEN, words))


def _render(body: bytes | dict[str, object], limit: int) -> str:
    if isinstance(body, dict):
        return _as_json(body)
    try:
        if len(body) <= _PARSED_UP_TO:
            return _as_json(strict_json.loads(body))
    except strict_json.Unreadable:
        pass
    return _masked_text(body[: 4 * limit].decode("utf-8", "replace"))


def _as_json(value: object) -> str:
    return json.dumps(_masked(value, ""), ensure_ascii=False, default=_written)


def _written(value: object) -> object:
    """A fraction as the number it was; anything else that JSON does not have as text."""
    is_plain = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 15
    return float(str(value)) if is_plain else str(value)


def _masked(value: object, key: str) -> object:
    if _is_sensitive(key) and value not in (None, "", [], {}):
        return HIDDEN
    if isinstance(value, dict):
        return {_masked_key(name): _masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, key) for item in value]
    return _masked_words(value, key) if isinstance(value, str) else value


def _masked_key(name: object) -> str:
    return _without_patterns(str(name), keep_digits=True)


def _is_sensitive(key: str) -> bool:
    word = _plain(key)
    return bool(_SECRET.search(word) or _PERSONAL.search(word))


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.casefold())


def _masked_words(words: str, key: str) -> str:
    return _without_patterns(words, keep_digits=bool(_NAMES_A_THING.search(_plain(key))))


def _without_patterns(words: str, *, keep_digits: bool) -> str:
    words = _EMAIL.sub(HIDDEN, _USERINFO.sub(r"\1", _QUERY.sub(r"\1", without_tokens(words))))
    return words if keep_digits else _PHONE.sub(HIDDEN, words)


def _masked_text(words: str) -> str:
    words = _PLAIN_PAIR.sub(_pair_masker(HIDDEN, quote=""), words)
    words = _QUOTED_PAIR.sub(_pair_masker(f'"{HIDDEN}"', quote='"'), words)
    return _without_patterns(words, keep_digits=False)


def _pair_masker(mask: str, quote: str) -> Callable[[re.Match[str]], str]:
    def masked(pair: re.Match[str]) -> str:
        key, between, _ = pair.groups()
        return f"{quote}{key}{quote}{between}{mask}" if _is_sensitive(key) else pair.group()

    return masked


def _clipped(words: str, limit: int) -> str:
    words = words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return words if len(words) <= limit else words[: max(limit - len(_CUT), 0)] + _CUT[:limit]
