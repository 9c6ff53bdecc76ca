import hashlib
import io
import json
import threading
from datetime import timedelta
from time import monotonic

import pytest
import time_machine
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone
from structlog.testing import capture_logs

from integration.models import Delivery, Drain, Refusal, Topic, WebhookEndpoint
from integration.onboarding import webhook_test
from integration.sync import wakeup
from integration.webhooks import auth, views
from tests import only_on
from tests.factories import endpoint_token, make_location
from tests.integration.webhooks.test_processing import HOSTILE

pytestmark = pytest.mark.django_db

BODY = b'{"inventoryData":[{"sku":"A","inventory":1}]}'
RECEIVED = {"received": True}


@pytest.fixture(autouse=True)
def forget_tokens():
    auth.trusted.clear()


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
    return kinds


@pytest.fixture
def location():
    return make_location()


def url_of(location, topic="inventory", slash=""):
    return f"/webhooks/easyecom/{location.endpoints.get(topic=topic).pk}/{topic}{slash}"


def post(client, location, body=BODY, *, topic="inventory", token=None, **environ):
    environ.setdefault("CONTENT_TYPE", "application/json")
    if token is None:
        token = endpoint_token(location, topic)
    if token:
        environ.setdefault("HTTP_ACCESS_TOKEN", token)
    # Not client.post: it would encode the body by the charset that the header names.
    return client.generic("POST", url_of(location, topic), body, **environ)


def a_minute_later(monkeypatch):
    now = monotonic()
    monkeypatch.setattr(auth, "monotonic", lambda: now + 61)


def refusals():
    rows = Refusal.objects.order_by("pk")
    return [(row.endpoint_id, row.cause, row.count) for row in rows]


def is_error(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    (error,) = response.json()["errors"]
    assert error["field"] == "" and error["message"]
    return not Delivery.objects.exists()


@pytest.mark.parametrize("topic", Topic.values)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("header", ["HTTP_ACCESS_TOKEN", "HTTP_AUTHORIZATION"])
def test_a_delivery_is_stored_as_it_came_and_the_inbox_is_woken(
    client, location, woken, topic, slash, header
):
    token = endpoint_token(location, topic)
    headers = {header: f"Bearer {token}" if header == "HTTP_AUTHORIZATION" else token}

    response = client.post(
        url_of(location, topic, slash), BODY, content_type="application/json", **headers
    )

    assert (response.status_code, response.json()) == (200, RECEIVED)
    delivery = Delivery.objects.get()
    assert bytes(delivery.body) == BODY
    assert (delivery.size, delivery.topic, delivery.status) == (len(BODY), topic, "stored")
    assert (delivery.location, delivery.endpoint.topic) == (location, topic)
    assert abs(delivery.received_at - timezone.now()) < timedelta(seconds=10)
    assert delivery.correlation_id
    assert woken == [Drain.Kind.INBOX]
    assert refusals() == []


@pytest.mark.postgres
def test_what_is_stored_is_what_the_model_would_have_written(client, location):
    body = bytes(range(256)) + b"%s %% $1 \\x00 '"
    post(client, location, body, HTTP_X_EASYECOM_WEBHOOK_ACTION="UpdateInventory")
    stored = Delivery.objects.get()
    plain = Delivery.objects.create(
        endpoint=stored.endpoint,
        location=location,
        topic="inventory",
        body=body,
        size=len(body),
        correlation_id=stored.correlation_id,
        action="UpdateInventory",
        received_at=Now(),
    )

    rows = Delivery.objects.order_by("pk").values()
    ours, models = ({**row, "body": bytes(row["body"])} for row in rows)
    assert models.pop("id") == ours.pop("id") + 1
    assert models.pop("received_at") - ours.pop("received_at") < timedelta(seconds=10)
    assert ours == models
    assert bytes(plain.body) == body


def test_the_bearer_scheme_is_known_in_any_case(client, location):
    token = endpoint_token(location, "inventory")

    response = post(client, location, token="", HTTP_AUTHORIZATION=f"bEARER  {token}")

    assert response.status_code == 200


# The first is the case booon/26_bearer_in_access_token.json.
@pytest.mark.parametrize("pasted", ["Bearer {}", "bearer  {} ", "Bearer Bearer {}"])
@pytest.mark.parametrize("header", ["HTTP_ACCESS_TOKEN", "HTTP_AUTHORIZATION"])
def test_scheme_that_was_pasted_along_is_no_part_of_the_token(client, location, header, pasted):
    token = pasted.format(endpoint_token(location, "inventory"))
    value = f"Bearer {token}" if header == "HTTP_AUTHORIZATION" else token

    assert post(client, location, token="", **{header: value}).status_code == 200
    assert refusals() == []


def test_scheme_alone_is_no_token(client, location):
    assert is_error(post(client, location, token="Bearer"), 401)
    assert [cause for _, cause, _ in refusals()] == ["no_token"]


def test_both_headers_alike_are_one_token(client, location):
    token = endpoint_token(location, "inventory")

    response = post(client, location, HTTP_AUTHORIZATION=f"Bearer {token}")

    assert response.status_code == 200


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_kept_and_answered_200(client, location, body):
    response = post(client, location, body)

    assert (response.status_code, response.json()) == (200, RECEIVED)
    assert bytes(Delivery.objects.get().body) == body


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_TYPE": ""},
        {"CONTENT_TYPE": "application/xml"},
        {"CONTENT_TYPE": "text/plain; charset=bz2_codec"},
        {"CONTENT_TYPE": "application/json; charset=no-such-charset"},
        {"CONTENT_TYPE": "application/json; charset=utf-16"},
        {"CONTENT_TYPE": "application/json; charset=utf-7"},
        {"CONTENT_TYPE": "application/json; charset=idna"},
        {"CONTENT_TYPE": "application/json; charset=" + "x" * 5000},
        {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
        {"CONTENT_TYPE": "multipart/form-data"},
        {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"HTTP_ACCEPT": "application/xml"},
        {"HTTP_ACCEPT": "no/such; q=x"},
        {"QUERY_STRING": "format=xml"},
        {"QUERY_STRING": "format=%00&token=%ff"},
        {"HTTP_X_REQUEST_ID": "x" * 9000},
        {"HTTP_X_REQUEST_ID": "a\r\nb\x00é"},
        {"HTTP_COOKIE": "sessionid=x; csrftoken=\xff"},
        {"HTTP_X_FORWARDED_FOR": "'; --", "HTTP_USER_AGENT": "\x1b[31m"},
        {"HTTP_EXPECT": "nothing"},
    ],
)
def test_what_stands_beside_the_body_does_not_matter(client, location, environ):
    response = post(client, location, **environ)

    assert response.status_code == 200
    assert bytes(Delivery.objects.get().body) == BODY


@pytest.mark.parametrize(
    ("cause", "token"),
    [
        ("no_token", ""),
        ("no_token", "  "),
        ("wrong_token", "x"),
        ("wrong_token", "-"),
        ("wrong_token", "é\xff"),
        ("wrong_token", "\udcff\ud800"),
        ("wrong_token", "टोकन"),
        ("wrong_token", "x" * 100_000),
        ("wrong_token", "\x00"),
        ("wrong_token", "' OR 1=1 --"),
    ],
)
@pytest.mark.parametrize("header", ["HTTP_ACCESS_TOKEN", "HTTP_AUTHORIZATION"])
def test_a_wrong_token_is_refused_and_counted(client, location, woken, header, cause, token):
    value = f"Bearer {token}" if header == "HTTP_AUTHORIZATION" else token

    response = post(client, location, token="", **{header: value})

    assert is_error(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"
    assert refusals() == [(location.endpoints.get(topic="inventory").pk, cause, 1)]
    assert woken == []


def test_nearly_the_right_token_is_wrong(client, location):
    token = endpoint_token(location, "inventory")
    for near in (token[:-1], token + "x", token.upper(), f"{token},{token}", f"{token} {token}"):
        assert is_error(post(client, location, token=near), 401)


def test_two_different_tokens_are_refused_even_if_one_is_right(client, location):
    token = endpoint_token(location, "inventory")
    assert is_error(post(client, location, HTTP_AUTHORIZATION="Bearer other"), 401)
    assert is_error(
        post(client, location, token="other", HTTP_AUTHORIZATION=f"Bearer {token}"), 401
    )
    assert is_error(post(client, location, HTTP_AUTHORIZATION="Basic dXNlcjpwYXNz"), 401)
    assert refusals() == [(location.endpoints.get(topic="inventory").pk, "two_tokens", 3)]


def test_two_different_tokens_are_refused_also_while_the_right_one_is_trusted(client, location):
    assert post(client, location).status_code == 200
    assert post(client, location, HTTP_AUTHORIZATION="Bearer other").status_code == 401


@pytest.mark.parametrize("place", ["QUERY_STRING", "HTTP_COOKIE", "HTTP_TOKEN"])
def test_a_token_anywhere_else_is_no_token(client, location, place):
    token = endpoint_token(location, "inventory")

    assert is_error(post(client, location, token="", **{place: f"token={token}"}), 401)


def test_another_topics_token_and_another_locations_are_wrong(client, location):
    stranger = make_location()
    for wrong in (endpoint_token(location, "manifested"), endpoint_token(stranger, "inventory")):
        assert is_error(post(client, location, token=wrong), 401)


@pytest.mark.parametrize(
    "endpoint_id", ["0" * 24, "x", "%00", "a%00b", "%ff", "%0a", "x" * 300, "😀", "..%2f", "' --"]
)
def test_an_unknown_endpoint_is_refused_like_a_wrong_token(client, location, endpoint_id):
    wrong = post(client, location, token="x").content
    token = endpoint_token(location, "inventory")

    response = client.post(
        f"/webhooks/easyecom/{endpoint_id}/inventory",
        BODY,
        content_type="application/json",
        HTTP_ACCESS_TOKEN=token,
    )

    if response.status_code != 404:
        assert is_error(response, 401)
        assert response.content == wrong
        assert ("", "unknown_endpoint", 1) in refusals()


def test_an_endpoint_of_the_other_topic_is_refused(client, location):
    endpoint = location.endpoints.get(topic="inventory")
    for topic in ("manifested", "orders", "inventory%00"):
        response = client.post(
            f"/webhooks/easyecom/{endpoint.pk}/{topic}",
            BODY,
            content_type="application/json",
            HTTP_ACCESS_TOKEN=endpoint_token(location, "inventory"),
        )
        assert is_error(response, 401)
    assert refusals() == [(endpoint.pk, "wrong_topic", 3)]


@pytest.mark.parametrize("token", ["", "x", hashlib.sha256(b"").hexdigest()])
def test_an_endpoint_without_a_token_refuses_everything(client, location, token):
    WebhookEndpoint.objects.update(token_digest="")

    assert is_error(post(client, location, token=token), 401)
    assert refusals()[0][1] == "no_token_issued"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"])
def test_only_post_is_allowed_token_or_not(client, location, method):
    for headers in ({}, {"HTTP_ACCESS_TOKEN": endpoint_token(location, "inventory")}):
        response = client.generic(method, url_of(location), BODY, **headers)
        assert response.status_code == 405
        assert response["Allow"] == "POST"
        assert method == "HEAD" or response.json()["errors"][0]["field"] == ""
    assert not Delivery.objects.exists()
    assert refusals() == [(location.endpoints.get(topic="inventory").pk, "method", 2)]


def test_405_comes_before_401(client):
    assert client.get("/webhooks/easyecom/nobody/inventory").status_code == 405
    assert refusals() == [("", "method", 1)]


@pytest.mark.parametrize(
    "path", ["", "easyecom", "easyecom/", "easyecom/a", "easyecom/a/b/c", "x/y"]
)
def test_an_unknown_path_is_404_in_the_same_shape(client, path):
    assert is_error(client.post(f"/webhooks/{path}"), 404)


class Untouchable(io.BytesIO):
    def read(self, size=-1):
        raise AssertionError("the body was read")


class Counting(io.BytesIO):
    most = 0

    def read(self, size=-1):
        assert size > 0
        piece = super().read(min(size, 1000))
        self.most += len(piece)
        return piece


def test_the_largest_body_is_taken_and_one_byte_more_is_not(client, location):
    assert post(client, location, b"x" * views.MAX_BODY).status_code == 200
    assert Delivery.objects.get().size == views.MAX_BODY
    Delivery.objects.all().delete()

    assert is_error(post(client, location, b"x" * (views.MAX_BODY + 1)), 413)
    assert refusals() == [(location.endpoints.get(topic="inventory").pk, "too_large", 1)]


@pytest.mark.parametrize("length", ["3000000", "1073741824", "9" * 5000])
def test_a_body_announced_as_too_large_is_not_read(client, location, length):
    extra = {"wsgi.input": Untouchable(), "CONTENT_LENGTH": length}

    assert is_error(post(client, location, **extra), 413)


def test_an_unauthenticated_body_is_not_read(client, location):
    assert is_error(post(client, location, token="x", **{"wsgi.input": Untouchable()}), 401)


@pytest.mark.parametrize("length", ["-1", "+5", "1_0", "5 ", "٥", "abc"])
def test_a_length_that_is_no_number_is_refused(client, location, length):
    assert is_error(post(client, location, CONTENT_LENGTH=length), 400)


CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}


def test_a_chunked_body_is_stored_whole(client, location):
    stream = Counting(BODY * 100)

    response = post(client, location, **CHUNKED, **{"wsgi.input": stream})

    assert response.status_code == 200
    assert bytes(Delivery.objects.get().body) == BODY * 100


def test_a_body_with_neither_length_nor_chunks_is_read_to_its_end(client, location):
    """HTTP/2 may have neither."""
    extra = {"wsgi.input": Counting(BODY), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    assert post(client, location, **extra).status_code == 200
    assert bytes(Delivery.objects.get().body) == BODY


def test_an_endless_chunked_body_is_read_only_up_to_the_limit(client, location):
    stream = Counting(b"x" * (views.MAX_BODY + 500_000))

    assert is_error(post(client, location, **CHUNKED, **{"wsgi.input": stream}), 413)
    assert stream.most == views.MAX_BODY + 1


def test_chunks_from_a_server_that_does_not_end_them_are_refused(client, location):
    environ = CHUNKED | {"wsgi.input_terminated": False, "wsgi.input": Untouchable()}

    assert is_error(post(client, location, **environ), 411)


def test_a_body_shorter_than_announced_is_not_stored(client, location):
    stream = Counting(BODY)

    assert is_error(post(client, location, CONTENT_LENGTH="500", **{"wsgi.input": stream}), 400)
    assert refusals()[0][1] == "cut_short"


def test_a_caller_that_breaks_off_is_not_our_fault(client, location):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise ConnectionResetError

    assert is_error(post(client, location, **{"wsgi.input": Broken()}), 400)


def test_a_chunked_body_that_breaks_off_is_refused_and_nothing_of_it_is_stored(client, location):
    class Broken(Counting):
        def read(self, size=-1):
            if self.tell():
                raise ConnectionResetError
            return super().read(20)

    environ = CHUNKED | {"wsgi.input": Broken(BODY)}

    assert is_error(post(client, location, **environ), 400)
    assert refusals()[0][1] == "cut_short"


@pytest.mark.parametrize(("more", "status"), [(-1, 200), (0, 200), (1, 413)])
def test_a_chunked_body_may_be_as_large_as_any_other_and_no_larger(client, location, more, status):
    body = b"x" * (views.MAX_BODY + more)

    response = post(client, location, **CHUNKED, **{"wsgi.input": Counting(body)})

    assert response.status_code == status
    stored = Delivery.objects.values_list("size", flat=True)
    assert list(stored) == ([len(body)] if status == 200 else [])


def test_a_trusted_token_asks_the_table_once_a_minute(
    client, location, monkeypatch, django_assert_num_queries
):
    post(client, location)
    url = url_of(location)
    headers = {"HTTP_ACCESS_TOKEN": endpoint_token(location, "inventory")}

    with django_assert_num_queries(1) as queries:
        client.post(url, BODY, content_type="application/json", **headers)
    assert "INSERT" in queries.captured_queries[0]["sql"]

    a_minute_later(monkeypatch)
    with django_assert_num_queries(2):
        client.post(url, BODY, content_type="application/json", **headers)


def test_a_new_token_works_at_once_and_the_old_one_ends_within_the_minute(
    client, location, monkeypatch
):
    assert post(client, location).status_code == 200
    location.endpoints.update(token_digest=hashlib.sha256(b"new").hexdigest())

    assert post(client, location, token="new").status_code == 200
    assert post(client, location).status_code == 200
    a_minute_later(monkeypatch)
    assert post(client, location).status_code == 401


@pytest.mark.parametrize(
    ("ends_in", "status"),
    [(timedelta(microseconds=1), 200), (timedelta(0), 401), (-timedelta(days=1), 401)],
)
def test_the_token_before_opens_until_its_time_is_over(client, location, ends_in, status):
    now = timezone.now()
    old = endpoint_token(location, "inventory")
    location.endpoints.filter(topic="inventory").update(
        token_digest=hashlib.sha256(b"new").hexdigest(),
        old_digest=hashlib.sha256(old.encode()).hexdigest(),
        old_until=now + ends_in,
    )

    with time_machine.travel(now, tick=False):
        assert post(client, location, token=old).status_code == status
        assert post(client, location, token="new").status_code == 200

    endpoint = location.endpoints.get(topic="inventory")
    assert endpoint.old_used_at == (now if status == 200 else None)


def test_only_the_use_of_the_old_token_is_noted_and_once_a_minute(client, location, monkeypatch):
    start = timezone.now()
    old = endpoint_token(location, "inventory")
    endpoints = location.endpoints.filter(topic="inventory")
    endpoints.update(
        token_digest=hashlib.sha256(b"new").hexdigest(),
        old_digest=hashlib.sha256(old.encode()).hexdigest(),
        old_until=start + timedelta(days=1),
    )
    post(client, location, token="new")
    assert endpoints.get().old_used_at is None

    noted = []
    for after in (0, 30, 70):
        monkeypatch.setattr(auth, "monotonic", lambda after=after: after)
        with time_machine.travel(start + timedelta(seconds=after), tick=False):
            assert post(client, location, token=old).status_code == 200
        noted.append((endpoints.get().old_used_at - start).total_seconds())

    assert noted == [0, 0, 70]


def test_wrong_tokens_are_never_remembered_and_right_ones_are_bounded(
    client, location, monkeypatch
):
    monkeypatch.setattr(auth, "MOST_TRUSTED", 2)
    post(client, location, token="x")
    assert auth.trusted == {}

    for _ in range(3):
        post(client, make_location())
    assert len(auth.trusted) <= 2


def test_refusals_are_counted_by_cause_and_hour(client, location):
    start = timezone.now().replace(minute=10, second=0, microsecond=0)
    with time_machine.travel(start, tick=False):
        post(client, location, token="x")
        post(client, location, token="y")
        post(client, location, token="")
    with time_machine.travel(start + timedelta(hours=1), tick=False):
        post(client, location, token="x")

    endpoint_id = location.endpoints.get(topic="inventory").pk
    assert refusals() == [
        (endpoint_id, "wrong_token", 2),
        (endpoint_id, "no_token", 1),
        (endpoint_id, "wrong_token", 1),
    ]
    first = Refusal.objects.order_by("pk")[0]
    assert (first.hour, first.last_at) == (start.replace(minute=0), start)


def test_a_refusal_that_cannot_be_counted_is_the_same_answer(client, location, monkeypatch):
    expected = post(client, location, token="x")

    def fail(*_):
        raise OperationalError

    monkeypatch.setattr(auth, "count_refusal", fail)
    response = post(client, location, token="x")
    assert (response.status_code, response.content) == (401, expected.content)


@pytest.mark.parametrize("problem", [DatabaseError, OperationalError, InterfaceError])
def test_what_cannot_be_stored_is_503_and_says_nothing_of_it(
    client, location, monkeypatch, caplog, woken, problem
):
    def fail():
        raise problem("body-canary at host=db.internal password=x")

    monkeypatch.setattr(views, "binding_cursor", fail)
    response = post(client, location, b"body-canary")

    assert is_error(response, 503)
    assert int(response["Retry-After"]) > 0
    for secret in ("canary", "db.internal", endpoint_token(location, "inventory")):
        assert secret not in response.content.decode() + caplog.text
    assert woken == []


def test_a_token_that_cannot_be_checked_is_503_too(client, location, monkeypatch):
    def fail(endpoint_id):
        raise OperationalError

    monkeypatch.setattr(auth, "find", fail)

    assert is_error(post(client, location), 503)


@pytest.mark.parametrize("fault", [OperationalError, RuntimeError, KeyError])
def test_a_wake_up_that_fails_does_not_fail_the_answer(client, location, monkeypatch, fault):
    def fail(kind):
        raise fault("x")

    monkeypatch.setattr(wakeup, "wake", fail)

    assert post(client, location).status_code == 200
    assert Delivery.objects.count() == 1


def test_a_wrong_host_is_400(client, location):
    assert post(client, location, HTTP_HOST="evil.test").status_code == 400
    assert not Delivery.objects.exists()


def test_a_token_is_never_logged(client, location, caplog):
    caplog.set_level("DEBUG")
    post(client, location, token="token-canary\r\nforged line")
    post(client, location)

    assert "token-canary" not in caplog.text
    assert endpoint_token(location, "inventory") not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_it_is_committed_before_the_inbox_is_woken(client, location, monkeypatch):
    seen = []
    monkeypatch.setattr(
        wakeup,
        "wake",
        lambda kind: seen.append((connection.in_atomic_block, Delivery.objects.count())),
    )
    post(client, location)

    assert seen == [(False, 1)]


@only_on.sqlite
def test_writers_of_one_process_stand_in_line(client, location):
    post(client, location)
    answered = threading.Event()

    def wait_in_line():
        with views.in_line():
            answered.set()

    with views.in_line():
        thread = threading.Thread(target=wait_in_line)
        thread.start()
        assert not answered.wait(0.05)
    assert answered.wait(30)
    thread.join()


def test_the_answer_is_small_json(client, location):
    response = post(client, location)

    assert response["Content-Type"] == "application/json"
    assert json.loads(response.content) == RECEIVED


# Exact words -------------------------------------------------------------------------------------


def message_of(response):
    (error,) = response.json()["errors"]
    return error["message"]


def test_delivery_that_can_not_be_stored_is_told_to_come_again_and_logged(
    client, location, monkeypatch
):
    def away(*_):
        raise OperationalError("canary of the body")

    monkeypatch.setattr(views, "store", away)

    with capture_logs() as logs:
        response = post(client, location)

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert message_of(response) == "It could not be stored. Send it again."
    [told] = [each for each in logs if each["event"] == "webhook_not_stored"]
    assert (told["log_level"], told["problem"]) == ("error", "OperationalError")
    assert "away" in str(told["frames"])
    assert "canary" not in str(told)


def test_wrong_token_is_told_in_one_sentence_for_a_delivery_and_for_a_self_test(client, location):
    webhook_test.start(location.endpoints.get(topic="inventory"), "self-test-token")

    for headers in ({}, {"HTTP_X_BOOON_SELF_TEST": "1"}):
        response = post(client, location, token="wrong", **headers)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
        assert message_of(response) == "The token does not open this endpoint."
    # The self-test's refusal is not counted.
    assert [count for _, _, count in refusals()] == [1]


def test_refusal_that_can_not_be_counted_is_answered_all_the_same_and_logged(
    client, location, monkeypatch
):
    def away(*_):
        raise OperationalError("canary")

    monkeypatch.setattr(auth, "count_refusal", away)

    with capture_logs() as logs:
        response = post(client, location, token="wrong")

    assert response.status_code == 401
    [told] = [each for each in logs if each["event"] == "refusal_not_counted"]
    assert (told["cause"], told["problem"], told["log_level"]) == (
        "wrong_token",
        "OperationalError",
        "warning",
    )


def test_inbox_that_is_not_woken_is_logged_and_the_delivery_is_taken(client, location, monkeypatch):
    def broken(kind):
        raise ValueError("canary")

    monkeypatch.setattr(wakeup, "wake", broken)

    with capture_logs() as logs:
        response = post(client, location)

    assert (response.status_code, response.json()) == (200, RECEIVED)
    [told] = [each for each in logs if each["event"] == "inbox_not_woken"]
    assert (told["fault"], told["log_level"]) == ("ValueError", "warning")


def test_endpoint_that_is_known_is_not_looked_for_again_to_count_a_refusal(
    client, location, django_assert_num_queries
):
    path = url_of(location)

    with django_assert_num_queries(2):
        client.generic("POST", path, BODY, HTTP_ACCESS_TOKEN="wrong")
