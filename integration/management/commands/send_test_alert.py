"""`manage.py send_test_alert`: whether alerts reach somebody, before one has to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.monitoring import alert_channels


class Command(BaseCommand):
    help = (
        "Sends a test alert to each address of ALERT_EMAILS and to ALERT_WEBHOOK_URL, and says "
        "which were taken. Needs no database. Exit 0: all were. 1: not all, or none is set."
    )
    # It is asked while a console is being set up: other settings may still be wrong.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not alert_channels.is_any_set():
            raise CommandError("Set ALERT_EMAILS or ALERT_WEBHOOK_URL: nobody is alerted.")
        is_refused = False
        for receiver, trouble in alert_channels.send_test():
            if trouble:
                is_refused = True
                self.stderr.write(f"{receiver}: not taken, {trouble}")
            else:
                self.stdout.write(f"{receiver}: taken")
        if is_refused:
            raise SystemExit(1)
