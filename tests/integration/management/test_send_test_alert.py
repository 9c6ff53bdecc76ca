"""`manage.py send_test_alert` while a console is being set up: before there is a database."""

from django.core import mail
from django.core.management import call_command


def test_test_alert_needs_no_database(settings, capsys):
    """Pytest lets no query through here."""
    settings.ALERT_EMAILS = ["ops@booon.test"]

    call_command("send_test_alert")

    assert capsys.readouterr().out == "Mail to ops@booon.test: taken\n"
    assert [each.to for each in mail.outbox] == [["ops@booon.test"]]
