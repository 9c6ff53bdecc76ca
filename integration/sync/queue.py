"""Our queue: django-q's, where a task can also be meant for one cluster alone."""

import datetime as dt
import time
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from integration.models import Worker

FREE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Queue(ORM):
    """All clusters take from it in order, and each also what bears its worker's id.

    django-q marks a task as free from now on by the asking host's clock and compares that with
    the working host's: where they disagree by minutes a wake-up would sleep for minutes.
    """

    def __init__(self, list_key: str | None = None, worker_id: str = "") -> None:
        super().__init__(list_key)
        self.keys = [self.list_key, worker_id] if worker_id else [self.list_key]

    def enqueue(self, task: str) -> Any:
        return self.get_connection().create(key=self.list_key, payload=task, lock=FREE).pk

    def dequeue(self) -> list[tuple[int, str]] | None:
        rows = self.get_connection()
        row = rows.filter(key__in=self.keys, lock__lt=timezone.now()).order_by("pk").first()
        if row is None:
            time.sleep(Conf.POLL)
        elif rows.filter(pk=row.pk, lock=row.lock).update(lock=self.timeout(row)):
            return [(row.pk, row.payload)]
        return None


def enqueue(task: str, worker_id: str | None = None) -> None:
    """A task by its dotted name, for whichever cluster is first or for that worker's."""
    # In a transaction django-q leaves the caller's connection open.
    with transaction.atomic(savepoint=False):
        async_task(task, broker=Queue(worker_id))


def forget_the_dead() -> None:
    """Drop what was meant for workers that are no more."""
    everyone = Conf.CLUSTER_NAME
    OrmQ.objects.exclude(key=everyone).exclude(key__in=Worker.objects.values("id")).delete()
