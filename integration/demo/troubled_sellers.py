"""Sellers with whom something goes wrong while they join, each in a way of its own."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from integration.demo import clients, onboarding
from integration.demo.clients import Json
from integration.demo.data import COLOURS, SIZES, TEXTILES, Goods, Player
from integration.demo.journey import Journey
from integration.demo.telling import expect

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
NEWCOMERS = (OUTLET, WOOLLENS, SPICES, GEMS, CASHEW, HANDLOOM)
ACCOUNTS = (*NEWCOMERS, METALS, OUTLET_BRANCH, GEMS_BRANCH)

# What EasyEcom does to them while they join.
JOINING_FAULTS: tuple[Json, ...] = (
    {"kind": "add_carrier", "fault": "drop_after_commit", "match": {"location_key": KULLU}},
    # A secondary warehouse, which Get Location does not list: it goes live all the same.
    {
        "kind": "get_locations",
        "fault": "body",
        "body": {"code": 200, "message": "Successful", "data": []},
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
    LEH: "refused",
    MANALI: "unreachable",
    SHANTIPUR: "unreachable",
    SPICES.keys[0]: "credentials_refused",
    METALS.keys[0]: "carrier_not_configured",
}


# Commands at once: each is a Python of its own.
AT_ONCE = 3
WITHOUT_TOKENS = "The webhook endpoints have no tokens yet."


def onboard_newcomers(journey: Journey) -> None:
    for player in ACCOUNTS:
        journey.sandbox.tell("accounts", **player.account())
    for fault in JOINING_FAULTS:
        journey.sandbox.tell("faults", **fault)
    # The workers, who know the carrier's password, would do for the command what it can't.
    with journey.processes.without_workers():
        first = onboard(journey, METALS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = [*pool.map(lambda player: onboard(journey, player), NEWCOMERS), first]
    locations = [location for each in said for location in each["locations"]]
    for location in locations:
        key, wanted = location["location_key"], REASONS.get(location["location_key"], "")
        expect(location["reason"] == wanted, f"{key}: {wanted or 'live'}", location["reason"])
        if location["live"]:
            journey.onboarded[key] = location
            onboarding.paste(journey, location)
    carry_on(journey, SHANTIPUR)
    journey.teller.rows(
        *((each["location_key"], each["reason"] or "live, with its webhooks") for each in locations)
    )


def carry_on(journey: Journey, key: str) -> None:
    """Staff have the onboarding continued. Nobody was there to see tokens, so none were made."""
    browser = clients.log_in(journey.console, journey.admin_password)
    place = f"/admin/sellers/location/{clients.row_of(browser, 'sellers/location', key)}"
    clients.press(browser, f"{place}/proceed/", f"{place}/change/")
    journey.wait(
        lambda: browser.ask("GET", f"{place}/change/", 200).text,
        lambda page: WITHOUT_TOKENS in page,
        f"{key} live, without tokens",
        lambda _: "its page without that sentence",
    )
    journey.say(f"{key}: continued in the admin; live, and its webhooks have no tokens yet")


def onboard(journey: Journey, player: Player) -> Json:
    """One gives a password that has changed since, one comes before Booon's carrier is set."""
    is_well = not any(key in REASONS for key in player.keys)
    return onboarding.run_onboarding(
        journey,
        player,
        exit_code=0 if is_well else 1,
        password="changed-since" if player is SPICES else "",
        **({"EASYECOM_CARRIER_PASSWORD": ""} if player is METALS else {}),
    )
