"""The frame around every EasyEcom answer: code, message, data (contract, common rules)."""

from dataclasses import dataclass

from integration.easyecom import strict_json
from integration.easyecom.redaction import without_tokens
from integration.easyecom.values import absent, object_in, shown

# Common rules, 2: these words in a message, or as the data, mean an empty result.
_NOTHING_FOUND = ("no data found", "unable to find", "no records found")
# Looked through for words that mean something; much less of it is kept.
_MESSAGE_READ = 5_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer that is a JSON object. `code` is as it came: a number, a string, or missing."""

    top: dict[str, object]
    code: object
    message: str
    data: object

    @property
    def number(self) -> int | None:
        """The code where it is a real integer: all that counts as evidence for a write."""
        return self.code if type(self.code) is int else None

    @property
    def loose_number(self) -> int | None:
        """The code where it is an integer, or a string of one: good enough for a read."""
        if isinstance(self.code, str) and self.code in ("200", "400", "401", "403", "404", "429"):
            return int(self.code)
        return self.number

    @property
    def found_nothing(self) -> bool:
        """Whether EasyEcom says, in its several ways, that there is nothing of the kind."""
        if isinstance(self.data, list | dict) and self.data:
            return False
        said = f"{self.message} {shown(self.data)}".casefold()
        return any(words in said for words in _NOTHING_FOUND)

    @property
    def record(self) -> dict[str, object]:
        """`data` as an object, also where it came as a list of one."""
        return object_in(self.data)


def opened(body: bytes) -> Envelope:
    """Read an answer's frame. Raises strict_json.Unreadable unless it is a JSON object."""
    top = strict_json.loads(body)
    if not isinstance(top, dict):
        raise strict_json.Unreadable("not_an_object", "The body is JSON, but not an object.")
    data = top.get("data")
    return Envelope(top, top.get("code"), _message(top, data), data)


def _message(top: dict[str, object], data: object) -> str:
    places = (top.get("message"), top.get("error"), object_in(data).get("Message"))
    words = next((place for place in places if isinstance(place, str) and not absent(place)), "")
    return without_tokens(shown(words, _MESSAGE_READ))
