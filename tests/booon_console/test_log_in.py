"""Few hash a password at once, nobody without end, and no flood of strangers keeps staff out."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from booon_console import bulkhead, log_in
from booon_console.log_in import PER_ADDRESS, client_address
from sellers import locks
from sellers.staff_models import LogInTries

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/?next=/admin/"
PASSWORD = "right-password-canary"


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", PASSWORD)


def try_in(client, username="asha", password=PASSWORD, **environ):
    return client.post(LOG_IN, {"username": username, "password": password}, **environ)


def use_up_the_tries(**environ):
    told = []
    while 429 not in told:
        told.append(try_in(Client(), f"stranger-{len(told)}", "x", **environ).status_code)
    assert PER_ADDRESS.amount - 1 <= len(told) - 1 <= PER_ADDRESS.amount


@pytest.fixture
def strangers_hash():
    """Two of them, for as long as the test lasts."""
    for _ in range(log_in.AT_ONCE):
        log_in.strangers.acquire()
    yield
    for _ in range(log_in.AT_ONCE):
        log_in.strangers.release()


@pytest.mark.slow
def test_address_that_tries_without_end_is_told_to_wait(client, asha, monkeypatch):
    use_up_the_tries()
    monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("it was hashed"))

    answer = try_in(client)

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "Nothing is wrong with your password" in answer.content.decode()
    assert not locks.tries_of("asha").exists()


@pytest.mark.slow
def test_other_addresses_are_not_told_so(client, asha):
    use_up_the_tries(REMOTE_ADDR="203.0.113.9")

    assert try_in(client, REMOTE_ADDR="203.0.113.10").status_code == 302


def test_all_addresses_together_have_an_end_too(client, asha, monkeypatch):
    monkeypatch.setattr(log_in, "IN_ALL", type(PER_ADDRESS)(3))
    for n in range(3):
        try_in(Client(), "nobody", "x", REMOTE_ADDR=f"203.0.113.{n}")

    assert try_in(client).status_code == 429


@pytest.mark.slow
def test_browser_in_which_somebody_logged_in_before_goes_on(client, asha):
    assert try_in(client).status_code == 302
    client.post("/admin/logout/")
    use_up_the_tries()

    assert try_in(client).status_code == 302


@pytest.mark.slow
def test_its_cookie_is_for_that_name_and_for_nobody_elses(client, asha):
    User.objects.create_superuser("vik", password=PASSWORD)
    try_in(client)
    client.post("/admin/logout/")
    use_up_the_tries()

    assert try_in(client, "vik").status_code == 429
    client.cookies[log_in.COOKIE] = "asha:forged"
    assert try_in(client).status_code == 429


def test_no_cookie_is_given_for_a_wrong_password(client, asha):
    try_in(client, password="wrong")

    assert log_in.COOKIE not in client.cookies


def test_while_two_strangers_hash_a_third_is_told_at_once_and_staff_go_on(
    client, asha, strangers_hash
):
    known = Client()
    log_in.strangers.release()
    assert try_in(known).status_code == 302
    log_in.strangers.acquire()

    assert try_in(client).status_code == 429
    assert try_in(known).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_password_is_hashed(client, monkeypatch):
    User.objects.create_superuser("asha", password=PASSWORD)
    held = []
    hashing = User.check_password

    def check_password(user, password):
        held.append(connection.connection is not None)
        return hashing(user, password)

    monkeypatch.setattr(User, "check_password", check_password)
    monkeypatch.setattr(
        User, "set_password", lambda *_: held.append(connection.connection is not None)
    )
    assert try_in(client).status_code == 302
    assert try_in(Client(), "nobody").status_code == 200

    assert held == [False, False]


@pytest.mark.parametrize("length", [150, 151, 255, 256, 100_000])
def test_user_name_of_any_length_is_answered_alike(client, length):
    answer = try_in(client, "n" * length)

    assert answer.status_code == 200
    assert "Please enter the correct username and password" in answer.content.decode()
    assert LogInTries.objects.count() == (length <= 150)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (2, "1.2.3.4, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", "203.0.113.9"),
        (1, "", "203.0.113.9"),
        (1, "unknown", ""),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_address_is_what_our_own_proxy_saw(rf, settings, proxies, forwarded, address):
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    assert client_address(rf.post("/", REMOTE_ADDR="203.0.113.9", headers=headers)) == address


# Compartments ----------------------------------------------------------------------------------


def test_staff_who_are_many_are_told_to_come_again_and_nobody_else(client, rf, monkeypatch):
    monkeypatch.setattr(bulkhead, "STAFF_AT_ONCE", 1)
    inside = []

    def serve(request):
        if request.path == "/admin/" and not inside:
            inside.extend(
                door(rf.get(path)) for path in ("/admin/login/", "/api/v1/", "/webhooks/x")
            )
        return request.path

    door = bulkhead.BulkheadMiddleware(serve)
    assert door(rf.get("/admin/")) == "/admin/"

    turned_away, *others = inside
    assert (turned_away.status_code, turned_away["Retry-After"]) == (503, "5")
    assert others == ["/api/v1/", "/webhooks/x"]
    assert door(rf.get("/admin/")) == "/admin/"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/webhooks/easyecom/x/inventory", bulkhead.WEBHOOKS),
        ("/admin/login/", bulkhead.STAFF),
        ("/api/v1/orders/", bulkhead.API),
        ("/link/0123456789abcdef/", bulkhead.LINKS),
    ],
)
def test_request_is_in_the_compartment_of_its_path(rf, path, name):
    seen = []
    door = bulkhead.BulkheadMiddleware(lambda request: seen.append(bulkhead.compartment()))

    door(rf.get(path))

    assert seen == [name]


def test_crowd_at_sellers_links_turns_nobody_else_away(rf, monkeypatch):
    monkeypatch.setattr(bulkhead, "LINKS_AT_ONCE", 1)
    inside = []

    def serve(request):
        if request.path == "/link/a/" and not inside:
            inside.extend(door(rf.get(path)) for path in ("/link/b/", "/admin/", "/api/v1/"))
        return request.path

    door = bulkhead.BulkheadMiddleware(serve)
    door(rf.get("/link/a/"))

    turned_away, *others = inside
    assert turned_away.status_code == 503
    assert others == ["/admin/", "/api/v1/"]
