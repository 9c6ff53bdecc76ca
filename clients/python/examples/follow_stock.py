"""Keeps stock levels and order stages in a SQLite file, following the console's feed.

    BOOON_CONSOLE_URL=https://… BOOON_CONSOLE_KEY=… python follow_stock.py shop.sqlite3

What a page of changes says and the cursor behind it are written in one transaction: ended at any
moment, by whatever, it goes on at the next change when it is started again.
"""

from __future__ import annotations

import os
import sqlite3
import sys

from booon_console_client import Client, TooLate
from booon_console_client.answers import Change

TABLES = """
CREATE TABLE IF NOT EXISTS level (
    location_key TEXT, sku TEXT, quantity INTEGER, PRIMARY KEY (location_key, sku));
CREATE TABLE IF NOT EXISTS stage (
    seller TEXT, order_number TEXT, stage TEXT, PRIMARY KEY (seller, order_number));
CREATE TABLE IF NOT EXISTS place (
    only INTEGER PRIMARY KEY CHECK (only = 1), cursor TEXT, applied INTEGER);
"""


def main(path: str) -> None:
    shop = sqlite3.connect(path)
    shop.executescript(TABLES)
    with Client(os.environ["BOOON_CONSOLE_URL"], os.environ["BOOON_CONSOLE_KEY"]) as console:
        while True:
            try:
                follow(console, shop)
            except TooLate as problem:
                print(problem, file=sys.stderr)
                read_anew(console, shop, problem.cursor)


def follow(console: Client, shop: sqlite3.Connection) -> None:
    """Raises TooLate."""
    found = shop.execute("SELECT cursor FROM place").fetchone()
    if found is None:
        # What is older than the feed stands in the lists only.
        read_anew(console, shop, None)
    for page in console.follow_pages(found[0] if found else None):
        with shop:
            for change in page["results"]:
                apply(shop, change)
            shop.execute(
                "UPDATE place SET cursor = ?, applied = applied + ?",
                (page["cursor"], len(page["results"])),
            )


def read_anew(console: Client, shop: sqlite3.Connection, cursor: str | None) -> None:
    """Replace everything by what the lists say, and go on from a cursor taken before they are read.

    The feed then repeats what the lists know already, and nothing that happens meanwhile falls
    between the two. Until it has caught up, levels may be older than the lists'.
    """
    levels = [(row["location_key"], row["sku"], row["quantity"]) for row in console.stock()]
    stages = [(row["seller"], row["order_number"], row["stage"]) for row in console.orders()]
    with shop:
        shop.execute("DELETE FROM level")
        shop.execute("DELETE FROM stage")
        shop.executemany("INSERT OR REPLACE INTO level VALUES (?, ?, ?)", levels)
        shop.executemany("INSERT OR REPLACE INTO stage VALUES (?, ?, ?)", stages)
        shop.execute(
            "INSERT INTO place VALUES (1, ?, 0) ON CONFLICT DO UPDATE SET cursor = excluded.cursor",
            (cursor,),
        )


def apply(shop: sqlite3.Connection, change: Change) -> None:
    if change["type"] == "stock.updated":
        level = change["data"]
        shop.execute(
            "INSERT OR REPLACE INTO level VALUES (?, ?, ?)",
            (change["location_key"], level["sku"], level["quantity"]),
        )
    elif change["type"] == "order.stage_changed":
        rise = change["data"]
        shop.execute(
            "INSERT OR REPLACE INTO stage VALUES (?, ?, ?)",
            (change["seller"], rise["order_number"], rise["stage"]),
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
