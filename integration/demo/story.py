"""The steps of the demo, in the order in which they are told."""

from collections.abc import Callable

from integration.demo import (
    closing,
    joining,
    opening,
    ordering,
    sticking,
    stocking,
    straying,
    troubles,
)
from integration.demo.journey import Journey

Steps = list[tuple[str, Callable[[Journey], None]]]

JOURNEY: Steps = [
    ("a fresh database, and a first admin", opening.make_database),
    ("start EasyEcom's stand-in, the web server and the workers", opening.start_everything),
    ("Booon's platform gets its API key", opening.make_key),
    ("in EasyEcom there are two sellers with three locations", joining.open_accounts),
    ("onboard Anand Textiles with its two locations", joining.onboard_textiles),
    ("onboard Kaveri Kitchen with its one", joining.onboard_kitchen),
    ("the sellers paste webhook addresses and tokens into EasyEcom", joining.paste_webhooks),
    ("catalog and first stock levels follow by themselves", joining.see_catalog),
    ("onboard both once more: nothing is registered again", joining.onboard_again),
    ("Booon sends eight orders", ordering.send_orders),
    ("they reach EasyEcom and wait in Failed Orders for a carrier", ordering.see_failed_orders),
    ("an order sent twice stays one order", ordering.send_again),
    ("what was ordered has left the stock", stocking.see_orders_in_stock),
    ("Booon gives courier and AWB for six of them", ordering.send_shipments),
    ("a level changes in the warehouse, and changes at Booon", stocking.change_levels),
    ("a webhook body that comes twice has one effect", stocking.repeat_a_body),
    ("five orders are manifested", ordering.manifest),
    ("Booon reads its change feed from beginning to end", closing.read_feed),
    ("and is told of each change at its own address", closing.tell_booon),
    ("EasyEcom's own ledger agrees: nothing twice, nothing else", closing.ask_easyecom),
    ("staff log in to the admin", closing.open_admin),
]
# What a console is for: everything that can go wrong, made to go wrong.
TROUBLES: Steps = [
    ("seven more sellers join, and not all goes well", troubles.onboard_newcomers),
    ("orders that EasyEcom refuses, loses or mistakes", sticking.send_hard_orders),
    ("an account runs out of calls", sticking.spend_quota),
    ("AWBs that EasyEcom refuses, and why each order is stuck", sticking.give_awbs),
    ("webhooks come to the wrong address, and with an old token", straying.stray),
    ("webhooks get lost, and the console finds out by asking", straying.lose_webhooks),
    ("Booon lists what EasyEcom does not have", straying.list_too_much),
    ("staff hold a seller on purpose", sticking.hold_back),
    ("nobody can reach EasyEcom for a while", sticking.cut_off),
    ("orders that are late, and every reason there is", sticking.run_late),
]
STEPS = JOURNEY + TROUBLES


def tell(journey: Journey) -> None:
    """Raises NotSeen, or what a broken answer raises, at the first step that does not hold."""
    for title, step in STEPS:
        with journey.teller.step(title):
            step(journey)
