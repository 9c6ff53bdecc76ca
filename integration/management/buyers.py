"""Whom `erase` and `export_buyer` are about."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from integration.models import Order, OrderFile
from integration.orders import buyers
from sellers.models import Seller

NOTHING = "Nothing was found: no such buyer or order is held, or it was erased before."


def add_wanted(parser: ArgumentParser) -> None:
    parser.add_argument("--phone", default="", metavar="NUMBER", help="in any spelling")
    parser.add_argument("--email", default="", metavar="ADDRESS")
    parser.add_argument("--order", default="", metavar="NUMBER", dest="order_number")
    parser.add_argument("--seller", metavar="CODE", help="of this seller only")


def find_held(options: dict[str, Any]) -> buyers.Held:
    """Raises CommandError: nobody is meant, or nothing is held about them (then with 2)."""
    orders = Order.objects.all()
    if code := options["seller"]:
        if not Seller.objects.filter(code=code).exists():
            raise CommandError(f"There is no seller {code}.")
        orders = orders.filter(seller__code=code)
    try:
        wanted = buyers.Wanted(options["phone"], options["email"], options["order_number"])
    except buyers.NobodyMeant as problem:
        raise CommandError(str(problem)) from None
    held = buyers.held_about(wanted, orders, OrderFile.objects.all())
    if held.is_empty():
        raise CommandError(NOTHING, returncode=2)
    return held
