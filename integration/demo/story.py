"""The steps of the demo, in the order in which they are told."""

from collections.abc import Callable

from integration.demo import onboarding, orders, stock, stuck_orders, troubled_sellers
from integration.demo.journey import Journey

Steps = list[tuple[str, Callable[[Journey], None]]]

JOURNEY: Steps = [
    ("a fresh database, and a first admin", onboarding.make_database),
    ("start EasyEcom's stand-in, the web server and the workers", onboarding.start_everything),
    ("Booon's platform gets its API key", onboarding.make_key),
    ("in EasyEcom there are two sellers with three locations", onboarding.open_accounts),
    ("onboard Anand Textiles with its two locations", onboarding.onboard_textiles),
    ("onboard Kaveri Kitchen with its one", onboarding.onboard_kitchen),
    ("the sellers paste webhook addresses and tokens into EasyEcom", onboarding.paste_webhooks),
    ("catalog and first stock levels follow by themselves", onboarding.see_catalog),
    ("onboard both once more: nothing is registered again", onboarding.onboard_again),
    ("Booon sends eight orders", orders.send_orders),
    ("they reach EasyEcom and wait in Failed Orders for a carrier", orders.see_failed_orders),
    ("an order sent twice stays one order", orders.send_again),
    ("what was ordered has left the stock", stock.see_orders_in_stock),
    ("Booon gives courier and AWB for six of them", orders.send_shipments),
    ("A courier misses its pickup, and another takes the parcel", orders.replace_awb),
    ("a level changes in the warehouse, and changes at Booon", stock.change_levels),
    ("a webhook body that comes twice has one effect", stock.repeat_a_body),
    ("five orders are manifested", orders.manifest),
    ("Booon reads its change feed from beginning to end", orders.read_feed),
    ("and is told of each change at its own address", orders.wait_for_webhooks),
    ("EasyEcom's own ledger agrees: nothing twice, nothing else", orders.ask_easyecom),
    ("staff log in to the admin", orders.open_admin),
]
# What a console is for: everything that can go wrong, made to go wrong.
TROUBLES: Steps = [
    ("seven more sellers join, and not all goes well", troubled_sellers.onboard_newcomers),
    ("orders that EasyEcom refuses, loses or mistakes", stuck_orders.send_hard_orders),
    ("an order is refused for its state; Booon mends it", stuck_orders.mend_refused),
    ("an order is cancelled in EasyEcom, and Booon gets to know", stuck_orders.cancel_over_there),
    ("an account runs out of calls", stuck_orders.spend_quota),
    ("AWBs that EasyEcom refuses, and why each order is stuck", stuck_orders.give_awbs),
    ("webhooks come to the wrong address, and with an old token", stock.stray),
    ("webhooks get lost, and the console finds out by asking", stock.lose_webhooks),
    ("Booon lists what EasyEcom does not have", stock.list_too_much),
    ("staff hold a seller on purpose", stuck_orders.hold_back),
    ("nobody can reach EasyEcom for a while", stuck_orders.cut_off),
    ("orders that are late, and every reason there is", stuck_orders.run_late),
]
STEPS = JOURNEY + TROUBLES


def run(journey: Journey) -> None:
    """Raises NotSeen, or what a broken answer raises, at the first step that does not hold."""
    for title, step in STEPS:
        with journey.teller.step(title):
            step(journey)
