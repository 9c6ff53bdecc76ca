"""The one next step for each reason why an order does not move on, wherever it is told."""

from integration.models import OrderReason as Reason

NOTHING = "Nothing: it goes on by itself."

STEPS = {
    Reason.LOCATION_NOT_LIVE: "Go on with the location's onboarding.",
    Reason.CARRIER_NOT_REGISTERED: "Say what Carrier Master shows, or set Booon's carrier.",
    Reason.CREDENTIALS_REFUSED: "Save the right user name and password on the seller's page.",
    Reason.UNREACHABLE: NOTHING,
    Reason.RATE_LIMITED: NOTHING,
    Reason.QUOTA_SPENT: NOTHING,
    Reason.HELD: "Release the hold once its reason is gone.",
    Reason.IN_DOUBT: "Nothing: the console looks by itself. Retry looks at once.",
    Reason.NOT_FOUND: "Look in EasyEcom, Failed Orders included, then say what is there.",
    Reason.REJECTED: "Mend what EasyEcom says, then retry; an Admin can withdraw it.",
    Reason.NUMBER_TAKEN: "Look its number up, Failed Orders included, then say what is there.",
    Reason.CONFLICT: "Compare both in EasyEcom, then say whether it is this order.",
    Reason.AWB_REJECTED: "Give other shipment details.",
    Reason.AWB_CONFLICT: "Give other shipment details.",
    Reason.AWB_LATE: "Ask Booon's platform for carrier and AWB, or give them here.",
    Reason.NOT_MANIFESTED: "Compare it with EasyEcom; else ask the seller whether it is packed.",
}
