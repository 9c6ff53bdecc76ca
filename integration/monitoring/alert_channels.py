"""How alerts reach people: by mail, and by a POST that chat programs understand.

Neither the receiver's address nor an error's own text is written anywhere: both may hold secrets.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from booon_console.lib.spoken import ist
from integration import posting
from integration.models import Alert, api_time

# What `manage.py send_test_alert` sends; no alert of this kind is ever stored.
TEST = "test"
TEST_SENTENCE = "This is a test by manage.py send_test_alert: nothing is wrong."


@dataclass(frozen=True, slots=True)
class Channel:
    """`column` counts what it has told; `send` says what went wrong, "" where nothing did."""

    column: str
    is_set: Callable[[], bool]
    send: Callable[[Sequence[Alert]], str]


def send_mail(alerts: Sequence[Alert]) -> str:
    return mail_to(settings.ALERT_EMAILS, alerts)


def mail_to(addresses: Sequence[str], alerts: Sequence[Alert]) -> str:
    mail = EmailMessage(subject(alerts), text(alerts), to=addresses)
    try:
        mail.send()
    # What smtplib raises is an OSError too; an address that is none, a ValueError.
    except (OSError, ValueError) as fault:
        return type(fault).__name__
    return ""


def send_post(alerts: Sequence[Alert]) -> str:
    """No redirects, one deadline over the whole exchange."""
    said = {
        "text": f"{subject(alerts)}\n{text(alerts)}",
        "alerts": [as_json(row) for row in alerts],
    }
    headers = {"Content-Type": "application/json"}
    with closing(posting.make_session(1)) as session:
        return posting.post(
            session,
            settings.ALERT_WEBHOOK_URL,
            json.dumps(said).encode(),
            headers,
            settings.ALERT_TIMEOUT,
        ).reason


def subject(alerts: Sequence[Alert]) -> str:
    over = sum(not alert.is_open for alert in alerts)
    counts = [f"{len(alerts) - over} open"] * (over < len(alerts)) + [f"{over} over"] * (over > 0)
    return f"[Booon console, {settings.BOOON_ENVIRONMENT}] Alerts: {', '.join(counts)}"


def text(alerts: Sequence[Alert]) -> str:
    return "\n".join(
        [*map(render_line, alerts), "", f"{settings.PUBLIC_URL}/admin/integration/alert/"]
    )


def render_line(alert: Alert) -> str:
    since = ist(alert.opened_at)
    return f"{alert.standing.upper()}: {alert.sentence} (since {since})"


def as_json(alert: Alert) -> dict[str, str | None]:
    return {
        "kind": alert.kind,
        "state": alert.standing,
        "sentence": alert.sentence,
        "opened_at": api_time(alert.opened_at),
        "cleared_at": api_time(alert.cleared_at),
    }


ALL = (
    Channel("mailed", lambda: bool(settings.ALERT_EMAILS), send_mail),
    Channel("posted", lambda: bool(settings.ALERT_WEBHOOK_URL), send_post),
)


def send_test() -> Iterator[tuple[str, str]]:
    """A test alert over all that is set: to whom, and what went wrong, "" where it was taken. No
    row is touched, nor the database asked for the time.

    Each address has a mail of its own: a server that refuses one of several says nothing.
    """
    alerts = [Alert(kind=TEST, sentence=TEST_SENTENCE, opened_at=timezone.now())]
    for address in settings.ALERT_EMAILS:
        yield f"Mail to {address}", mail_to([address], alerts)
    if settings.ALERT_WEBHOOK_URL:
        yield "POST to ALERT_WEBHOOK_URL", send_post(alerts)


def is_any_set() -> bool:
    return any(channel.is_set() for channel in ALL)
