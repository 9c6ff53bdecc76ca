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
from tests.integration.admin.rows import make_superuser, make_viewer

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


def test_one_refusal_after_the_last_good_one_is_a_webhook_that_fails(endpoint):
    hear(endpoint, NOON - timedelta(hours=5))
    refuse(endpoint, 1, hours_ago=4)

    rows = WebhookEndpoint.objects.all()
    assert list(webhook_health.failing(rows, NOON)) == [endpoint]
    line = line_of(endpoint)
    assert (line.is_failing, line.is_in_danger, line.is_taken_again) == (True, False, False)

    hear(endpoint, NOON - timedelta(hours=3))

    assert not webhook_health.failing(rows, NOON).exists()
    line = line_of(endpoint)
    assert (line.is_failing, line.is_taken_again, line.is_mended) == (False, True, True)


@pytest.mark.parametrize("cause", ["method", "too_large", "cut_short"])
def test_what_is_no_wrong_setting_is_no_webhook_that_fails(endpoint, cause):
    """A browser, a monitor, a network: anybody's."""
    refuse(endpoint, 3, hours_ago=1, cause=cause)

    assert not webhook_health.failing(WebhookEndpoint.objects.all(), NOON).exists()
    assert not line_of(endpoint).is_failing


@pytest.mark.parametrize(("minutes", "is_mended"), [(4, False), (5, True)])
def test_danger_is_over_once_webhooks_are_taken_again_for_a_while(endpoint, minutes, is_mended):
    last = NOON - timedelta(minutes=minutes)
    hour = NOON.replace(minute=0)
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=hour, count=60, last_at=last
    )
    rows = WebhookEndpoint.objects.all()
    assert line_of(endpoint).is_in_danger and webhook_health.in_danger(rows, NOON).exists()

    hear(endpoint, last + timedelta(seconds=1))

    line = line_of(endpoint)
    assert (line.is_taken_again, line.is_mended) == (True, is_mended)
    assert line.is_in_danger is webhook_health.in_danger(rows, NOON).exists() is not is_mended
    kinds = [cause.kind for cause in causes.webhooks_in_danger(NOON)]
    assert len(kinds) == (not is_mended)


def test_mended_webhook_says_so_and_what_is_done_about_what_was_lost(endpoint, client):
    client.force_login(make_superuser())
    now = clock.now()
    url = reverse("admin:integration_webhookendpoint_change", args=[endpoint.pk])
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=now, count=30, last_at=now - HOUR
    )
    assert "What EasyEcom tells there is lost" in client.get(url).content.decode()

    hear(endpoint, now - 2 * MINUTE)

    text = client.get(url).content.decode()
    assert "Taken again" in text and ">taken again<" in text
    assert "What EasyEcom tells there is lost" not in text
    assert "within a quarter of an hour" in text
    assert reverse("admin:sellers_seller_reconcile", args=[endpoint.location.seller_id]) in text
    schedule.run_round()
    read_back = endpoint.location.read_backs.get()
    assert reverse("admin:integration_readback_change", args=[read_back.pk]) in (
        client.get(url).content.decode()
    )


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
    listed = webhook_health.silent(WebhookEndpoint.objects.all(), NOON)
    assert list(listed) == [endpoint] * is_silent


def test_usual_gap_is_the_middle_one(endpoint):
    for minutes in (100, 60, 50, 45, 40, 0):
        hear(endpoint, NOON - timedelta(minutes=minutes))

    assert webhook_health.usual_gap(endpoint) == timedelta(minutes=10)
    assert webhook_health.usual_gap(make_location().endpoints.first()) is None


@pytest.mark.parametrize(
    ("counts", "is_so"),
    [([(19, 5)], False), ([(20, 0)], True), ([(10, 3), (10, 1)], True), ([(400, 30)], False)],
)
def test_list_alerts_and_page_agree_on_what_is_in_danger(endpoint, counts, is_so):
    for n, (count, hours_ago) in enumerate(counts):
        refuse(endpoint, count, hours_ago=hours_ago, cause=f"cause {n}")

    assert line_of(endpoint).is_in_danger is is_so
    found = webhook_health.in_danger(WebhookEndpoint.objects.all(), NOON)
    assert list(found) == [endpoint] * is_so
    alerted = [cause.key for cause in causes.webhooks_in_danger(NOON)]
    assert alerted == [f"lifeline:{endpoint.pk}"] * is_so


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


@pytest.fixture
def in_danger(endpoint):
    now = clock.now()
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=now, count=24, last_at=now
    )
    return endpoint


RENEW = "Renew the token and paste the new one into EasyEcom."


def page_of(endpoint):
    return reverse("admin:integration_webhookendpoint_change", args=[endpoint.pk])


def test_wrong_token_is_mended_on_the_endpoints_page_by_a_new_one(client, in_danger):
    client.force_login(make_superuser())
    text = client.get(page_of(in_danger)).content.decode()
    act = reverse("admin:sellers_location_token", args=[in_danger.location_id])

    assert RENEW in text and f'action="{act}"' in text
    assert "The token of before is taken for 48 h more" in text
    assert "What came was refused, as said above." in text
    before = in_danger.token_digest
    hidden = {"topic": "inventory", "seen": in_danger.token_issued_at.isoformat()}
    client.post(act, hidden)
    in_danger.refresh_from_db()
    assert (in_danger.token_digest == before, in_danger.old_digest) == (False, before)


def test_who_may_not_renew_is_told_who_does(client, in_danger):
    client.force_login(make_viewer())
    text = client.get(page_of(in_danger)).content.decode()

    assert f"{RENEW} The one that was issued" in text and "Who may issue tokens does it." in text
    assert reverse("admin:sellers_location_token", args=[in_danger.location_id]) not in text


def test_locations_page_names_the_danger_and_leads_to_the_endpoint(client, in_danger):
    client.force_login(make_superuser())
    location = reverse("admin:sellers_location_change", args=[in_danger.location_id])

    text = client.get(location).content.decode()

    assert "The inventory webhook is in danger: 24 refused in 24 h" in text
    assert f'<a href="{page_of(in_danger)}">Why, and what to do</a>' in text
    assert "The token that EasyEcom has" not in text
    Refusal.objects.update(count=19)
    assert "is in danger" not in client.get(location).content.decode()
