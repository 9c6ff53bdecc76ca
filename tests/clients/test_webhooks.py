import base64
import hmac
from datetime import UTC, datetime

import pytest
from booon_console_client import NotGenuine, verify

from integration.feed import signing

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


def forged_with(key):
    """Signed by somebody who knows no secret, only that none is set."""
    headers = MESSAGE.headers(NOW)
    signed = f"{MESSAGE.id}.{headers['webhook-timestamp']}.".encode() + MESSAGE.body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return headers | {"webhook-signature": f"v1,{signature}"}


@pytest.mark.parametrize("unset", ["", "whsec_", None, " ", " whsec_\n"])
@pytest.mark.parametrize("others", [[], [SECRET]])
def test_a_secret_that_is_not_set_opens_nothing(unset, others):
    with pytest.raises(NotGenuine):
        verify(MESSAGE.body, forged_with(b""), [*others, unset], now=NOW.timestamp())


@pytest.mark.parametrize("unset", ["", "whsec_", None])
def test_an_old_secret_that_is_not_set_is_in_nobodys_way(unset):
    """As the README writes it, between two rotations."""
    message = verify(MESSAGE.body, MESSAGE.headers(NOW), [SECRET, unset], now=NOW.timestamp())

    assert message.id == "change_7"


@pytest.mark.parametrize("short", ["whsec_!!!!", "whsec_YQ==", "whsec_" + "YWFh" * 7, "x", "é"])
def test_a_secret_that_anybody_could_guess_is_refused_by_name(short):
    with pytest.raises(ValueError, match="at least 24 bytes in base64"):
        verify(MESSAGE.body, forged_with(b"a"), [SECRET, short], now=NOW.timestamp())


@pytest.mark.parametrize("bare", [SECRET, SECRET.encode(), ""])
def test_a_secret_in_the_place_of_the_list_is_refused(bare):
    with pytest.raises(ValueError, match="as a list"):
        verify(MESSAGE.body, MESSAGE.headers(NOW), bare, now=NOW.timestamp())
