"""The page of the workers' signs of life."""

from datetime import timedelta

import pytest
from django.urls import reverse

from booon_console.lib import clock
from integration.admin import alerts
from integration.models import Worker
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("later", "health"), [(59, "at work"), (61, "silent")])
def test_health_goes_by_the_clock_that_the_beat_went_by(client, monkeypatch, later, health):
    """The database's: a web host whose own clock is wrong shows nobody as silent."""
    beat_at = clock.now() - timedelta(days=1)
    Worker.objects.create(id="w", host="a", started_at=beat_at, pulsed_at=beat_at, beat_at=beat_at)
    monkeypatch.setattr(alerts.clock, "now", lambda: beat_at + timedelta(seconds=later))
    client.force_login(make_superuser())

    page = client.get(reverse("admin:integration_worker_changelist")).content.decode()

    assert health in page
    assert {"at work": "silent", "silent": "at work"}[health] not in page
