import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import follow_stock
import pytest
from booon_console_client import TooLate

from integration.models import Order, Stage, StockLevel, raise_stage
from tests.clients.conftest import KEY, forget_everything, set_level, set_levels
from tests.factories import make_order
from tests.integration.processes import wait_for

pytestmark = pytest.mark.usefixtures("brisk_watch")


@contextmanager
def following(console, path):
    """The example as a process of its own; killed at the end, so that nothing is tidied up."""
    example = Path(follow_stock.__file__)
    environ = os.environ | {
        "PYTHONPATH": str(example.parents[1]),
        "BOOON_CONSOLE_URL": console.base_url,
        "BOOON_CONSOLE_KEY": KEY,
    }
    child = subprocess.Popen(
        [sys.executable, str(example), str(path)], env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
        assert child.poll() is None, "the example ended by itself"
    finally:
        child.kill()
        assert KEY not in child.communicate()[1]


def held(path):
    """The shop's levels and stages, and how many changes it applied."""
    with closing(sqlite3.connect(path)) as shop:
        try:
            levels = {row[:2]: row[2] for row in shop.execute("SELECT * FROM level")}
            stages = {row[1]: row[2] for row in shop.execute("SELECT * FROM stage")}
            place = shop.execute("SELECT applied FROM place").fetchone()
        except sqlite3.OperationalError:
            return {}, {}, 0
    return levels, stages, place[0] if place else 0


def truth():
    levels = StockLevel.objects.values_list("location__location_key", "sku", "quantity")
    return (
        {(key, sku): quantity for key, sku, quantity in levels},
        dict(Order.objects.values_list("order_number", "stage")),
    )


def test_killed_and_started_again_it_has_applied_every_change_once(console, location, tmp_path):
    shop = tmp_path / "shop.sqlite3"
    order = make_order(location)
    set_levels(location, [(f"S-{n % 7}", n) for n in range(40)])

    with following(console, shop):
        wait_for(lambda: held(shop)[2] == 40)
        set_level(location, "S-1", 900)
        wait_for(lambda: held(shop)[2] == 41)
    raise_stage(order, Stage.AWAITING_CARRIER, at=order.updated_at, easyecom_invoice_id="1")
    set_levels(location, [(f"S-{n % 7}", n) for n in range(1100)])
    with following(console, shop):
        # Somewhere between the first page and the last.
        wait_for(lambda: held(shop)[2] > 41)
    with following(console, shop):
        wait_for(lambda: held(shop)[2] >= 1142)

    assert held(shop)[:2] == truth()
    assert held(shop)[2] == 1142


def test_too_late_it_reads_the_lists_and_ends_with_the_truth(console, location, tmp_path):
    shop = tmp_path / "shop.sqlite3"
    set_level(location, "A", 1)
    with following(console, shop):
        wait_for(lambda: held(shop)[2] == 1)
    order = make_order(location)
    raise_stage(order, Stage.AWAITING_CARRIER, at=order.updated_at, easyecom_invoice_id="1")
    set_level(location, "A", 2)
    set_level(location, "B", 3)
    forget_everything()

    with following(console, shop):
        wait_for(lambda: held(shop)[:2] == truth())
        set_level(location, "B", 4)
        wait_for(lambda: held(shop)[:2] == truth())


def test_what_changes_while_the_lists_are_read_is_not_lost(console, location, monkeypatch):
    with closing(sqlite3.connect(":memory:")) as shop:
        shop.executescript(follow_stock.TABLES)
        set_level(location, "A", 1)
        set_level(location, "A", 2)
        forget_everything()
        with pytest.raises(TooLate) as late:
            console.changes("1")
        real = console.orders

        def orders():
            # The stock list is read already.
            set_level(location, "A", 3)
            return real()

        monkeypatch.setattr(console, "orders", orders)
        follow_stock.read_anew(console, shop, late.value.cursor)
        assert shop.execute("SELECT quantity FROM level").fetchall() == [(2,)]

        class Enough(Exception):
            pass

        def enough(seconds):
            raise Enough

        monkeypatch.setattr(console, "_sleep", enough)
        real_pages = console.follow_pages
        monkeypatch.setattr(console, "follow_pages", lambda after: real_pages(after, wait=0))
        with pytest.raises(Enough):
            follow_stock.follow(console, shop)
        assert shop.execute("SELECT quantity FROM level").fetchall() == [(3,)]
