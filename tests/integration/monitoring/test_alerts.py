"""Once for each cause, with a reminder, and an all-clear; whatever the channels do."""

import json
import smtplib
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from integration.models import Alert, Drain, Hold, Worker
from integration.monitoring import alerts
from integration.sync import holds
from tests.factories import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def worker() -> Worker:
    now = timezone.now()
    return Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)


@pytest.fixture
def by_mail(settings) -> None:
    settings.ALERT_EMAILS = ["ops@booon.test", "oncall@booon.test"]


class Receiver(ThreadingHTTPServer):
    """Booon's chat program."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[Any] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/secret-canary"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def receiver(settings):
    with Receiver() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.ALERT_WEBHOOK_URL = server.url
        yield server
        server.shutdown()


def hold(code: str = "acme") -> Hold:
    return holds.hold(make_seller(code=code), "A drill", actor="asha")


def subjects() -> list[str]:
    return [each.subject for each in mail.outbox]


def pass_time(**spans) -> None:
    """As if the open alerts were of so long ago."""
    for alert in Alert.objects.open():
        alert.opened_at -= timedelta(**spans)
        alert.reminded_at = alert.reminded_at and alert.reminded_at - timedelta(**spans)
        alert.save()


def test_cause_is_told_once_and_its_end_once(by_mail):
    row = hold()
    for _ in range(3):
        alerts.check_causes()
    holds.release(row, "It is over now", actor="asha")
    for _ in range(3):
        alerts.check_causes()

    assert subjects() == [
        "[Booon console, production] Alerts: 1 open",
        "[Booon console, production] Alerts: 1 over",
    ]
    first, last = mail.outbox
    assert first.to == ["ops@booon.test", "oncall@booon.test"]
    assert first.from_email == "booon-console@console.booon.test"
    assert first.body.startswith("NEW: acme is held: nothing goes out to EasyEcom. (since ")
    assert first.body.endswith("https://console.booon.test/admin/integration/alert/")
    assert last.body.startswith("OVER: acme is held")
    alert = Alert.objects.get()
    assert (alert.is_open, alert.tellings, alert.mailed) == (False, 2, 2)


def test_what_lasts_is_reminded_of_once_a_day(by_mail):
    hold()
    alerts.check_causes()
    pass_time(hours=23)
    alerts.check_causes()
    assert len(mail.outbox) == 1

    pass_time(hours=2)
    alerts.check_causes()
    alerts.check_causes()
    pass_time(hours=25)
    alerts.check_causes()

    assert [each.body[:20] for each in mail.outbox[1:]] == ["STILL OPEN: acme is "] * 2


def test_reminder_follows_its_setting(by_mail, settings):
    settings.ALERT_REMINDER_HOURS = 1
    hold()
    alerts.check_causes()
    pass_time(hours=1)
    alerts.check_causes()

    assert len(mail.outbox) == 2


def test_cause_that_comes_back_is_told_anew(by_mail):
    Worker.objects.update(beat_at=None)
    alerts.check_causes()
    Worker.objects.update(beat_at=timezone.now())
    alerts.check_causes()
    Worker.objects.update(beat_at=None)
    alerts.check_causes()

    assert [each.body.split(":")[0] for each in mail.outbox] == ["NEW", "OVER", "NEW"]
    assert Alert.objects.filter(key="worker").count() == 2


def test_many_causes_are_one_message(by_mail):
    for number in range(3):
        hold(f"s{number}")

    alerts.check_causes()

    assert subjects() == ["[Booon console, production] Alerts: 3 open"]
    assert mail.outbox[0].body.count("is held") == 3


def test_more_than_fit_come_with_the_next_look(by_mail, monkeypatch):
    monkeypatch.setattr(alerts, "AT_ONCE", 2)
    for number in range(3):
        hold(f"s{number}")

    alerts.check_causes()
    alerts.check_causes()

    assert [each.body.count("is held") for each in mail.outbox] == [2, 1]


def test_webhook_is_told_in_words_and_in_fields(receiver):
    hold()
    alerts.check_causes()

    [body] = receiver.bodies
    alert = Alert.objects.get()
    assert body["text"].startswith("[Booon console, production] Alerts: 1 open\nNEW: acme is held")
    assert body["alerts"] == [
        {
            "kind": "hold",
            "state": "new",
            "sentence": "acme is held: nothing goes out to EasyEcom.",
            "opened_at": f"{alert.opened_at:%Y-%m-%dT%H:%M:%SZ}",
            "cleared_at": None,
        }
    ]
    assert (alert.posted, alert.mailed) == (1, 1)


@pytest.mark.parametrize("status", [500, 302, 404])
def test_receiver_that_fails_is_tried_again_and_redirects_are_not_followed(
    receiver, status, caplog
):
    receiver.status = status
    hold()
    alerts.check_causes()
    assert Alert.objects.get().posted == 0

    receiver.status = 200
    alerts.check_causes()
    alerts.check_causes()

    assert len(receiver.bodies) == 2
    assert Alert.objects.get().posted == 1
    assert "canary" not in caplog.text


def test_mail_server_that_is_down_disturbs_nobody(by_mail, receiver, monkeypatch, caplog):
    def refuse(self):
        raise smtplib.SMTPServerDisconnected("password-canary")

    with monkeypatch.context() as patch:
        patch.setattr(alerts.alert_channels.EmailMessage, "send", refuse)
        row = hold()
        alerts.check_causes()
        holds.release(row, "It is over now", actor="asha")
        alerts.check_causes()
    assert mail.outbox == []
    assert len(receiver.bodies) == 2
    assert "canary" not in caplog.text

    alerts.check_causes()

    [late] = mail.outbox
    assert late.body.startswith("OVER: acme is held")


def test_address_that_is_none_does_not_keep_the_alert_from_the_webhook(
    settings, by_mail, receiver, monkeypatch
):
    def refuse(self):
        raise ValueError("Invalid address")

    monkeypatch.setattr(alerts.alert_channels.EmailMessage, "send", refuse)
    hold()

    alerts.check_causes()

    assert len(receiver.bodies) == 1
    assert Alert.objects.get().mailed == 0


def test_test_alert_goes_over_each_channel_and_is_no_row(by_mail, receiver, capsys):
    call_command("send_test_alert")

    assert capsys.readouterr().out.splitlines() == [
        "Mail to ops@booon.test: taken",
        "Mail to oncall@booon.test: taken",
        "POST to ALERT_WEBHOOK_URL: taken",
    ]
    assert [each.to for each in mail.outbox] == [["ops@booon.test"], ["oncall@booon.test"]]
    assert "nothing is wrong" in mail.outbox[0].body
    [body] = receiver.bodies
    assert "nothing is wrong" in body["text"]
    assert [each["kind"] for each in body["alerts"]] == ["test"]
    assert not Alert.objects.exists()


def test_test_alert_that_one_channel_does_not_take_is_named_and_ends_with_1(
    by_mail, receiver, monkeypatch, capsys
):
    receiver.status = 403
    send = mail.EmailMessage.send

    def refuse_one(self):
        if self.to == ["ops@booon.test"]:
            raise smtplib.SMTPRecipientsRefused({"ops@booon.test": (550, b"canary")})
        send(self)

    monkeypatch.setattr(alerts.alert_channels.EmailMessage, "send", refuse_one)

    with pytest.raises(SystemExit) as ended:
        call_command("send_test_alert")

    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out == "Mail to oncall@booon.test: taken\n"
    assert told.err.splitlines() == [
        "Mail to ops@booon.test: not taken, SMTPRecipientsRefused",
        "POST to ALERT_WEBHOOK_URL: not taken, HTTP 403 Forbidden.",
    ]


def test_test_alert_without_a_channel_says_which_to_set():
    with pytest.raises(CommandError, match="Set ALERT_EMAILS or ALERT_WEBHOOK_URL"):
        call_command("send_test_alert")


def test_channel_that_is_set_later_tells_nothing_old(settings):
    holds.release(hold(), "It is over now", actor="asha")
    hold("other")
    alerts.check_causes()
    assert Alert.objects.get().mailed == 1

    settings.ALERT_EMAILS = ["ops@booon.test"]
    alerts.check_causes()

    assert mail.outbox == []


def test_two_who_look_at_once_tell_it_once(by_mail):
    hold()
    other = Drain.objects.filter(kind="alerts").claim("another", timezone.now())

    alerts.look_for_alerts()
    assert mail.outbox == []
    other.release()
    alerts.look_for_alerts()

    assert len(mail.outbox) == 1
    assert Drain.objects.get(kind="alerts").running_until is None


def test_alert_that_another_wrote_first_is_not_doubled():
    hold()
    now = timezone.now()
    found = alerts.causes.current_causes(now)
    alerts.record_alerts(found, now)
    Alert.objects.bulk_create(
        [Alert(key=found[0].key, kind="hold", sentence="S", opened_at=now)], ignore_conflicts=True
    )

    assert Alert.objects.count() == 1


def test_broken_look_is_no_failed_task(monkeypatch, caplog):
    def fail(now):
        raise RuntimeError("canary")

    monkeypatch.setattr(alerts.causes, "current_causes", fail)

    alerts.look_for_alerts()

    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert Drain.objects.get(kind="alerts").running_until is None
