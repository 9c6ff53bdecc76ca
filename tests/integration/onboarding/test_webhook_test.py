"""The console's delivery to itself: it proves the way in, and lets nothing in."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from integration import posting
from integration.easyecom.wire import Step
from integration.models import Delivery, Refusal, SelfTest, Topic
from integration.onboarding import webhook_test
from integration.posting import Reply
from integration.webhooks import auth
from tests.factories import endpoint_token, make_location
from tests.integration.easyecom.wire_server import answer, serving
from tests.integration.test_posting import answering

TOKEN = "self-test-token-canary"
MARKED = {"HTTP_X_BOOON_SELF_TEST": "1"}


@pytest.fixture(autouse=True)
def forget_tokens():
    auth.trusted.clear()


@pytest.fixture
def endpoint(db):
    return make_location().endpoints.get(topic=Topic.INVENTORY)


@pytest.fixture
def begun(endpoint):
    webhook_test.start(endpoint, TOKEN)
    return endpoint


def post(client, endpoint, *, token=TOKEN, body=webhook_test.BODY, path=None, **headers):
    return client.generic(
        "POST",
        path or endpoint.path,
        body,
        content_type="application/json",
        HTTP_ACCESS_TOKEN=token,
        **(MARKED | headers),
    )


@pytest.mark.django_db(transaction=True)
def test_self_test_goes_through_public_url_and_is_no_delivery(live_server, settings):
    settings.PUBLIC_URL = live_server.url
    endpoint = make_location().endpoints.get(topic=Topic.MANIFESTED)

    test = webhook_test.run(endpoint)

    assert test.trouble == ""
    assert test.arrived_at is not None
    assert test.elapsed_ms is not None
    assert test.digest == ""
    assert not Delivery.objects.exists()
    assert not Refusal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_endpoint_without_a_token_yet_is_tested_too(live_server, settings):
    settings.PUBLIC_URL = live_server.url
    endpoint = make_location().endpoints.get(topic=Topic.INVENTORY)
    endpoint.token_digest = ""
    endpoint.save()

    assert webhook_test.run(endpoint).trouble == ""


def test_its_token_opens_the_endpoint_once(client, begun):
    first, second = post(client, begun), post(client, begun)

    assert (first.status_code, second.status_code) == (200, 401)
    assert SelfTest.objects.get().arrived_at is not None
    assert not Refusal.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"inventoryData":[{"sku":"A","inventory":0}]}', b'{"self_test":  true}']
)
def test_its_token_lets_no_other_body_in(client, begun, body):
    answer = post(client, begun, body=body)

    assert answer.status_code == 401
    assert not Delivery.objects.exists()
    assert SelfTest.objects.get().arrived_at is None


def test_without_the_mark_its_token_is_a_wrong_one(client, begun):
    answer = client.generic("POST", begun.path, webhook_test.BODY, HTTP_ACCESS_TOKEN=TOKEN)

    assert answer.status_code == 401
    assert list(Refusal.objects.values_list("endpoint_id", "cause")) == [(begun.pk, "wrong_token")]


def test_its_token_opens_no_other_endpoint_and_no_listings(client, begun):
    other = make_location().endpoints.get(topic=Topic.INVENTORY)
    manifested = begun.location.endpoints.get(topic=Topic.MANIFESTED)
    elsewhere = f"/webhooks/easyecom/{begun.pk}/manifested"

    statuses = [
        post(client, other).status_code,
        post(client, manifested).status_code,
        post(client, begun, path=elsewhere).status_code,
        client.get(
            f"/webhooks/easyecom/{begun.pk}/products", HTTP_ACCESS_TOKEN=TOKEN, **MARKED
        ).status_code,
    ]

    assert statuses == [401, 401, 401, 401]
    assert SelfTest.objects.get().arrived_at is None


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x"])
def test_any_other_token_is_refused_while_a_test_is_under_way(client, begun, token):
    assert post(client, begun, token=token).status_code == 401
    assert SelfTest.objects.get().arrived_at is None


def test_two_tokens_that_differ_are_refused(client, begun):
    answer = post(client, begun, HTTP_AUTHORIZATION="Bearer other")

    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["%00", "%FF", "x" * 5000, "%F0%9F%98%80", "..%2F"])
def test_marked_request_to_no_endpoint_is_refused(client, begun, name):
    paths = [f"/webhooks/easyecom/{name}/inventory", f"/webhooks/easyecom/{begun.pk}/{name}"]

    assert {post(client, begun, path=path).status_code for path in paths} <= {401, 404}


def test_its_token_has_an_end(client, begun):
    SelfTest.objects.update(open_until=timezone.now() - timedelta(seconds=1))

    assert post(client, begun).status_code == 401
    assert Refusal.objects.get().cause == "wrong_token"


def test_genuine_delivery_with_the_mark_is_stored_like_any_other(client, begun):
    token = endpoint_token(begun.location, "inventory")

    answer = post(client, begun, token=token, body=b'{"inventoryData":[]}')

    assert json.loads(answer.content) == {"received": True}
    assert Delivery.objects.count() == 1
    assert SelfTest.objects.get().arrived_at is None


def test_only_a_digest_of_its_token_is_kept(begun):
    kept = SelfTest.objects.values().get()

    assert kept["digest"] == hashlib.sha256(TOKEN.encode()).hexdigest()
    assert TOKEN not in str(kept)


def test_who_answers_for_us_without_being_us_is_found_out(endpoint, settings):
    with serving(answering(answer(b'{"received": true}'))) as server:
        settings.PUBLIC_URL = server.url
        test = webhook_test.run(endpoint)

    assert test.trouble == webhook_test.NOT_US


def test_redirect_is_not_followed(endpoint, settings):
    heard = []
    moved = answer(b"", "302 Found", "Location: http://169.254.169.254/")
    with serving(answering(moved, heard=heard)) as server:
        settings.PUBLIC_URL = server.url
        test = webhook_test.run(endpoint)

    assert test.trouble == "HTTP 302. Redirects are not followed."
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(None, 3, "Stopped.", step=Step.RESOLVING), "DNS"),
        (Reply(None, 3, "Stopped.", step=Step.CONNECTING), "Nobody answers"),
        (Reply(None, 3, "Stopped.", step=Step.SECURING), "TLS"),
        (Reply(None, 3, "Stopped at the deadline.", step=Step.WAITING), "at the deadline"),
        (Reply(401, 3, "HTTP 401."), "drops the Access-Token header"),
        (Reply(404, 3, "HTTP 404."), "nothing is at this address"),
        (Reply(502, 3, "HTTP 502."), "the proxy answers"),
        (Reply(418, 3, "HTTP 418 I'm a Teapot."), "HTTP 418"),
    ],
)
def test_trouble_is_said_in_plain_words(endpoint, monkeypatch, reply, said):
    monkeypatch.setattr(posting, "post", lambda *_: reply)

    assert said in webhook_test.run(endpoint).trouble


def test_second_test_ends_the_first(client, begun):
    webhook_test.start(begun, "another-token")

    assert post(client, begun).status_code == 401
    assert post(client, begun, token="another-token").status_code == 200
