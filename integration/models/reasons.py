"""Why an order does not move on: which of several reasons is told, and the one next step for each.

An order's own reason comes first, then what stands around it, in turn. monitoring.order_checks
examines in the same sequence, so that the stored reason is its first finding
(docs/decisions/0034-the-stored-reason.md).
"""

from django.db.models import Exists, OuterRef, QuerySet

from integration.models import Order, OrderReason, ShipmentDetails
from integration.models import OrderReason as Reason
from sellers.models import Location, LocationReason

# Of the order itself, and only a person ends them: until then it has nothing to say to EasyEcom,
# and nothing around it keeps it.
OWN = (
    OrderReason.REJECTED,
    OrderReason.NUMBER_TAKEN,
    OrderReason.CONFLICT,
    OrderReason.NOT_FOUND,
    OrderReason.CANCELLED_AT_EASYECOM,
    OrderReason.AWB_REJECTED,
    OrderReason.AWB_CONFLICT,
)
# Those whose detail are EasyEcom's words as it refused a call of this order's.
REFUSALS = (
    OrderReason.REJECTED,
    OrderReason.NUMBER_TAKEN,
    OrderReason.AWB_REJECTED,
    OrderReason.ACCESS_FORBIDDEN,
)
# Around an order that has a call to make, the strongest first: it is told in the others' place.
CIRCUMSTANCES = (
    OrderReason.CARRIER_NOT_REGISTERED,
    OrderReason.LOCATION_NOT_LIVE,
    OrderReason.HELD,
    OrderReason.CREDENTIALS_REFUSED,
    OrderReason.ACCESS_FORBIDDEN,
    OrderReason.SECRET_UNREADABLE,
    OrderReason.QUOTA_SPENT,
    OrderReason.IN_DOUBT,
)
# What its last call came to, which the next one tells anew.
PASSING = (OrderReason.RATE_LIMITED, OrderReason.UNREACHABLE, "")
# With which an order goes on by itself.
GO_ON = (OrderReason.QUOTA_SPENT, OrderReason.IN_DOUBT, *PASSING)
# At an unfinished location: what passes by itself, until something that lasts takes its place.
PASSING_AT_LOCATIONS = (
    LocationReason.ONBOARDING,
    LocationReason.COOL_DOWN,
    LocationReason.RATE_LIMITED,
    LocationReason.UNREACHABLE,
    LocationReason.QUOTA_SPENT,
)
CARRIER_TROUBLES = (LocationReason.CARRIER_IN_DOUBT, LocationReason.CARRIER_NOT_CONFIGURED)


def has_nothing_to_send(order: Order, shipment: ShipmentDetails | None) -> bool:
    """Whether no try would tell EasyEcom anything, or ask it: it waits for Booon's AWB, or for its
    manifest."""
    is_own = order.blocked_reason in OWN or order.is_in_doubt
    return not (is_own or order.has_call_to_make(shipment))


def with_nothing_to_send() -> QuerySet[Order]:
    """The same of many."""
    has_call = Order.objects.with_call_to_make().filter(pk=OuterRef("pk"))
    rest = Order.objects.filter(doubt="").exclude(blocked_reason__in=OWN)
    return rest.filter(~Exists(has_call))


def overridden_by(reason: OrderReason) -> tuple[str, ...]:
    """What is written over by it: itself, and all that is weaker."""
    return (*CIRCUMSTANCES[CIRCUMSTANCES.index(reason) :], *PASSING)


def overridden_at_locations(reason: OrderReason) -> tuple[str, ...]:
    """What is written over by it at an unfinished location."""
    if reason == OrderReason.HELD:
        return (*PASSING_AT_LOCATIONS, LocationReason.HELD)
    # Only a call tells that a key opens the secret again, and this comes of a call.
    return (*PASSING_AT_LOCATIONS, LocationReason.SECRET_UNREADABLE)


def while_not_live(location: Location) -> OrderReason:
    """Why the orders of a location wait that is not live."""
    if location.blocked_reason in CARRIER_TROUBLES:
        return OrderReason.CARRIER_NOT_REGISTERED
    return OrderReason.LOCATION_NOT_LIVE


# Those that wait for a person; the others pass by themselves.
ORDER_REASONS = (
    Reason.NOT_FOUND,
    Reason.NUMBER_TAKEN,
    Reason.CONFLICT,
    Reason.CANCELLED_AT_EASYECOM,
    Reason.AWB_CONFLICT,
    Reason.REJECTED,
    Reason.AWB_REJECTED,
    Reason.CARRIER_NOT_REGISTERED,
    Reason.CREDENTIALS_REFUSED,
    Reason.ACCESS_FORBIDDEN,
    Reason.SECRET_UNREADABLE,
    Reason.HELD,
    Reason.AWB_LATE,
    Reason.NOT_MANIFESTED,
)

NOTHING = "Nothing: it goes on by itself."

STEPS = {
    Reason.LOCATION_NOT_LIVE: "Go on with the location's onboarding.",
    Reason.CARRIER_NOT_REGISTERED: "Say what Carrier Master shows, or set Booon's carrier.",
    Reason.CREDENTIALS_REFUSED: "Save the right user name and password on the seller's page.",
    Reason.ACCESS_FORBIDDEN: (
        "Ask the seller to give the API user the rights for orders in EasyEcom. It is tried again "
        "by itself; Retry tries at once."
    ),
    Reason.SECRET_UNREADABLE: "Type it in again on the seller's page, or give the key back.",
    Reason.UNREACHABLE: NOTHING,
    Reason.RATE_LIMITED: NOTHING,
    Reason.QUOTA_SPENT: NOTHING,
    Reason.HELD: "Release the hold once its reason is gone.",
    Reason.IN_DOUBT: "Nothing: the console looks by itself. Retry looks at once.",
    Reason.NOT_FOUND: "Look in EasyEcom, Failed Orders included, then say what is there.",
    Reason.REJECTED: "Mend what EasyEcom says and send it again, or withdraw it.",
    Reason.NUMBER_TAKEN: "Look its number up, Failed Orders included, then say what is there.",
    Reason.CONFLICT: "Compare both in EasyEcom, then say whether it is this order.",
    Reason.CANCELLED_AT_EASYECOM: (
        "Nothing, where the seller meant it. Else have it opened again there, and compare."
    ),
    Reason.AWB_REJECTED: "Give other shipment details.",
    Reason.AWB_CONFLICT: "Say which of the two is the parcel's: use EasyEcom's, or replace it.",
    Reason.AWB_LATE: "Ask Booon's platform for carrier and AWB, or give them here.",
    Reason.NOT_MANIFESTED: "Compare it with EasyEcom; else ask the seller whether it is packed.",
}
