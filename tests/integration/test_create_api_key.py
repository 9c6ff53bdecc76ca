import hashlib
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integration.models import ApiKey, Event

pytestmark = pytest.mark.django_db


def create(name):
    out = StringIO()
    call_command("create_api_key", name, stdout=out)
    return out.getvalue()


def test_the_key_is_printed_alone_and_kept_as_a_digest():
    printed = create("Booon platform")

    assert re.fullmatch(r"booon_[A-Za-z0-9_-]{43}\n", printed)
    key = ApiKey.objects.get()
    assert key.name == "Booon platform"
    assert key.digest == hashlib.sha256(printed.strip().encode()).hexdigest()
    event = Event.objects.get()
    assert event.sentence == "API key Booon platform made."


def test_the_key_opens_the_api(client):
    key = create("Booon").strip()

    response = client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {key}"})

    assert response.status_code == 200


def test_a_name_is_given_once():
    create("Booon")

    with pytest.raises(CommandError, match="There is a key named Booon already"):
        create("Booon")

    assert ApiKey.objects.count() == Event.objects.count() == 1


@pytest.mark.parametrize("name", ["", "  ", "n" * 101, "a\nb", "a\x00"])
def test_a_name_that_nobody_could_read_is_refused(name):
    with pytest.raises(CommandError, match="printable"):
        create(name)

    assert not ApiKey.objects.exists()
