"""`manage.py reconcile --seller CODE [--order NUMBER]`: compare with EasyEcom, here and now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from booon_console.lib import clock
from integration.management.binding import check_settings
from integration.models import Drift, MissedDelivery, Order, ReadBack, SyncJob
from integration.reconciliation import schedule
from integration.sync import engine
from integration.webhooks import processing
from sellers.models import Seller

PATIENCE = 120
ACTOR = "reconcile"


class Command(BaseCommand):
    help = (
        "Looks a seller's open orders up at EasyEcom and reads its stock levels back, or looks up "
        "one order. Says what was found. Exit 0: all was compared. 1: not all; the worker goes on, "
        "or EasyEcom gave levels that can't be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seller", required=True, metavar="CODE")
        parser.add_argument("--order", metavar="NUMBER")

    def handle(self, *args: Any, seller: str, order: str | None, **options: Any) -> None:
        found = Seller.objects.filter(code=seller).first()
        if found is None:
            raise CommandError(f"There is no seller {seller}.")
        check_settings()
        began_at = clock.now()
        jobs = self.ask(found, order)
        engine.run(jobs, PATIENCE)
        processing.drain(PATIENCE)
        self.report(found, began_at)
        unread = self.report_unread(found, began_at)
        left = SyncJob.objects.filter(pk__in=jobs).exclude(status=SyncJob.Status.SUCCEEDED)
        for job in left:
            self.stderr.write(f"{job}: {job.error_message or 'goes on in the background.'}")
        if left or unread:
            raise SystemExit(1)

    def ask(self, seller: Seller, number: str | None) -> list[int]:
        if number is None:
            return schedule.request_seller(seller, actor=ACTOR)
        order = Order.objects.filter(seller=seller, order_number=number).first()
        if order is None:
            raise CommandError(f"{seller.code} has no order {number}.")
        jobs = schedule.request_order(order, actor=ACTOR)
        if not jobs:
            standing = order.blocked_message or order.get_stage_display()
            raise CommandError(f"{number} is not open to be compared: {standing}")
        return jobs

    def report(self, seller: Seller, began_at: Any) -> None:
        missed = MissedDelivery.objects.filter(order__seller=seller, found_at__gte=began_at)
        for each in missed.select_related("order").order_by("due_at"):
            self.stdout.write(
                f"missed delivery: {each.order}, manifested {each.due_at:%F %H:%M} UTC"
            )
        drifts = Drift.objects.filter(location__seller=seller, at__gte=began_at)
        for drift in drifts.select_related("location").order_by("pk"):
            self.stdout.write(f"drift at {drift.location.location_key}: {drift}")
        self.stdout.write(f"{missed.count()} missed deliveries, {drifts.count()} drifted levels")

    def report_unread(self, seller: Seller, began_at: Any) -> int:
        """Levels that EasyEcom gave and nobody could read: they stay as they were. How many."""
        ended = ReadBack.objects.filter(location__seller=seller, ended_at__gte=began_at)
        total = 0
        for read_back in ended.filter(unread__gt=0).select_related("location").order_by("pk"):
            total += read_back.unread
            for row in read_back.unread_rows or ():
                place, sku = read_back.location.location_key, row["sku"] or "no SKU"
                self.stderr.write(f"not read at {place}: {sku}: {row['message']}")
        if total:
            self.stderr.write(f"{total} levels could not be read and stay as they were")
        return total
