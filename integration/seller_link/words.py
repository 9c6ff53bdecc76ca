"""What a seller is told: of a location that is not live, and of what they typed."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integration.easyecom import Kind
from integration.models import ApiCall
from integration.onboarding import input_hints
from integration.onboarding.progress import Path
from sellers.models import Location, LocationReason, LoginTrouble

Reason = LocationReason

# What `input_hints` says to staff, in the seller's words.
HINTS = {
    input_hints.IS_JWT: gettext_lazy(
        "This looks like a log-in token (JWT): a secret, and not what belongs here."
    ),
    input_hints.IS_KEY: gettext_lazy("This looks like a Location Key. Are two fields swapped?"),
    input_hints.KEY_IS_MAIL: gettext_lazy(
        "This looks like an e-mail address. Are two fields swapped?"
    ),
    input_hints.KEY_IS_NUMBER: gettext_lazy(
        "This looks like a company id. The Location Key has letters too."
    ),
    input_hints.KEY_IS_TOKEN: gettext_lazy(
        "This looks like the Account Token, which opens your whole account and is for nobody else. "
        "The Location Key is in the same menu, and much shorter."
    ),
    input_hints.NAME_IS_NO_MAIL: gettext_lazy(
        "EasyEcom's API users are e-mail addresses, and this is none."
    ),
    input_hints.PASSWORD_AGAIN: gettext_lazy(
        "This is the API Username or a Location Key once more."
    ),
    input_hints.PASSWORD_IS_MAIL: gettext_lazy(
        "This looks like an e-mail address. Are two fields swapped?"
    ),
    input_hints.PASSWORD_HAS_SPACE: gettext_lazy(
        "This begins or ends with a space, perhaps from copying it."
    ),
}
# What the API user may not do, by the call that was refused.
RIGHTS = {
    Kind.GET_LOCATIONS: gettext_lazy("see its locations"),
    Kind.ADD_CARRIER: gettext_lazy("add carriers"),
    Kind.GET_PRODUCTS: gettext_lazy("read products"),
}


@dataclass(frozen=True)
class Advice:
    """What stands in a location's way. `is_waiting`: it goes on by itself."""

    title: str
    text: str
    is_waiting: bool = False
    # Whether asking EasyEcom once more may help.
    may_try: bool = False
    # EasyEcom's own words.
    quoted: str = ""
    # What stands in the way is told at another place of the page.
    is_told_above: bool = False


@dataclass(frozen=True)
class LogIn:
    """How EasyEcom takes the one API user of a seller's locations."""

    # EasyEcom took it at some location, and does not refuse it there now.
    is_good: bool
    is_refused: bool
    may_be_given: bool

    @property
    def is_to_be_given_again(self) -> bool:
        """Step 1 tells it, once for all locations."""
        return self.is_refused and not self.is_good and self.may_be_given


def log_in_of(locations: Collection[Location], *, may_be_given: bool) -> LogIn:
    refused = [each for each in locations if is_refused(each)]
    good = [each for each in locations if each.token_issued_at and each not in refused]
    return LogIn(bool(good), bool(refused), may_be_given)


def is_refused(location: Location) -> bool:
    if location.is_live:
        return location.login_trouble == LoginTrouble.REFUSED
    return location.blocked_reason == Reason.CREDENTIALS_REFUSED


def advice_on(path: Path, forbidden: ApiCall | None, log_in: LogIn) -> Advice | None:
    """None where nothing stands in the way."""
    location = path.location
    if location.is_live:
        return None
    if forbidden is not None and location.blocked_reason == Reason.REFUSED:
        right = RIGHTS.get(Kind(forbidden.kind), "") if forbidden.kind in RIGHTS else ""
        return missing_right(str(right), location.blocked_detail)
    match location.blocked_reason:
        case Reason.CREDENTIALS_REFUSED:
            return refused_log_in(log_in)
        case Reason.COOL_DOWN:
            return Advice(
                _("EasyEcom takes one log-in a minute"),
                _("The next one goes out by itself. You need not do anything."),
                is_waiting=True,
            )
        case Reason.UNREACHABLE | Reason.RATE_LIMITED | Reason.QUOTA_SPENT:
            return Advice(
                _("EasyEcom does not answer at the moment"),
                _("Booon asks again by itself. You need not do anything."),
                is_waiting=True,
            )
        case Reason.REFUSED:
            return Advice(
                _("EasyEcom refused a step"),
                _("Its own words are below. If they tell you nothing, show them to Booon."),
                may_try=True,
                quoted=location.blocked_detail,
            )
        case Reason.ONBOARDING:
            return Advice(
                _("Booon is asking EasyEcom"), _("This takes a minute or so."), is_waiting=True
            )
        case _:
            return Advice(
                _("Booon has to look at this"),
                _("You need not do anything: Booon's people see it and go on from here."),
            )


def refused_log_in(log_in: LogIn) -> Advice:
    if log_in.is_to_be_given_again:
        return Advice(
            _("This location waits for the log-in of step 1"),
            _(
                "Is its Location Key alone mistyped? Correct it here. Once you mended something in "
                "EasyEcom itself, try again."
            ),
            may_try=True,
            is_told_above=True,
        )
    if log_in.is_good:
        return Advice(
            _("EasyEcom does not take the log-in at this location"),
            _(
                "At another location it takes the same API user. Look at this Location Key once "
                "more. Does the API user belong to this location in EasyEcom?"
            ),
            may_try=True,
        )
    return Advice(
        _("EasyEcom does not take this log-in"),
        _("It can't be changed by this link. Tell Booon."),
        may_try=True,
    )


def missing_right(right: str, quoted: str) -> Advice:
    if right:
        text = _(
            "EasyEcom says that your API user may not %(do)s. Give it that right in EasyEcom, then "
            "let Booon try again."
        ) % {"do": right}
    else:
        text = _(
            "EasyEcom says that your API user may not do that. Give it all rights that an "
            "integration needs, then let Booon try again."
        )
    return Advice(_("The API user lacks a right"), text, may_try=True, quoted=quoted)


def hint(sentence: str) -> str:
    """Of what looks like something else; "" for none."""
    return str(HINTS[sentence]) if sentence else ""
