"""The timeline's lines, one by one and in bulk."""

import pytest
from django.utils import timezone

from integration.models import Event, make_event, record_event, record_events
from tests.factories import make_order

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_sentence_that_is_too_long_is_cut_in_bulk_too():
    now, long = timezone.now(), "x" * 600

    record_event("retry", long, at=now)
    record_events([make_event("retry", long, at=now)])

    assert list(Event.objects.values_list("sentence", flat=True)) == ["x" * 500, "x" * 500]


def test_event_of_an_order_is_of_its_location_and_seller_too():
    order = make_order()

    record_event("retry", "Retry asked for.", at=timezone.now(), actor="asha", order=order)

    event = Event.objects.get(kind="retry")
    assert (event.order_id, event.location_id) == (order.pk, order.location_id)
    assert (event.seller_id, event.actor) == (order.seller_id, "asha")
