"""Credentials that look like something else are told apart from those that look right."""

import pytest

from integration.onboarding.input_hints import suspicions

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ"
ACCOUNT_TOKEN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def found(**fields: object) -> list[tuple[str, str]]:
    keys = fields.pop("keys", ["ne29488101841"])
    given = {
        "api_username": "api@acme.example",
        "api_password": "Xk2-harvest",
        "locations": [{"location_key": key} for key in keys],
    } | fields
    return [(path[-1], sentence) for path, sentence in suspicions(given)]


def test_what_looks_right_is_not_suspected():
    assert found(keys=["ne29488101841", "en100"], x_api_key="a1b2c3d4" * 5) == []


@pytest.mark.parametrize(
    ("fields", "column", "said"),
    [
        ({"keys": [ACCOUNT_TOKEN]}, "location_key", "Account Token"),
        ({"keys": [JWT]}, "location_key", "JWT"),
        ({"keys": ["api@acme.example"]}, "location_key", "e-mail address"),
        ({"keys": ["171721"]}, "location_key", "company id"),
        ({"api_username": "acme-api"}, "api_username", "none"),
        ({"api_username": "ne29488101841"}, "api_username", "location key"),
        ({"api_username": JWT}, "api_username", "JWT"),
        ({"api_password": "other@acme.example"}, "api_password", "swapped"),
        ({"api_password": "api@acme.example"}, "api_password", "once more"),
        ({"api_password": "ne29488101841"}, "api_password", "once more"),
        ({"api_password": "ne29488101999"}, "api_password", "location key"),
        ({"api_password": f"Bearer {JWT}"}, "api_password", "JWT"),
        ({"api_password": "Xk2-harvest "}, "api_password", "space"),
        ({"x_api_key": "api@acme.example"}, "x_api_key", "e-mail address"),
        ({"x_api_key": JWT}, "x_api_key", "JWT"),
        ({"x_api_key": "ne29488101841"}, "x_api_key", "location key"),
    ],
)
def test_mixup_is_named_at_its_field_without_its_value(fields, column, said):
    ((where, sentence),) = found(**fields)

    assert where == column
    assert said in sentence
    (value,) = fields.values()
    assert (value[0] if isinstance(value, list) else value) not in sentence


def test_second_key_is_named_by_its_place():
    given = {"locations": [{"location_key": "en100"}, {"location_key": JWT}]}

    ((path, _),) = suspicions(given)

    assert path == ("locations", "1", "location_key")
