import hashlib
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

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


@pytest.mark.parametrize(
    ("by_setting", "options", "days"),
    [(0, (), None), (90, (), 90), (90, ("--days", "7"), 7), (90, ("--days", "0"), None)],
)
def test_key_ends_by_setting_or_as_it_is_said(settings, by_setting, options, days):
    settings.API_KEY_DAYS = by_setting
    before = timezone.now()

    create("Booon", *options)

    ends = ApiKey.objects.get().expires_at
    assert ends is None if days is None else before <= ends - timedelta(days=days) <= timezone.now()
    assert (", until " in Event.objects.get().sentence) is (days is not None)


@pytest.mark.parametrize("days", ["-1", "3651"])
def test_days_out_of_bounds_are_refused(days):
    with pytest.raises(CommandError, match="--days: 0 to 3650"):
        create("Booon", f"--days={days}")

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


def test_key_is_narrowed_to_parts_to_reading_and_to_so_many_calls():
    create("Booon", "--for", "stock", "orders", "--read-only", "--calls-per-minute", "60")

    key = ApiKey.objects.get()
    assert (key.areas, key.is_read_only, key.calls_per_minute) == ("orders stock", True, 60)
    said = "API key Booon made, for all sellers; it reads orders, stock."
    assert Event.objects.get().sentence == said


def test_part_that_the_api_does_not_have_is_named():
    with pytest.raises(CommandError, match="invalid choice: 'returns'"):
        create("Booon", "--for", "returns")


@pytest.mark.parametrize("calls", ["-1", "1000001"])
def test_calls_out_of_bounds_are_refused(calls):
    with pytest.raises(CommandError, match="--calls-per-minute: 0 to 1000000"):
        create("Booon", f"--calls-per-minute={calls}")
