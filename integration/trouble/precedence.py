"""Which of several reasons is an order's: its own first, then what stands around it, in turn.

`stuck` examines in the same sequence, so that the stored reason is its first finding
(docs/decisions/0034).
"""

from django.db.models import Q

from integration.models import OrderReason, Stage
from sellers.models import Location, LocationReason

# Of the order itself, and only a person ends them: until then it has nothing to say to EasyEcom,
# and nothing around it keeps it.
OWN = (
    OrderReason.REJECTED,
    OrderReason.NUMBER_TAKEN,
    OrderReason.CONFLICT,
    OrderReason.NOT_FOUND,
    OrderReason.AWB_REJECTED,
    OrderReason.AWB_CONFLICT,
)
# Around an order that has a call to make, the strongest first: it is told in the others' place.
CIRCUMSTANCES = (
    OrderReason.CARRIER_NOT_REGISTERED,
    OrderReason.LOCATION_NOT_LIVE,
    OrderReason.HELD,
    OrderReason.CREDENTIALS_REFUSED,
    OrderReason.QUOTA_SPENT,
    OrderReason.IN_DOUBT,
)
# What its last call came to, which the next one tells anew.
PASSING = (OrderReason.RATE_LIMITED, OrderReason.UNREACHABLE, "")
HAS_CALL_TO_MAKE = Q(stage=Stage.RECEIVED) | Q(
    stage=Stage.AWAITING_CARRIER, shipment__isnull=False, shipment__assigned_at=None
)
CARRIER_TROUBLES = (LocationReason.CARRIER_IN_DOUBT, LocationReason.CARRIER_NOT_CONFIGURED)


def told_before(reason: OrderReason) -> tuple[str, ...]:
    """What is written over by it: itself, and all that is weaker."""
    return (*CIRCUMSTANCES[CIRCUMSTANCES.index(reason) :], *PASSING)


def while_not_live(location: Location) -> OrderReason:
    """Why the orders of a location wait that is not live."""
    if location.blocked_reason in CARRIER_TROUBLES:
        return OrderReason.CARRIER_NOT_REGISTERED
    return OrderReason.LOCATION_NOT_LIVE
