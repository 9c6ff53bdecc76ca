from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from booon_console.lib import clock
from integration.models import Worker
from integration.sync import queue as sync_queue
from integration.sync.queue import Queue, enqueue

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(sync_queue.time, "sleep", lambda seconds: None)


def taken(worker_id: str = "") -> list[str]:
    """The functions of all that a cluster would take, in its order."""
    queue = Queue(worker_id=worker_id)
    found = []
    while rows := queue.dequeue():
        found += [OrmQ.objects.get(pk=pk).func() for pk, _ in rows]
    return found


def test_tasks_are_handed_out_once_and_in_order():
    for task in "abc":
        enqueue(task)

    assert taken() == ["a", "b", "c"]
    assert taken() == []


def test_task_for_one_worker_is_left_alone_by_others():
    enqueue("mine", "worker-1")
    enqueue("anyone's")

    assert taken("worker-2") == ["anyone's"]
    assert taken("worker-1") == ["mine"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_hosts_may_disagree_about_the_time(hours: int):
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        enqueue("a")

    assert taken() == ["a"]


def test_task_that_nobody_finished_is_handed_out_again():
    enqueue("a")
    taken()

    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert taken() == ["a"]


def test_finished_task_is_gone():
    enqueue("a")
    queue = Queue()
    [(pk, _)] = queue.dequeue()
    queue.acknowledge(pk)

    assert not OrmQ.objects.exists()


def test_what_was_meant_for_the_dead_is_dropped():
    now = clock.now()
    Worker.objects.create(id="alive", host="h", started_at=now, pulsed_at=now)
    enqueue("a", "dead")
    enqueue("b", "alive")
    enqueue("c")

    sync_queue.forget_the_dead()

    assert [row.func() for row in OrmQ.objects.order_by("pk")] == ["b", "c"]
