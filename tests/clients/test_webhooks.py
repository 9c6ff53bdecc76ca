from datetime import UTC, datetime

import pytest
from booon_console_client import NotGenuine, verify

from integration.telling import signing

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SECRET, OLD, OTHER = (f"whsec_{letter * 32}" for letter in "abc")
MESSAGE = signing.message("change_7", "stock.updated", None, {"cursor": "7", "data": {"sku": "é"}})


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD = SECRET, OLD


@pytest.mark.parametrize("known", [[SECRET], [OLD], [OTHER, SECRET], [SECRET[6:]]])
@pytest.mark.parametrize("name", [str, str.title, str.upper])
def test_what_the_console_signs_is_genuine(known, name):
    headers = {name(key): value for key, value in MESSAGE.headers(NOW).items()}

    message = verify(MESSAGE.body, headers, known, now=NOW.timestamp() + 299)

    assert (message.id, message.type) == ("change_7", "stock.updated")
    assert message.data == {"cursor": "7", "data": {"sku": "é"}}


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "change_8"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é \udcff"},
    ],
)
def test_what_was_altered_is_not(change):
    headers = MESSAGE.headers(NOW) | change

    with pytest.raises(NotGenuine):
        verify(MESSAGE.body, headers, [SECRET], now=NOW.timestamp())


def test_another_body_secret_or_hour_is_not():
    headers = MESSAGE.headers(NOW)
    for body, known, late in [
        (MESSAGE.body + b" ", [SECRET], 0),
        (MESSAGE.body, [OTHER], 0),
        (MESSAGE.body, [], 0),
        (MESSAGE.body, [SECRET], 301),
        (MESSAGE.body, [SECRET], -301),
    ]:
        with pytest.raises(NotGenuine):
            verify(body, headers, known, now=NOW.timestamp() + late)
