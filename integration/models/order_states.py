"""How an order may stand: its stage, a doubt about it, and why it does not move on."""

from django.db import models


class Stage(models.TextChoices):
    """How far an order is. Stages only rise; withdrawn is one of which EasyEcom has nothing."""

    RECEIVED = "received", "Received"
    AWAITING_CARRIER = "awaiting_carrier", "Awaiting carrier"
    CARRIER_ASSIGNED = "carrier_assigned", "Carrier assigned"
    MANIFESTED = "manifested", "Manifested"
    WITHDRAWN = "withdrawn", "Withdrawn"


# EasyEcom takes an AWB, or another in its place, until the parcel is gone.
TAKES_AWB = (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
# Nothing more is said to EasyEcom about the parcel of such an order.
OVER = (Stage.MANIFESTED, Stage.WITHDRAWN)


class Doubt(models.TextChoices):
    """What a look-up has to settle before anything else is sent about an order."""

    NONE = "", "—"
    UNKNOWN = "unknown", "Create Order had no clear answer"
    ACCEPTED = "accepted", "EasyEcom took the order but gave no ids"
    REJECTED = "rejected", "EasyEcom refused the order; one look-up shows whether it is there"
    EXISTS = "exists", "EasyEcom says that the order number exists"
    EARLIER = "earlier", "EasyEcom made an earlier revision of the order"
    AWB_UNKNOWN = "awb_unknown", "Assign Shipment Details had no clear answer"
    AWB_REJECTED = "awb_rejected", "EasyEcom refused the shipment; one look-up shows what it holds"


class OrderReason(models.TextChoices):
    """Why an order does not move on. The labels are the sentences that people read."""

    LOCATION_NOT_LIVE = (
        "location_not_live",
        "Its location is not live yet. The order goes out as soon as it is.",
    )
    CARRIER_NOT_REGISTERED = (
        "carrier_not_registered",
        "Booon's carrier is not registered at its location, or that is in doubt.",
    )
    CREDENTIALS_REFUSED = (
        "credentials_refused",
        "EasyEcom refuses the seller's log-in. The order goes out once it is corrected.",
    )
    ACCESS_FORBIDDEN = (
        "access_forbidden",
        "EasyEcom does not let this API user do that.",
    )
    SECRET_UNREADABLE = (
        "secret_unreadable",
        "The console can't read what it needs to log in for the seller.",
    )
    UNREACHABLE = "unreachable", "EasyEcom could not be reached. The next try comes by itself."
    RATE_LIMITED = "rate_limited", "EasyEcom's rate limit is reached. It goes on by itself."
    QUOTA_SPENT = (
        "quota_spent",
        "EasyEcom takes no more calls for this seller today. The order goes out by itself.",
    )
    HELD = "held", "Held on purpose: it goes out once the hold is released."
    IN_DOUBT = (
        "in_doubt",
        "EasyEcom may have it. The console looks before it sends anything again.",
    )
    NOT_FOUND = (
        "not_found",
        "EasyEcom may have it, but no look-up shows it. A person must look in Failed Orders.",
    )
    REJECTED = "rejected", "EasyEcom refused the order."
    NUMBER_TAKEN = (
        "number_taken",
        "EasyEcom says that this order number exists, but shows no such order.",
    )
    CONFLICT = "conflict", "EasyEcom holds a different order under this number."
    CANCELLED_AT_EASYECOM = (
        "cancelled_at_easyecom",
        "EasyEcom has it, cancelled. Nothing is sent about it any more.",
    )
    AWB_REJECTED = "awb_rejected", "EasyEcom refused the shipment details."
    AWB_CONFLICT = "awb_conflict", "EasyEcom holds another AWB for this order."
    AWB_LATE = "awb_late", "Booon has not given its carrier and AWB in time."
    NOT_MANIFESTED = (
        "not_manifested",
        "It has its carrier, and EasyEcom has not told of its manifest in time.",
    )
