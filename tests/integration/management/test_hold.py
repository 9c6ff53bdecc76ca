"""`manage.py hold` and `release`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from integration.models import Event, Hold
from integration.sync import wakeup
from integration.worker import tasks
from tests.factories import make_order, make_seller

pytestmark = pytest.mark.django_db


def say(*words: str) -> str:
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue().strip()


def test_everything_is_held_and_released():
    assert say("hold", "--reason", "A drill") == "Held everything."
    assert Hold.objects.over_everything().reason == "A drill"

    assert say("release", "--reason", "Over") == "Released everything."
    assert Hold.objects.over_everything() is None
    assert list(Event.objects.values_list("actor", "sentence")) == [
        ("manage.py hold", "Held everything: A drill"),
        ("manage.py release", "Released everything: Over"),
    ]


def test_one_seller_is_held_and_released():
    seller = make_seller(code="acme")
    make_seller(code="other")

    assert say("hold", "--seller", "acme", "--reason", "A drill") == "Held acme."
    assert [row.seller for row in Hold.objects.open()] == [seller]
    assert say("release", "--seller", "acme", "--reason", "Over") == "Released acme."

    assert not Hold.objects.open().exists()


def test_release_wakes_the_outbox(monkeypatch):
    monkeypatch.setattr(wakeup, "last_wakes", {})
    make_order()
    say("hold", "--reason", "A drill")
    OrmQ.objects.all().delete()
    monkeypatch.setattr(wakeup, "last_wakes", {})
    tasks.Drain.objects.update(queued_at=None)

    say("release", "--reason", "Over")

    assert "integration.worker.tasks.drain_outbox" in [task.func() for task in OrmQ.objects.all()]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["hold", "--seller", "nobody", "--reason", "R"], "There is no seller nobody."),
        (["release", "--reason", "R"], "Everything is not held."),
        (["release", "--seller", "acme", "--reason", "R"], "acme is not held."),
        (["hold"], "--reason"),
        (["hold", "--reason", " "], "--reason"),
    ],
)
def test_what_can_not_be_done_is_said(words, error):
    make_seller(code="acme")

    with pytest.raises(CommandError, match=error):
        say(*words)
    assert not Hold.objects.exists()


def test_second_hold_is_refused_and_the_first_stays():
    say("hold", "--reason", "First")

    with pytest.raises(CommandError, match="Everything is held already."):
        say("hold", "--reason", "Second")
    assert Hold.objects.get().reason == "First"
