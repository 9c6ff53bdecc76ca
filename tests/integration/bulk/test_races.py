"""Two workers, or a worker and a person, at the same bulk run."""

from django.db import transaction
from django.utils import timezone

from integration.bulk import runs
from integration.models import BulkRun, Event
from tests import races
from tests.integration.bulk.test_runs import frozen, refused_orders, results, started

pytestmark = races.marks


def test_run_that_another_worker_has_in_hand_is_passed_over():
    refused_orders(2)
    run = started()
    BulkRun.objects.update(due_at=timezone.now())
    beside = races.Beside(lambda: runs.step(run.pk))

    with transaction.atomic():
        assert runs.step(run.pk) is True
        beside.begin()
        assert not beside.until_it_waits()
    beside.until_it_ends()

    assert beside.found is False
    assert results(run) == ["asked", "asked"]


def test_run_that_two_start_at_once_is_started_by_one():
    refused_orders(1)
    run = frozen()

    def start(actor):
        return runs.start(run, reason="EasyEcom has the SKUs now", actor=actor)

    found = races.meet(lambda: start("asha"), lambda: start("vik"))

    run.refresh_from_db()
    assert [bool(each) for each in found] == [True, False]
    assert run.started_by == "asha"
    assert Event.objects.filter(kind="bulk", sentence__contains="started").count() == 1
