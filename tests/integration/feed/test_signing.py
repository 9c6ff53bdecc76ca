import base64
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from integration.feed import signing
from tests.receiver import OLD_SECRET, SECRET

MESSAGE = signing.message("change_7", "stock.updated", "2026-11-24T10:00:00Z", {"sku": "Kurtā"})
OTHER = f"whsec_{'c' * 32}"


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD = SECRET, ""


def test_a_message_is_genuine_by_the_standards_own_library():
    headers = MESSAGE.headers(datetime.now(UTC))

    said = Webhook(SECRET).verify(MESSAGE.body, headers)

    assert said == {
        "type": "stock.updated",
        "timestamp": "2026-11-24T10:00:00Z",
        "data": {"sku": "Kurtā"},
    }
    assert headers["webhook-id"] == "change_7"


def test_during_a_rotation_both_secrets_sign_and_afterwards_the_new_one_alone(settings):
    settings.BOOON_WEBHOOK_SECRET_OLD = OLD_SECRET
    during = MESSAGE.headers(datetime.now(UTC))
    settings.BOOON_WEBHOOK_SECRET_OLD = ""
    after = MESSAGE.headers(datetime.now(UTC))

    assert Webhook(SECRET).verify(MESSAGE.body, during) == json.loads(MESSAGE.body)
    assert Webhook(OLD_SECRET).verify(MESSAGE.body, during) == json.loads(MESSAGE.body)
    assert Webhook(SECRET).verify(MESSAGE.body, after) == json.loads(MESSAGE.body)
    for secret, headers in [(OLD_SECRET, after), (OTHER, during)]:
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(MESSAGE.body, headers)


def test_each_try_is_signed_for_its_own_time():
    now = datetime.now(UTC)
    first, second = MESSAGE.headers(now - timedelta(hours=2)), MESSAGE.headers(now)

    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 7200
    assert first["webhook-signature"] != second["webhook-signature"]
    assert first["webhook-id"] == second["webhook-id"]
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify(MESSAGE.body, first)


def test_no_secret_stands_in_a_message():
    text = f"{MESSAGE!r} {MESSAGE.headers(datetime.now(UTC))}"

    assert "a" * 32 not in text
    assert "Kurt" not in repr(MESSAGE)


def test_message_is_these_bytes_under_these_headers():
    message = signing.message("change_7", "stock.updated", None, {"sku": "Kurtā", "quantity": 2})
    at = datetime(2026, 11, 24, 15, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    headers = message.headers(at)

    assert message.id == "change_7"
    assert message.body == (
        b'{"type":"stock.updated","timestamp":null,"data":{"sku":"Kurt\\u0101","quantity":2}}'
    )
    signed = b"change_7.1795514400." + message.body
    key = base64.b64decode("a" * 32)
    told = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert headers == {
        "Content-Type": "application/json",
        "User-Agent": "booon-console",
        "webhook-id": "change_7",
        "webhook-timestamp": "1795514400",
        "webhook-signature": f"v1,{told}",
    }


def test_signatures_are_told_by_the_names_of_their_secrets(settings):
    settings.BOOON_WEBHOOK_SECRET_OLD = OLD_SECRET
    moment = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    assert list(signing.signatures("change_7", moment, b"{}")) == [
        "BOOON_WEBHOOK_SECRET",
        "BOOON_WEBHOOK_SECRET_OLD",
    ]
