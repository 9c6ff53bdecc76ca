"""Lists by time: presets and typed bounds, in India's time."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from integration.admin import periods
from integration.models import Order
from tests.factories import make_location, make_order
from tests.integration.admin.rows import make_superuser

# 14:30 in India.
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
ORDERS = reverse("admin:integration_order_changelist")


@pytest.fixture
def staff(client, db):
    client.force_login(make_superuser())
    return client


@pytest.mark.parametrize(
    ("preset", "since", "before"),
    [
        ("hour", NOW - timedelta(hours=1), None),
        ("today", MIDNIGHT, None),
        ("yesterday", MIDNIGHT - timedelta(days=1), MIDNIGHT),
        ("week", NOW - timedelta(days=7), None),
        ("", None, None),
        ("decade", None, None),
    ],
)
def test_presets_begin_and_end_in_indias_time(preset, since, before):
    assert periods.bounds(preset, NOW) == (since, before)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-26", MIDNIGHT, MIDNIGHT + timedelta(days=1)),
        ("2026-11-26T14:30", NOW, NOW + timedelta(minutes=1)),
        (" 2026-11-26 14:30 ", NOW, NOW + timedelta(minutes=1)),
        ("2026-11-26T09:00+00:00", NOW, NOW + timedelta(minutes=1)),
        ("", None, None),
    ],
)
def test_what_is_typed_is_a_day_or_a_minute_and_its_end_is_included(text, start, end):
    assert periods.parse_moment(text) == start
    assert periods.parse_moment(text, is_end=True) == end


def made(location, number, moment):
    order = make_order(location, order_number=number)
    Order.objects.filter(pk=order.pk).update(created_at=moment)


def numbers(client, query):
    page = client.get(f"{ORDERS}?{query}")
    assert page.status_code == 200, page.url
    return sorted(order.order_number for order in page.context["cl"].result_list)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["A", "B", "C", "D"]),
        ("when=hour", ["D"]),
        ("when=today", ["C", "D"]),
        ("when=yesterday", ["B"]),
        ("when=week", ["B", "C", "D"]),
        ("from=2026-11-26", ["C", "D"]),
        ("to=2026-11-25", ["A", "B"]),
        ("from=2026-11-25T23:59&to=2026-11-26T00:00", ["B", "C"]),
        # What is typed is meant, beside a preset too.
        ("when=hour&from=2026-11-25&to=2026-11-25", ["B"]),
        ("from=2026-11-26&to=2026-11-25", []),
        ("from=soon", []),
        ("from=99999-01-01", []),
        ("to=9999-12-31", []),
    ],
)
def test_list_holds_what_lies_within(staff, query, found):
    location = make_location()
    made(location, "A", MIDNIGHT - timedelta(days=9))
    made(location, "B", MIDNIGHT - timedelta(seconds=30))
    made(location, "C", MIDNIGHT)
    made(location, "D", NOW - timedelta(minutes=59))

    with time_machine.travel(NOW, tick=False):
        assert numbers(staff, query) == found


def test_what_can_not_be_read_is_said_and_stays_typed(staff):
    text = staff.get(f"{ORDERS}?from=soon&to=2026-11-26").content.decode()

    assert periods.UNREADABLE in text
    assert 'name="from" value="soon"' in text and 'name="to" value="2026-11-26"' in text


def test_other_filters_and_the_search_are_kept(staff):
    text = staff.get(f"{ORDERS}?stage=received&q=BN&when=today").content.decode()

    assert '<input type="hidden" name="stage" value="received">' in text
    assert '<input type="hidden" name="q" value="BN">' in text
    assert "when=yesterday" in text and "stage=received" in text


@pytest.mark.parametrize("model", ["order", "delivery", "apicall", "event"])
def test_every_long_list_is_filtered_by_time(staff, model):
    url = reverse(f"admin:integration_{model}_changelist")

    for query in ("when=today", "from=2026-11-26&to=2026-11-26T10:00"):
        page = staff.get(f"{url}?{query}")
        assert page.status_code == 200
        assert "The last 7 days" in page.content.decode()


def test_list_without_such_a_filter_takes_no_bounds(staff):
    page = staff.get(f"{reverse('admin:integration_hold_changelist')}?from=2026-11-26")

    assert page.status_code == 400
