import hashlib
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integration.models import ApiKey, Event
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.django_db


def create(name, *options):
    out = StringIO()
    call_command("create_api_key", name, *options, stdout=out)
    return out.getvalue()


def test_the_key_is_printed_alone_and_kept_as_a_digest():
    printed = create("Booon platform")

    assert re.fullmatch(r"booon_[A-Za-z0-9_-]{43}\n", printed)
    key = ApiKey.objects.get()
    assert key.name == "Booon platform"
    assert key.digest == hashlib.sha256(printed.strip().encode()).hexdigest()
    event = Event.objects.get()
    assert event.sentence == "API key Booon platform made, for all sellers."


def test_the_key_opens_the_api(client):
    key = create("Booon").strip()

    response = client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {key}"})

    assert response.status_code == 200


def test_key_of_some_sellers_opens_their_things_only(client):
    ours, theirs, other = (make_order(make_location()).seller for _ in range(3))

    printed = create("Booon", "--seller", theirs.code, "--seller", ours.code)

    headers = {"Authorization": f"Bearer {printed.strip()}"}
    rows = client.get("/api/v1/orders/", headers=headers).json()["results"]
    assert {row["seller"] for row in rows} == {ours.code, theirs.code}
    codes = ", ".join(sorted([ours.code, theirs.code]))
    assert Event.objects.get(kind="api_key").sentence == f"API key Booon made, for {codes}."


def test_unknown_seller_is_named_and_no_key_is_made():
    make_seller(code="acme")

    with pytest.raises(CommandError, match="--seller: there is no seller nobody, x"):
        create("Booon", "--seller", "acme", "x", "nobody")

    assert not ApiKey.objects.exists()


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
