"""The front page: what needs a person, since when, and what to do; then what flows."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.lib import clock
from integration.models import (
    Alert,
    ErrorMessage,
    KnownError,
    Order,
    OrderReason,
    Refusal,
    Stage,
    Tally,
    Worker,
    raise_stage,
)
from integration.models.reasons import STEPS
from integration.monitoring import statistics
from integration.monitoring.front_page import attention, throughput
from integration.sync import holds
from sellers.models import CarrierRegistration, Location, StaffScope
from tests.factories import make_location, make_order, make_seller, pushed
from tests.integration.admin.rows import fill, make_superuser, make_viewer

pytestmark = pytest.mark.django_db
HOME = reverse("admin:index")


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


@pytest.fixture
def user():
    return make_superuser()


def ago(**span):
    return clock.now() - timedelta(**span)


def block(reason, since, location=None):
    return make_order(location, blocked_reason=reason, blocked_since=since)


def need_of(user, url_part):
    (found,) = [need for need in attention.needs(user) if url_part in need.url]
    return found


def test_reason_has_its_count_its_oldest_and_its_step(user):
    oldest = ago(hours=5)
    for since in (ago(hours=1), oldest, ago(hours=2)):
        block("rejected", since)
    block("not_found", ago(minutes=1))

    need = need_of(user, "blocked_reason=rejected")

    assert (need.shown_count, need.since) == ("3", oldest)
    assert need.step == "Mend what EasyEcom says and send it again, or withdraw it."
    assert need_of(user, "blocked_reason=not_found").count == 1


def test_every_reason_has_a_step_and_is_on_the_page(user):
    location = make_location()
    for reason in OrderReason:
        block(reason, ago(hours=1), location)

    shown = [need.url for need in attention.needs(user) + attention.passing(user)]

    assert set(STEPS) == set(OrderReason)
    for reason in OrderReason:
        assert [url for url in shown if url.endswith(f"?blocked_reason={reason}")], reason


def test_what_passes_by_itself_stands_apart(user):
    block("unreachable", ago(minutes=1))

    (passing,) = attention.passing(user)

    assert passing.sentence == OrderReason.UNREACHABLE.label
    assert "Orders" not in [need.what for need in attention.needs(user)]


def test_reason_has_the_time_it_began_and_keeps_it_through_tries():
    order = make_order()
    before = clock.now()
    order.mark_blocked("unreachable", "Refused.")
    began = order.blocked_since
    order.mark_blocked("unreachable", "DNS.")
    assert began >= before and order.blocked_since == began

    order.mark_blocked("rejected", "DNS.")

    assert Order.objects.get(pk=order.pk).blocked_since > began


def test_registration_in_doubt_comes_first(user):
    since = ago(days=2)
    block("rejected", ago(days=3))
    CarrierRegistration.objects.update(state="in_doubt", doubt_since=since, company_carrier_id="")

    first = attention.needs(user)[0]

    assert (first.what, first.since) == ("Carrier registrations", since)
    assert "Carrier Master" in first.step


def test_several_webhooks_in_danger_are_listed_and_no_other(user, client):
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    location = make_location()
    ill = [location.endpoints.first(), make_location().endpoints.first()]
    well = location.endpoints.exclude(pk=ill[0].pk).get()
    for endpoint, count in [(ill[0], 20), (ill[1], 400), (well, 19)]:
        Refusal.objects.create(
            endpoint_id=endpoint.pk, cause="wrong_token", hour=hour, count=count, last_at=hour
        )
    need = next(each for each in attention.needs(user) if each.key == "webhooks:danger")
    client.force_login(user)

    listed = {row.pk for row in client.get(need.url).context["cl"].result_list}
    refusing = client.get(need.url.replace("health=danger", "health=failing")).context["cl"]

    assert need.count == 2
    assert listed == {endpoint.pk for endpoint in ill}
    assert [row.pk for row in refusing.result_list] == [well.pk]


def test_webhook_in_danger_and_log_in_refused_are_named(user):
    location = make_location(login_trouble="refused")
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    endpoint = location.endpoints.first()
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=hour, count=20, last_at=hour
    )

    needs = {need.what: need for need in attention.needs(user)}

    assert needs["Webhook endpoints"].since == hour
    assert needs["Webhook endpoints"].url == reverse(
        "admin:integration_webhookendpoint_change", args=[endpoint.pk]
    )
    assert "refuses the log-in" in needs["Locations"].sentence
    assert needs["Locations"].url.endswith("?login_trouble=refused")


def test_queue_that_is_too_old_is_named_with_its_beginning(user):
    began = ago(hours=2)
    alert = Alert.objects.create(key="queue", kind="queue", sentence="Old.", opened_at=began)
    Alert.objects.create(key="over", kind="queue", sentence="O.", opened_at=began, cleared_at=began)

    need = need_of(user, reverse("admin:integration_alert_change", args=[alert.pk]))

    assert (need.count, need.since, need.sentence) == (1, began, "Old.")
    Alert.objects.create(key="another", kind="queue", sentence="A.", opened_at=began)
    need = need_of(user, "kind=queue")
    assert (need.count, need.sentence) == (2, "What waits there is older than its limit.")


def test_one_hold_or_location_is_named(user):
    seller = make_seller(name="Anand Textiles")
    location = make_location(seller=seller, live=False, blocked_reason="credentials_refused")
    hold = holds.hold(seller, "Their stock is counted anew.", actor="ravi")

    by_key = {need.key: need for need in attention.needs(user)}

    assert "Their stock is counted anew." in by_key["holds"].sentence
    assert by_key["holds"].url == reverse("admin:integration_hold_change", args=[hold.pk])
    sentence = by_key["locations:credentials_refused"].sentence
    assert sentence.startswith(f"Anand Textiles, {location}: ")


def test_what_loses_something_stands_before_what_was_stopped_on_purpose(user):
    holds.hold(make_seller(), "Their stock is counted anew.", actor="ravi")
    endpoint = make_location().endpoints.get(topic="inventory")
    now = clock.now()
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="wrong_token", hour=now, count=1, last_at=now
    )

    keys = [need.key for need in attention.needs(user)]

    assert keys.index("webhooks:failing") < keys.index("holds")


def test_list_behind_refused_log_ins_holds_just_those(staff):
    make_location()
    refused = make_location(login_trouble="refused")

    page = staff.get(f"{reverse('admin:sellers_location_changelist')}?login_trouble=refused")

    assert list(page.context["cl"].result_list) == [refused]


def test_person_sees_what_waits_at_their_sellers_only():
    mine, foreign = make_location(), make_location()
    block("rejected", ago(hours=1), mine)
    block("rejected", ago(hours=9), foreign)
    viewer = make_viewer()
    StaffScope.objects.create(user=viewer).sellers.add(mine.seller)

    need = need_of(viewer, "blocked_reason=rejected")

    assert need.count == 1
    assert need.since > ago(hours=2)


def test_staff_without_a_role_are_told_nothing(client):
    block("rejected", ago(hours=1))
    viewer = make_viewer()
    viewer.user_permissions.clear()
    viewer.groups.set(Group.objects.none())

    assert attention.needs(viewer) == attention.passing(viewer) == []
    assert throughput.stages(viewer) == throughput.charts(viewer) == []


def test_stage_has_its_oldest_order_against_its_limit(user, settings):
    settings.AWB_LIMIT_HOURS = 2
    location = make_location()
    for hours in (1, 3, 5):
        pushed(make_order(location)).change(stage_since=ago(hours=hours))
    received, awaiting, assigned = throughput.stages(user)

    assert (received.count, assigned.count) == ("0", "0")
    assert (awaiting.count, awaiting.late, awaiting.is_late) == ("3", "2", True)
    assert ago(hours=6) < awaiting.since < ago(hours=4)


def test_clock_of_a_stage_starts_when_the_order_rises_to_it():
    order = make_order(stage_since=ago(days=1))
    now = clock.now()

    raise_stage(order, Stage.AWAITING_CARRIER, at=now, easyecom_invoice_id="1")

    assert Order.objects.get().stage_since == now


def test_charts_hold_each_hour_of_the_day_once(user):
    location = make_location()
    now = statistics.hour_of(clock.now())
    for hours, count in ((0, 3), (23, 5), (24, 100)):
        hour = now - timedelta(hours=hours)
        Tally.objects.create(seller=location.seller, kind="pushed", hour=hour, count=count)

    chart = throughput.charts(user)[0]

    assert (chart.title, len(chart.bars), chart.total) == ("Orders pushed", 24, 8)
    assert (chart.bars[0].value, chart.bars[-1].value) == (5, 3)
    assert throughput.figures(throughput.charts(user))[0] == [
        chart.bars[-1].label,
        "3",
        "0",
        "0",
        "0",
    ]


def test_page_says_all_this_without_a_script(staff):
    block("awb_late", ago(hours=30))

    text = staff.get(HOME).content.decode()

    assert "Booon has not given its carrier and AWB in time." in text
    assert "30 h ago" in text
    assert 'role="img" aria-label="Orders pushed: none."' in text


def test_refresh_brings_what_moves_and_the_banner_alone(staff):
    text = staff.get(HOME, headers={"HX-Request": "true"}).content.decode()

    assert "Needs a person" in text
    assert 'hx-swap-oob="true"' in text and "Nothing is being processed" in text
    assert "<html" not in text and 'id="nav-sidebar"' not in text


def test_nothing_waiting_is_said_so(staff):
    now = clock.now()
    Worker.objects.create(id="w", host="h", started_at=now, pulsed_at=now, beat_at=now)

    assert "Nothing. What is on its way goes on by itself." in staff.get(HOME).content.decode()


def count_queries(staff) -> int:
    with CaptureQueriesContext(connection) as queries:
        staff.get(HOME)
    return len(queries)


def test_page_makes_no_more_queries_for_many_rows_than_for_few(staff):
    fill(3)
    staff.get(HOME)
    few = count_queries(staff)
    fill(300, start=3)
    Location.objects.update(blocked_reason="refused")

    assert count_queries(staff) == few
    assert few <= 60


def test_messages_that_nobody_has_named_wait_for_who_may_name_them(user):
    first, now = ago(hours=2), clock.now()
    known = KnownError.objects.create(pattern="known", sentence="S", next_step="N")
    for shape, meaning in (("new", None), ("known", known)):
        ErrorMessage.objects.create(
            digest=shape, shape=shape, sample=shape, known=meaning, first_at=first, last_at=now
        )
    viewer = make_viewer()

    need = need_of(user, "errormessage")

    assert (need.count, need.since) == (1, first)
    assert need.url.endswith("?named=no")
    assert not [each for each in attention.needs(viewer) if "errormessage" in each.url]
