"""Silence while orders move, EasyEcom's deactivation rule, and two tokens during a renewal."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from booon_console.lib import clock
from integration.models import Delivery, Order, Refusal, WebhookEndpoint
from integration.monitoring import causes, webhook_health
from integration.reconciliation import schedule
from integration.webhooks import auth
from sellers.models import Location
from tests.factories import endpoint_token, make_location, make_order, pushed
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.fixture
def endpoint():
    return make_location().endpoints.get(topic="inventory")


@pytest.fixture
def post(client):
    auth.trusted.clear()

    def send(endpoint, token):
        url = f"/webhooks/easyecom/{endpoint.pk}/{endpoint.topic}"
        answer = client.post(url, b"{}", "application/json", headers={"Access-Token": token})
        return answer.status_code

    return send


def line_of(endpoint, now=NOON):
    (line,) = webhook_health.health_of([endpoint], now)
    return line


def refuse(endpoint, count, *, hours_ago, cause="wrong_token"):
    hour = (NOON - timedelta(hours=hours_ago)).replace(minute=0)
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause=cause, hour=hour, count=count, last_at=hour
    )


def hear(endpoint, at):
    return Delivery.objects.create(
        endpoint=endpoint, location=endpoint.location, topic=endpoint.topic, received_at=at
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([(19, 5)], ""),
        ([(20, 1)], ""),
        ([(20, 3)], "warns and waits 2 min between tries"),
        ([(40, 9), (40, 1)], "warns again and waits 5 min"),
        ([(399, 24)], "warns again and waits 5 min"),
        ([(400, 24)], "switches the webhook off"),
        ([(400, 30)], ""),
    ],
)
def test_refusals_are_measured_by_easyecoms_rule(endpoint, counts, verdict):
    for n, (count, hours_ago) in enumerate(counts):
        refuse(endpoint, count, hours_ago=hours_ago, cause=f"cause {n}")

    assert line_of(endpoint).verdict == verdict


def test_time_left_follows_from_the_pace(endpoint):
    assert line_of(endpoint).rungs[-1].at is None

    refuse(endpoint, 100, hours_ago=12)

    began = (NOON - timedelta(hours=12)).replace(minute=0)
    line = line_of(endpoint)
    assert line.rungs[-1].at == began + (NOON - began) * 4
    assert line.used == 0.25
    assert line.causes == {webhook_health.CAUSES["wrong_token"]: 100}


def test_slow_pace_is_no_danger_worth_a_date(endpoint):
    refuse(endpoint, 2, hours_ago=20)

    assert line_of(endpoint).rungs[-1].at is None


def test_stock_webhook_is_silent_when_orders_were_taken_since(endpoint):
    order = pushed(make_order(endpoint.location))
    Order.objects.filter(pk=order.pk).update(pushed_at=NOON - timedelta(hours=2))
    hear(endpoint, NOON - timedelta(hours=5))
    assert "no level came" in line_of(endpoint).silence

    hear(endpoint, NOON - timedelta(hours=1))

    line = line_of(endpoint)
    assert (line.silence, line.heard_at) == ("", NOON - timedelta(hours=1))
    assert line.is_well


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("topic", "live", "took", "heard", "is_silent"),
    [
        ("inventory", 9 * HOUR, None, None, False),
        ("inventory", 9 * HOUR, 59 * MINUTE, None, False),
        ("inventory", 9 * HOUR, 60 * MINUTE, None, True),
        ("inventory", 9 * HOUR, 2 * HOUR, 5 * HOUR, True),
        ("inventory", 9 * HOUR, 2 * HOUR, 2 * HOUR + 11 * MINUTE, True),
        ("inventory", 9 * HOUR, 2 * HOUR, 2 * HOUR + 10 * MINUTE, False),
        ("inventory", 9 * HOUR, 2 * HOUR, HOUR, False),
        ("inventory", 2 * HOUR, 2 * HOUR, None, False),
        ("inventory", None, 2 * HOUR, None, False),
        ("manifested", 9 * HOUR, 2 * HOUR, None, False),
    ],
)
def test_page_alerts_and_read_backs_agree_on_what_is_silent(
    topic, live, took, heard, is_silent, endpoint
):
    """What the console read back by itself is no webhook, for none of them."""
    location, other = endpoint.location, endpoint.location.endpoints.get(topic="manifested")
    if topic == "manifested":
        endpoint, other = other, endpoint
        hear(other, NOON)
    if took:
        order = pushed(make_order(location))
        Order.objects.filter(pk=order.pk).update(pushed_at=NOON - took)
    Location.objects.update(live_at=live and NOON - live)
    if heard:
        hear(endpoint, NOON - heard)
    Delivery.objects.create(
        location=location, topic=topic, source="reconciled", received_at=NOON - MINUTE
    )

    assert bool(line_of(endpoint).silence) is is_silent
    alerted = [cause.key for cause in causes.silent_webhooks(NOON)]
    assert alerted == [f"silent:{endpoint.pk}"] * is_silent
    assert schedule.silent_locations(NOON) == [location.pk] * is_silent


def test_usual_gap_is_the_middle_one(endpoint):
    for minutes in (100, 60, 50, 45, 40, 0):
        hear(endpoint, NOON - timedelta(minutes=minutes))

    assert webhook_health.usual_gap(endpoint) == timedelta(minutes=10)
    assert webhook_health.usual_gap(make_location().endpoints.first()) is None


def test_queries_do_not_grow_with_the_endpoints(django_assert_num_queries):
    locations = [make_location() for _ in range(5)]
    endpoints = list(WebhookEndpoint.objects.filter(location__in=locations))

    with django_assert_num_queries(3):
        webhook_health.health_of(endpoints, NOON)


def renew(client, endpoint, **data):
    """What the page's button does. Returns the new token."""
    client.force_login(make_superuser())
    url = reverse("admin:sellers_location_token", args=[endpoint.location_id])
    seen = endpoint.token_issued_at.isoformat()
    page = client.post(url, {"topic": endpoint.topic, "seen": seen, **data}, follow=True)
    return page.context["paste"].token


def test_both_tokens_open_it_during_a_renewal_and_the_old_one_is_seen_in_use(
    client, endpoint, post, monkeypatch
):
    old = endpoint_token(endpoint.location, "inventory")
    new = renew(client, endpoint)

    assert (post(endpoint, new), post(endpoint, old)) == (200, 200)
    endpoint.refresh_from_db()
    assert endpoint.old_used_at is not None
    assert endpoint.takes_old(clock.now())
    auth.trusted.clear()
    later = clock.now() + timedelta(hours=49)
    monkeypatch.setattr("integration.webhooks.auth.timezone.now", lambda: later)
    assert (post(endpoint, new), post(endpoint, old)) == (200, 401)


def test_leaked_token_is_refused_at_once(client, endpoint, post):
    old = endpoint_token(endpoint.location, "inventory")
    new = renew(client, endpoint, old="end")

    assert (post(endpoint, new), post(endpoint, old)) == (200, 401)


def test_old_token_is_ended_by_a_button(client, endpoint, post):
    old = endpoint_token(endpoint.location, "inventory")
    renew(client, endpoint)
    page = reverse("admin:integration_webhookendpoint_change", args=[endpoint.pk])
    assert "Two tokens are valid" in client.get(page).content.decode()

    client.post(reverse("admin:integration_webhookendpoint_end", args=[endpoint.pk]))

    assert post(endpoint, old) == 401
    assert "Two tokens are valid" not in client.get(page).content.decode()


def test_page_says_why_and_how_much_is_left(client, endpoint):
    now = clock.now()
    Refusal.objects.create(
        endpoint_id=endpoint.pk,
        cause="wrong_token",
        hour=now - timedelta(hours=3),
        count=90,
        last_at=now,
    )
    client.force_login(make_superuser())

    page = client.get(reverse("admin:integration_webhookendpoint_change", args=[endpoint.pk]))
    listed = client.get(reverse("admin:integration_webhookendpoint_changelist"))

    text = page.content.decode()
    assert "EasyEcom warns and waits 2 min between tries." in text
    assert "the one in EasyEcom is not the one issued here" in text
    assert "20 of 20" in text and "80 of 80" in text and "90 of 400" in text
    assert text.count("in about") == 2
    assert text.count("reached") == 1
    assert "90 of 400" in listed.content.decode()
    assert f"Inventory webhook of {endpoint.location}" in text
