"""Orders that get stuck, each for a reason of its own, and what EasyEcom did to bring it about."""

from dataclasses import dataclass

from integration.demo.doors import Json
from integration.demo.newcomers import CASHEW, GEMS, HANDLOOM, OUTLET, WOOLLENS
from integration.demo.players import KITCHEN, TEXTILES
from integration.demo.purchases import ARJUN, FATIMA, MEERA, PURCHASES, RAHUL, Purchase

REFUSED = {"code": 400, "data": []}
UNSERVED = "Pincode 500034 is not in zone W-7 of this plan (ref 88213)"
WEIGHT = "Courier account is inactive for shipments above 500 g"


@dataclass(frozen=True)
class Hardship:
    """An order, the console's code for why it is stuck, and the faults that are its own."""

    reason: str
    purchase: Purchase
    faults: tuple[Json, ...] = ()
    is_shipped: bool = False


def fault(kind: str, name: str, times: int | None = 1, **more: object) -> Json:
    return {"kind": kind, "fault": name, "times": times, **more}


def says(kind: str, message: str) -> Json:
    """EasyEcom answers so, and does nothing."""
    return fault(kind, "body", body=REFUSED | {"message": message})


TAKEN = "Order Number BN-2007 already exists within the Company."
HARDSHIPS = (
    Hardship(
        "carrier_not_registered",
        Purchase("BN-2001", WOOLLENS, 0, "cod", MEERA, (("SHAWL-RANI", 1),)),
    ),
    Hardship(
        "location_not_live",
        Purchase("BN-2014", WOOLLENS, 1, "prepaid", RAHUL, (("SHAWL-RANI", 1),)),
    ),
    Hardship(
        "credentials_refused",
        Purchase("BN-2002", HANDLOOM, 0, "prepaid", ARJUN, (("TANT-IVORY", 1),)),
        (fault("create_order", "status", None, status=403, message="This user may not do that"),),
    ),
    Hardship(
        "rate_limited",
        Purchase("BN-2003", CASHEW, 0, "cod", RAHUL, (("CASHEW-L", 2),)),
        (fault("create_order", "status", None, status=429, retry_after="900"),),
    ),
    Hardship(
        "in_doubt",
        Purchase("BN-2004", TEXTILES, 0, "prepaid", FATIMA, (("SAREE-BOTTLE", 1),)),
        (
            fault("create_order", "drop_after_commit"),
            fault("find_order", "status", None, status=503),
        ),
    ),
    Hardship(
        "not_found",
        Purchase("BN-2005", TEXTILES, 1, "cod", MEERA, (("KURTA-RANI", 1),)),
        (fault("create_order", "drop"),),
    ),
    Hardship(
        "rejected",
        Purchase("BN-2006", KITCHEN, 0, "cod", ARJUN, (("TAWA-XXL", 1),)),
    ),
    Hardship(
        "rejected",
        Purchase("BN-2012", KITCHEN, 0, "prepaid", FATIMA, (("LOTA-M", 1),)),
        (says("create_order", UNSERVED),),
    ),
    Hardship(
        "number_taken",
        Purchase("BN-2007", TEXTILES, 0, "prepaid", RAHUL, (("JUTTI-IVORY", 1),)),
        (says("create_order", TAKEN),),
    ),
    Hardship(
        "conflict",
        Purchase(PURCHASES[2].number, OUTLET, 0, "cod", ARJUN, (("DUPATTA-MAROON", 2),)),
    ),
    Hardship(
        "awb_rejected",
        Purchase("BN-2008", KITCHEN, 0, "cod", FATIMA, (("KADHAI-L", 1),)),
        (says("assign_awb", WEIGHT),),
        is_shipped=True,
    ),
    Hardship(
        "awb_conflict",
        Purchase("BN-2009", TEXTILES, 1, "prepaid", MEERA, (("SAREE-INDIGO", 1),)),
        is_shipped=True,
    ),
)
# More than its account's calls of the day allow.
SPENDING = tuple(
    Purchase(f"BN-210{n}", GEMS, 0, "cod", RAHUL, (("RING-M", 1),)) for n in range(1, 9)
)
# Sent while its seller is held.
HELD = Purchase("BN-2013", OUTLET, 0, "prepaid", MEERA, (("KURTA-IVORY", 1),))
# Sent while nobody can reach EasyEcom.
CUT_OFF = Purchase("BN-2010", HANDLOOM, 0, "cod", ARJUN, (("TANT-RANI", 1),))
# Whose manifest is told by no webhook.
UNHEARD = Purchase("BN-2011", KITCHEN, 0, "cod", MEERA, (("MASALA-L", 1),))
