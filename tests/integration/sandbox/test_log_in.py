import pytest

from tests.integration.sandbox.helpers import HERE, THERE, account


def test_token_is_shaped_like_a_jwt_and_lasts_ninety_days(stranger):
    answer = stranger.log_in()

    token = answer.json()["data"]["token"]
    assert answer.status_code == 200
    assert token["jwt_token"].count(".") == 2
    assert token["expires_in"] == 90 * 24 * 3600
    assert "code" not in answer.json()


def test_second_log_in_for_a_location_meets_the_cool_down(stranger):
    stranger.control("settings", cool_down_seconds=60)

    statuses = [stranger.log_in(key).status_code for key in (HERE, HERE, THERE)]

    assert statuses == [200, 403, 200]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "wrong"}, "Invalid user credentials provided"),
        ({"email": "nobody"}, "Invalid user credentials provided"),
        ({"location_key": "elsewhere"}, "Invalid location key provided"),
    ],
)
@pytest.mark.parametrize("status", [200, 401])
def test_wrong_credentials_are_told_by_message_and_by_the_status_switched(
    stranger, changes, message, status
):
    stranger.control("settings", wrong_credentials_status=status)

    answer = stranger.log_in(**changes)

    assert answer.status_code == status
    assert (answer.json()["data"], answer.json()["message"]) == ([], message)


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc", "Bearer "])
def test_calls_without_a_good_token_get_a_real_401(stranger, header):
    headers = {"Authorization": header} if header else {}

    assert stranger.get("/getAllLocation", headers=headers).status_code == 401


def test_expired_tokens_get_a_401_until_the_next_log_in(caller):
    assert caller.control("tokens/expire", location_key=HERE) == {"expired": 1}

    before = caller.get("/getAllLocation").status_code
    caller.authorize()

    assert (before, caller.get("/getAllLocation").status_code) == (401, 200)
    assert caller.ledger("get_locations")[0]["location_key"] == HERE


def test_token_ends_by_itself(stranger):
    stranger.control("settings", token_seconds=0)

    assert stranger.authorize().get("/getAllLocation").status_code == 401


@pytest.mark.parametrize(("ends_old", "status"), [(True, 401), (False, 200)])
def test_new_token_ends_the_old_one_by_switch(caller, ends_old, status):
    caller.control("settings", new_token_ends_old=ends_old)

    caller.log_in()

    assert caller.get("/getAllLocation").status_code == status


def test_api_key_is_required_by_switch_and_never_wrong(caller):
    caller.control("accounts", **account(x_api_key="key-canary"))
    keys = [{}, {"x-api-key": "wrong"}, {"x-api-key": "key-canary"}]

    free = [caller.get("/getAllLocation", headers=key).status_code for key in keys]
    caller.control("settings", x_api_key_required=True)
    strict = [caller.get("/getAllLocation", headers=key).status_code for key in keys]

    assert (free, strict) == ([200, 401, 200], [401, 401, 200])
    assert caller.log_in().status_code == 401


def test_rate_limit_answers_429_after_the_burst(caller):
    caller.control("accounts", **account(rate=0.001, burst=3))

    answers = [caller.get("/getAllLocation") for _ in range(4)]
    caller.control("settings", send_retry_after=False)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Retry-After" not in caller.get("/getAllLocation").headers
