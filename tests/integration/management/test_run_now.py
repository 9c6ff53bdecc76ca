"""`manage.py run_now`: a scheduled task, here and at once."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integration.models import OrderReason
from tests.factories import make_order, pushed

pytestmark = pytest.mark.django_db


def test_run_now_marks_late_orders_without_a_worker():
    order = pushed(make_order())
    order.change(pushed_at=timezone.now() - timedelta(days=2))

    call_command("run_now", "renew_reasons")

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.AWB_LATE


def test_run_now_runs_nothing_but_what_is_scheduled():
    with pytest.raises(CommandError, match="drain_outbox"):
        call_command("run_now", "drain_outbox")
