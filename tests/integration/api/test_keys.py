"""API keys: what opens, what ends, and what is never asked of the database."""

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import NotFound

from integration.api import authentication
from integration.models import ApiKey, Event
from sellers.models import Seller
from tests.factories import make_seller
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db

URL = "/api/v1/orders/"
KEY, OTHER = "booon_key-canary", "booon_other-canary"


def make_key(name, key, **fields):
    digest = hashlib.sha256(key.encode()).hexdigest()
    return ApiKey.objects.create(name=name, digest=digest, **fields)


def status(client, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get(URL, headers=headers).status_code


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        (f"  Bearer   {KEY}  ", 200),
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        (KEY, 401),
        (f"Token {KEY}", 401),
        (f"Basic {KEY}", 401),
        (f"Bearer {KEY}x", 401),
        (f"Bearer {KEY[:-1]}", 401),
        (f"Bearer {KEY.upper()}", 401),
        (f"Bearer {KEY} {KEY}", 401),
        (f"Bearer {hashlib.sha256(KEY.encode()).hexdigest()}", 401),
    ],
)
def test_key_opens_as_it_is_and_as_a_bearer_token_only(client, authorization, expected):
    make_key("Booon", KEY)

    assert status(client, authorization) == expected


UNKNOWN = "This API key is unknown or revoked."
SAID = "Give an API key in the header, as Authorization: Bearer <key>."


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, SAID),
        ("", SAID),
        ("Token x", SAID),
        (KEY, SAID),
        ("Bearer x", UNKNOWN),
        (f"Bearer {OTHER}", UNKNOWN),
        ("Bearer past", "This API key has expired. Ask Booon's operators for another."),
    ],
)
def test_refusal_says_why_and_how_one_is_let_in(client, authorization, message):
    make_key("Booon", KEY)
    make_key("Revoked", OTHER, revoked_at=timezone.now())
    make_key("Past", "past", expires_at=timezone.now())

    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.get(URL, headers=headers)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json() == {"errors": [{"field": "", "message": message}]}


def test_seller_that_is_none_is_not_found_and_said_so(client):
    make_key("Booon", KEY)

    answer = client.get(
        "/api/v1/sellers/nobody/orders/BN-1/", headers={"Authorization": f"Bearer {KEY}"}
    )

    assert answer.status_code == 404
    assert answer.json() == {"errors": [{"field": "", "message": "There is no such seller."}]}


def test_session_of_staff_opens_nothing_of_the_api(client):
    client.force_login(make_superuser())

    assert status(client, None) == 401


@pytest.mark.parametrize(("ends_in", "expected"), [(None, 200), (60, 200), (0, 401), (-60, 401)])
def test_key_that_has_expired_is_refused_and_says_so(client, ends_in, expected):
    ends = None if ends_in is None else timezone.now() + timedelta(seconds=ends_in)
    make_key("Booon", KEY, expires_at=ends)

    answer = client.get(URL, headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == expected
    if expected == 401:
        assert "has expired" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(("ends_in", "has_expired"), [(1, False), (0, True), (-1, True)])
def test_key_ends_at_its_moment(ends_in, has_expired):
    now = timezone.now()
    key = ApiKey(expires_at=now + timedelta(microseconds=ends_in))

    assert key.has_expired(now) == has_expired
    assert not ApiKey(expires_at=None).has_expired(now)


@pytest.mark.parametrize("is_limited", [True, False])
def test_revoked_key_is_refused_at_once_and_the_others_go_on(client, is_limited):
    revoked = make_key("Booon", KEY, is_limited=is_limited)
    make_key("Other", OTHER, is_limited=is_limited)
    assert status(client, f"Bearer {KEY}") == 200
    client.force_login(make_superuser())

    client.post(reverse("admin:integration_apikey_revoke", args=[revoked.pk]))

    assert status(client, f"Bearer {KEY}") == 401
    assert status(client, f"Bearer {OTHER}") == 200
    event = Event.objects.get(kind="api_key")
    assert (event.sentence, event.actor) == ("API key Booon revoked.", "asha")


def test_key_is_revoked_once_and_keeps_its_first_time(client):
    earlier = timezone.now() - timedelta(days=2)
    key = make_key("Booon", KEY, revoked_at=earlier)
    client.force_login(make_superuser())

    client.post(reverse("admin:integration_apikey_revoke", args=[key.pk]))

    key.refresh_from_db()
    assert key.revoked_at == earlier
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("is_limited", "codes", "sees", "scope"),
    [
        (False, "", None, "all sellers"),
        # Sellers that stand beside a key that is not limited limit nothing.
        (False, "a", None, "all sellers"),
        (True, "", [], "no seller"),
        (True, "a", ["a"], "a"),
        (True, "ca", ["a", "c"], "a, c"),
    ],
)
def test_key_sees_its_sellers_or_all_and_says_so(is_limited, codes, sees, scope):
    sellers = {code: make_seller(code=code) for code in "abc"}
    key = make_key("Booon", KEY, is_limited=is_limited)
    key.sellers.set([sellers[code] for code in codes])

    ids = key.seller_ids

    expected = None if sees is None else {sellers[code].pk for code in sees}
    assert (None if ids is None else set(ids)) == expected
    assert key.scope == scope


def test_key_whose_last_seller_goes_sees_nothing():
    seller = make_seller()
    key = make_key("Booon", KEY, is_limited=True)
    key.sellers.set([seller])
    seller.delete()

    assert ApiKey.objects.get().seller_ids == []
    assert key.scope == "no seller"


def test_use_is_noted_with_the_key_that_was_used_and_with_no_other(client):
    used, other = make_key("Booon", KEY), make_key("Other", OTHER)

    assert status(client, f"Bearer {KEY}") == 200

    for key in (used, other):
        key.refresh_from_db()
    assert used.last_used_at is not None
    assert other.last_used_at is None


@pytest.mark.parametrize(("seconds_ago", "is_noted"), [(59, False), (60, True), (61, True)])
def test_use_that_another_process_noted_within_the_minute_stands(seconds_ago, is_noted):
    now = timezone.now()
    earlier = now - timedelta(seconds=seconds_ago)
    as_it_was = make_key("Booon", KEY)
    ApiKey.objects.update(last_used_at=earlier)

    as_it_was.note_use(now)

    assert ApiKey.objects.get().last_used_at == (now if is_noted else earlier)


@pytest.mark.parametrize(
    "code", ["a b", "", "-a", ".a", "a/b", "a\n", "ä", "a" * 65, "a\x00b", "a'--"]
)
def test_what_is_no_code_is_no_seller_and_never_asked_for(code, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(NotFound):
        authentication.seller_by_code(code, Seller.objects.all())


@pytest.mark.parametrize("code", ["a", "0", "A.b_c-9", "a" * 64])
def test_code_finds_its_seller_whole_and_in_its_own_case(code):
    seller = make_seller(code=code)
    make_seller(code=f"x{code}"[:64] if len(code) < 64 else "x")

    assert authentication.seller_by_code(code, Seller.objects.all()) == seller
    with pytest.raises(NotFound):
        authentication.seller_by_code(code.swapcase() + "z", Seller.objects.all())


@pytest.mark.postgres
@pytest.mark.parametrize("path", ["sellers/a%00b/orders/BN-1/", "sellers/acme/orders/B%00N/"])
def test_path_with_a_nul_is_not_found_on_either_database(client, path):
    make_seller(code="acme")
    make_key("Booon", KEY)

    answer = client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 404
