"""What one call to EasyEcom is evidence of: each class answers "did it happen?"."""

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeAlias, TypeVar

from integration.easyecom.replies import Reply

ReplyT_co = TypeVar("ReplyT_co", bound=Reply, covariant=True)


@dataclass(frozen=True, slots=True)
class Done(Generic[ReplyT_co]):
    """It happened, and EasyEcom's own answer proves it."""

    code: ClassVar[str] = "done"
    reply: ReplyT_co

    @property
    def sentence(self) -> str:
        return self.reply.sentence


@dataclass(frozen=True, slots=True)
class NotSent:
    """It did not happen: not one byte of the request left this machine. Safe to send again."""

    code: ClassVar[str] = "not_sent"
    reason: str

    @property
    def sentence(self) -> str:
        return f"EasyEcom could not be reached, and nothing was sent: {self.reason}."


@dataclass(frozen=True, slots=True)
class RateLimited:
    """It did not happen: EasyEcom wants us to wait.

    `retry_after` is in seconds, 1 to 900, or None where EasyEcom did not say. `cool_down` marks a
    403 on the log-in, asked for again within about a minute
    (docs/easyecom-contract.md#log-in-cool-down). `of_the_day` says that the day's calls are used:
    docs/easyecom-contract.md#rate-limits.
    """

    retry_after: float | None = None
    cool_down: bool = False
    of_the_day: bool = False

    @property
    def code(self) -> str:
        return "log_in_cool_down" if self.cool_down else "rate_limited"

    @property
    def sentence(self) -> str:
        if self.cool_down:
            return "EasyEcom gives a location one log-in a minute; the next one has to wait."
        if self.of_the_day:
            return "EasyEcom says that the day's calls are used; this one has to wait."
        return "EasyEcom is limiting our calls; this one has to wait."


@dataclass(frozen=True, slots=True)
class AuthRefused:
    """It did not happen: EasyEcom does not accept our credentials.

    `status` is 401 or 403, whatever HTTP status carried it. `renewable` says that a fresh log-in
    may help: a 401 on any call but the log-in itself.
    """

    status: int
    message: str = ""
    renewable: bool = False

    @property
    def code(self) -> str:
        if self.renewable:
            return "token_refused"
        return "access_forbidden" if self.status == 403 else "credentials_refused"

    @property
    def sentence(self) -> str:
        if self.renewable:
            return _with_words("EasyEcom no longer accepts our token for this location", self)
        if self.status == 403:
            return _with_words("EasyEcom does not let this API user do that", self)
        return _with_words("EasyEcom does not accept the user name, password or key", self)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What EasyEcom says of one line as it refuses an order.

    docs/easyecom-contract.md#refusals-per-line
    `line_id` and `sku` as EasyEcom repeats them; either may be empty.
    """

    line_id: str
    sku: str
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """EasyEcom said no, in `message`. For Create Order even that needs one look-up:
    docs/easyecom-contract.md#refused-and-created-all-the-same.

    `lines` has what it said of single lines; `message` names them too.
    """

    code: ClassVar[str] = "rejected"
    message: str = ""
    lines: tuple[LineProblem, ...] = ()

    @property
    def sentence(self) -> str:
        return _with_words("EasyEcom refused it", self)


@dataclass(frozen=True, slots=True)
class AlreadyExists:
    """An order of that number is there already, ours or not; its ids are not in the answer."""

    code: ClassVar[str] = "already_exists"
    message: str = ""

    @property
    def sentence(self) -> str:
        return _with_words("EasyEcom already has an order with this number", self)


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """It may have happened. Look before doing anything again.

    `reason` never holds headers, queries or an exception's own text: those may carry a token.
    `is_answered` says that EasyEcom did answer, with what can't be understood: asked again it would
    most likely say the same.
    """

    code: ClassVar[str] = "outcome_unknown"
    reason: str
    is_answered: bool = False

    @property
    def sentence(self) -> str:
        return f"It is not known whether EasyEcom did it: {self.reason}."


Outcome: TypeAlias = (
    Done[Reply] | NotSent | RateLimited | AuthRefused | Rejected | AlreadyExists | OutcomeUnknown
)


def _with_words(claim: str, outcome: AuthRefused | Rejected | AlreadyExists) -> str:
    if not outcome.message:
        return f"{claim}."
    return f"{claim}. Its words: {outcome.message}"
