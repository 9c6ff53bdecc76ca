"""`manage.py onboard_seller FILE.json`: one seller and its locations, in the foreground."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integration import easyecom
from integration.api.errors import listed
from integration.management.binding import check_settings
from integration.models import SyncJob, WebhookEndpoint
from integration.onboarding import flow, sellers
from integration.sync import engine
from sellers.models import Location

# The log-in's cool-down is waited for, and the calls themselves take their time.
PATIENCE = 75 + 45


class Command(BaseCommand):
    help = (
        "Onboards a seller from a JSON file and prints one JSON object: each location, whether it "
        "is live, and its webhook URLs with the tokens made just now. Safe to repeat. "
        "Exit 0: all live. 1: not all. 2: the file is bad, its errors are on stderr."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.json")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        given = self.checked(file)
        check_settings()
        locations = sellers.take_in(given, actor="onboard_seller")
        engine.run([SyncJob.objects.want_location(location).pk for location in locations], PATIENCE)
        report = [self.report(location) for location in locations]
        seller = locations[0].seller.code
        self.stdout.write(json.dumps({"seller": seller, "locations": report}, indent=2))
        if not all(location["live"] for location in report):
            raise SystemExit(1)

    def checked(self, file: Path) -> dict[str, Any]:
        """The file's content, or the end with exit 2."""
        try:
            given = easyecom.loads(file.read_bytes())
        except OSError as fault:
            raise CommandError(f"{file}: {fault.strerror}", returncode=2) from None
        except easyecom.Unreadable as fault:
            raise CommandError(f"{file}: {fault.message}", returncode=2) from None
        form = sellers.SellerIn(data=given)
        if not form.is_valid():
            errors = [f"{each['field'] or file}: {each['message']}" for each in listed(form.errors)]
            raise CommandError("\n".join(errors), returncode=2)
        return form.validated_data

    def report(self, location: Location) -> dict[str, Any]:
        location.refresh_from_db()
        tokens = {each.endpoint.topic: each.token for each in flow.issue_tokens(location)}
        location.refresh_from_db()
        if not location.is_live:
            self.stderr.write(f"{location.location_key}: {location.blocked_message}")
        endpoints = WebhookEndpoint.objects.filter(location=location)
        return {
            "location_key": location.location_key,
            "live": location.is_live,
            "reason": "" if location.is_live else location.blocked_reason,
            "company_carrier_id": flow.registration_of(location).company_carrier_id or None,
            "webhooks": {
                endpoint.topic: {
                    "url": f"{settings.PUBLIC_URL}{endpoint.path}",
                    "token": tokens.get(endpoint.topic),
                }
                for endpoint in endpoints
            }
            or None,
        }
