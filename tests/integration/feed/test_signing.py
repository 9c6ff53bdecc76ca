import json
from datetime import UTC, datetime, timedelta

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
