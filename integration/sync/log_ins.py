"""Log-ins at EasyEcom: in the place of a call that needs a token, one at a time for a location, and
what an answer says of its token.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from booon_console.fields import Undecipherable, reveal
from integration import easyecom
from integration.easyecom import Call, Outcome
from integration.models import SyncJob
from integration.sync import private
from integration.sync.api_calls import Opened, Prepared, Wait, Wanted
from sellers.models import Location, LoginTrouble

# A second log-in within about 60 s is refused: docs/easyecom-contract.md#log-in-cool-down.
COOL_DOWN = timedelta(seconds=65)
# Before the next one, where a log-in or what it brought was refused.
PAUSE = timedelta(minutes=15)
AWAITING = "awaiting_log_in"
# No key opens what the account's calls need.
UNREADABLE = "secret_unreadable"


class Keys:
    """A turn's locations, each opened once."""

    def __init__(self) -> None:
        self.known: dict[int, Opened] = {}

    def of(self, location: Location) -> Opened:
        """Raises Undecipherable."""
        if location.pk not in self.known:
            self.known[location.pk] = Opened(
                token_of(location), reveal(location.seller.x_api_key), private.stored_of(location)
            )
        return self.known[location.pk]

    def fitting(self, wanted: Wanted, now: datetime) -> Call | Wait:
        """The call, or the log-in that has to come before it."""
        location, call = wanted.location, wanted.call
        try:
            token = self.of(location).token
            if call.kind.needs_token and not (token and location.has_good_token(now)):
                return log_in_call(location)
        except Undecipherable as problem:
            return unreadable(problem, now)
        return call


def unreadable(problem: Undecipherable, now: datetime) -> Wait:
    return Wait(now + PAUSE, UNREADABLE, str(problem))


def token_of(location: Location) -> str:
    """ "" where no key opens it: then another log-in brings a new one."""
    try:
        return reveal(location.token)
    except Undecipherable:
        return ""


def log_in_call(location: Location) -> Call:
    """Raises Undecipherable."""
    seller, password = location.seller, reveal(location.seller.api_password)
    return easyecom.log_in(seller.api_username, password, location.location_key)


def claim(location: Location, now: datetime) -> bool:
    """Single flight and cool-down in one conditional UPDATE."""
    free = Q(next_login_at__isnull=True) | Q(next_login_at__lte=now)
    until = now + COOL_DOWN
    claimed = Location.objects.filter(free, pk=location.pk).update(
        login_started_at=now, next_login_at=until
    )
    if claimed:
        # Whoever asks for the same location in this turn waits for this one.
        location.next_login_at = until
    return claimed == 1


def wait_for(location: Location, now: datetime) -> Wait:
    until = location.next_login_at or now + timedelta(seconds=1)
    if location.login_trouble == LoginTrouble.REFUSED:
        refused = easyecom.AuthRefused(401)
        return Wait(until, "credentials_refused", refused.sentence, refused)
    if location.login_trouble == LoginTrouble.COOL_DOWN:
        limited = easyecom.RateLimited(cool_down=True)
        return Wait(until, limited.code, limited.sentence, limited)
    return Wait(until, AWAITING, "A log-in for this location is under way.")


def record_answer(prepared: Prepared, outcome: Outcome, now: datetime) -> None:
    location = Location.objects.filter(pk=prepared.location_id)
    match outcome:
        case easyecom.Done(easyecom.TokenIssued(token, expires_in)):
            expires_at = now + timedelta(seconds=expires_in) if expires_in else None
            location.update(token=token, token_issued_at=now, token_expires_at=expires_at)
            location.exclude(login_trouble=LoginTrouble.TOKEN_REFUSED).update(login_trouble="")
            waiting = SyncJob.objects.filter(
                location_id=prepared.location_id, error_code__in=[AWAITING, "token_refused"]
            )
            waiting.filter(status__in=[SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT]).update(
                due_at=now
            )
        case easyecom.NotSent():
            location.update(next_login_at=None)
        case easyecom.RateLimited(cool_down=True):
            # A second refusal after our own wait is no cool-down any more.
            if location.filter(login_trouble=LoginTrouble.COOL_DOWN).exists():
                refuse(prepared, now)
            else:
                location.update(login_trouble=LoginTrouble.COOL_DOWN)
        case easyecom.AuthRefused():
            refuse(prepared, now)


def record_token_use(prepared: Prepared, outcome: Outcome, now: datetime) -> None:
    """A refused token is dropped once, by whoever used that very token; the fresh one refused
    as well means that logging in again does not help
    (docs/easyecom-contract.md#two-tokens-at-once).
    """
    location = Location.objects.exclude(token="").filter(
        pk=prepared.location_id, token_issued_at=prepared.token_issued_at
    )
    if isinstance(outcome, easyecom.Done):
        if prepared.login_trouble:
            location.update(login_trouble="")
    elif isinstance(outcome, easyecom.AuthRefused) and outcome.renewable:
        if location.filter(login_trouble=LoginTrouble.TOKEN_REFUSED).update(
            token="", login_trouble=""
        ):
            refuse(prepared, now)
        else:
            location.update(token="", login_trouble=LoginTrouble.TOKEN_REFUSED)


def refuse(prepared: Prepared, now: datetime) -> None:
    Location.objects.filter(pk=prepared.location_id).update(
        login_trouble=LoginTrouble.REFUSED, next_login_at=now + PAUSE
    )
