"""Why is it stuck? From what EasyEcom answered to the reason that people read."""

from integration import easyecom
from integration.easyecom import Outcome
from integration.models import OrderReason
from sellers.models import Location, LocationReason, LoginTrouble


def order_reason(outcome: Outcome, location: Location) -> OrderReason:
    """Why an order waits after an answer that settled nothing."""
    if location.login_trouble == LoginTrouble.REFUSED:
        return OrderReason.CREDENTIALS_REFUSED
    match outcome:
        case easyecom.AuthRefused(status=403):
            return OrderReason.ACCESS_FORBIDDEN
        case easyecom.AuthRefused(renewable=False):
            return OrderReason.CREDENTIALS_REFUSED
        case easyecom.RateLimited():
            return OrderReason.RATE_LIMITED
        case _:
            return OrderReason.UNREACHABLE


def location_reason(outcome: Outcome, location: Location) -> LocationReason:
    """Why a location's onboarding waits after an answer that settled nothing."""
    if location.login_trouble == LoginTrouble.REFUSED:
        return LocationReason.CREDENTIALS_REFUSED
    match outcome:
        case easyecom.AuthRefused(status=403):
            return LocationReason.REFUSED
        case easyecom.AuthRefused(renewable=False):
            return LocationReason.CREDENTIALS_REFUSED
        case easyecom.RateLimited(cool_down=True):
            return LocationReason.COOL_DOWN
        case easyecom.RateLimited():
            return LocationReason.RATE_LIMITED
        case easyecom.Rejected():
            return LocationReason.REFUSED
        case _:
            return LocationReason.UNREACHABLE


def detail(outcome: Outcome) -> str:
    """EasyEcom's own words, where it had any."""
    match outcome:
        case easyecom.Rejected(message) | easyecom.AlreadyExists(message):
            return message
        case easyecom.AuthRefused(message=message):
            return message
        case easyecom.NotSent(reason) | easyecom.OutcomeUnknown(reason):
            return reason
        case _:
            return ""
