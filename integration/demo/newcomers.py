"""Who joins after the journey: sellers with whom something goes wrong, each in a way of its own."""

from decimal import Decimal

from integration.demo.doors import Json
from integration.demo.players import COLOURS, SIZES, TEXTILES, Goods, Player

# Two shops of one company: they share its EasyEcom account, and so its order numbers.
OUTLET = Player(
    "anand-outlet",
    "Anand Outlet",
    (("srt29488101843", "Anand Outlet Udhna", "Surat", "Gujarat"),),
    TEXTILES.goods,
    shares=TEXTILES,
)
OUTLET_BRANCH = Player(
    OUTLET.code,
    OUTLET.name,
    (("srt29488101844", "Anand Outlet Varachha", "Surat", "Gujarat"),),
    OUTLET.goods,
    shares=TEXTILES,
)
WOOLLENS = Player(
    "himalaya-woollens",
    "Himalaya Woollens",
    (
        ("kul60417300511", "Himalaya Kullu", "Kullu", "Himachal Pradesh"),
        ("sml60417300512", "Himalaya Shimla", "Shimla", "Himachal Pradesh"),
        ("leh60417300513", "Himalaya Leh", "Leh", "Ladakh"),
        ("mnl60417300514", "Himalaya Manali", "Manali", "Himachal Pradesh"),
    ),
    (Goods("SHAWL", "Pashmina shawl", Decimal("3499.00"), COLOURS),),
)
KULLU, SHIMLA, LEH, MANALI = WOOLLENS.keys
SPICES = Player(
    "malabar-spices",
    "Malabar Spices",
    (("koc71820045290", "Malabar Mattancherry", "Kochi", "Kerala"),),
    (Goods("PEPPER", "Black pepper", Decimal("299.00"), SIZES),),
)
GEMS = Player(
    "jaipur-gems",
    "Jaipur Gems",
    (("jpr80033417725", "Jaipur Johari Bazaar", "Jaipur", "Rajasthan"),),
    (Goods("RING", "Silver ring", Decimal("1299.00"), SIZES),),
    daily_quota=10,
)
GEMS_BRANCH = Player(
    GEMS.code,
    GEMS.name,
    (("jpr80033417726", "Jaipur Sanganer", "Jaipur", "Rajasthan"),),
    GEMS.goods,
    GEMS.daily_quota,
    shares=GEMS,
)
CASHEW = Player(
    "konkan-cashew",
    "Konkan Cashew",
    (("rtn90216650831", "Konkan Ratnagiri", "Ratnagiri", "Maharashtra"),),
    (Goods("CASHEW", "Cashew nuts", Decimal("899.00"), SIZES),),
)
HANDLOOM = Player(
    "bengal-handloom",
    "Bengal Handloom",
    (
        ("ccu15508234407", "Bengal Howrah", "Kolkata", "West Bengal"),
        ("ccu15508234408", "Bengal Shantipur", "Shantipur", "West Bengal"),
    ),
    (Goods("TANT", "Tant saree", Decimal("1499.00"), COLOURS),),
)
SHANTIPUR = HANDLOOM.keys[1]
METALS = Player(
    "deccan-bidri",
    "Deccan Bidri",
    (("bdr44190672058", "Deccan Bidar", "Bidar", "Karnataka"),),
    (Goods("VASE", "Bidri vase", Decimal("2199.00"), SIZES),),
)
NEWCOMERS = (OUTLET, WOOLLENS, SPICES, GEMS, CASHEW, HANDLOOM, METALS)
ACCOUNTS = (*NEWCOMERS, OUTLET_BRANCH, GEMS_BRANCH)

# What EasyEcom does to them while they join.
JOINING_FAULTS: tuple[Json, ...] = (
    {"kind": "add_carrier", "fault": "drop_after_commit", "match": {"location_key": KULLU}},
    {
        "kind": "get_locations",
        "fault": "body",
        "body": {"code": 200, "message": "", "data": []},
        "times": None,
        "match": {"location_key": SHIMLA},
    },
    {
        "kind": "get_products",
        "fault": "body",
        "body": {"code": 400, "message": "API access is not enabled for this plan", "data": []},
        "times": None,
        "match": {"location_key": LEH},
    },
    {
        "kind": "get_locations",
        "fault": "status",
        "status": 503,
        "times": None,
        "match": {"location_key": MANALI},
    },
    # Once only: it goes live when staff say "Continue onboarding".
    {
        "kind": "get_locations",
        "fault": "status",
        "status": 503,
        "match": {"location_key": SHANTIPUR},
    },
)
# Why each location is not live, in the console's own codes; the others are live.
REASONS = {
    KULLU: "carrier_in_doubt",
    SHIMLA: "location_not_found",
    LEH: "refused",
    MANALI: "unreachable",
    SHANTIPUR: "unreachable",
    SPICES.keys[0]: "credentials_refused",
    METALS.keys[0]: "carrier_not_configured",
}
