"""Keeps one django-q cluster at work: starts it, pulses, listens for its heartbeat, replaces it.

django-q2 does not notice when its cluster hangs (a killed idle worker is enough), hangs on a
SIGTERM to all its processes, and leaves orphans when its main process is killed. Hence the
process group, the heartbeat, and a signal for the main process only.
"""

import math
import os
import random
import signal
import socket
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from types import FrameType
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django_q.cluster import Cluster

from booon_console.lib import clock
from integration.models import Drain, Worker
from integration.monitoring import alerts
from integration.sync import database_guard, shards, wakeup
from integration.sync import queue as sync_queue
from integration.worker import tasks
from integration.worker.process_group import ProcessGroup

log = structlog.get_logger(__name__)

PULSE_SECONDS = 0.5
BEAT_SECONDS = 5.0
# django-q lets a task live 45 s; a stop waits for what is under way.
STOP_SECONDS = 50.0
# A cluster that lived for less died of its start; the next one waits.
SHORT_LIFE = 20.0
LONGEST_WAIT = 30.0
# As long as a worker may be silent anywhere.
ALARM_SECONDS = 60.0
FORGOTTEN = timedelta(days=1)


class NotMigrated(Exception):
    """The database lacks migrations; the text names the first."""


class Supervisor:
    """`run` returns after SIGTERM or SIGINT. `silence` is how long a cluster may be silent."""

    def __init__(self, silence: float) -> None:
        self.worker_id = uuid4().hex
        self.is_stopping = False
        self.trouble = ""
        self.cluster: ProcessGroup | None = None
        self.started = 0.0
        self.next_start = 0.0
        self.short_lives = 0
        # Silence is counted in heartbeats asked for in vain: a database that was away, or a
        # supervisor that slept, is not taken for a cluster that hangs.
        self.beat_seconds = min(BEAT_SECONDS, silence / 5)
        self.most_unanswered = math.ceil(silence / self.beat_seconds)
        self.unanswered = 0
        self.last_beat: datetime | None = None
        self.next_report = 0.0
        # When there was last no reason to be alarmed, and when it may next be said.
        self.heard_at = time.monotonic()
        self.next_alarm = 0.0
        self.watcher = database_guard.Watcher(self.worker_id)

    def run(self) -> None:
        """Raises NotMigrated."""
        signal.signal(signal.SIGTERM, self.note_signal)
        signal.signal(signal.SIGINT, self.note_signal)
        self.prepare()
        log.info("workers keep a queue cluster at work", worker=self.worker_id)
        while not self.is_stopping:
            self.tick()
            time.sleep(PULSE_SECONDS)
        self.stop()
        log.info("workers have stopped", worker=self.worker_id)

    def note_signal(self, signum: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def prepare(self) -> None:
        """Waits for the database, and for somebody who knows it. Raises NotMigrated."""
        while not self.is_stopping:
            try:
                check_migrations()
                if self.watcher.first_look():
                    forget_the_dead()
                    return
                time.sleep(PULSE_SECONDS)
            except NotMigrated:
                raise
            except Exception as error:
                self.note_trouble(error)
                time.sleep(PULSE_SECONDS)

    def tick(self) -> None:
        try:
            self.keep_cluster()
            if time.monotonic() >= self.next_report:
                self.report()
            self.watcher.look()
            tasks.pulse()
            self.alarm()
        except Exception as error:
            self.note_trouble(error)
        else:
            self.note_trouble(None)

    def note_trouble(self, error: Exception | None) -> None:
        """Says it once, and once when it is over."""
        trouble = type(error).__name__ if error else ""
        if trouble and trouble != self.trouble:
            log.error("workers can't pulse, and keep trying", error=trouble)
        elif self.trouble and not trouble:
            log.info("workers pulse again")
        self.trouble = trouble
        if isinstance(error, DatabaseError):
            # Nobody can be blamed for silence meanwhile. Next time on a new connection.
            self.unanswered, self.heard_at = 0, time.monotonic()
            with suppress(Exception):
                connection.close()

    # Its cluster ----------------------------------------------------------------------------

    def keep_cluster(self) -> None:
        if self.cluster is None:
            if time.monotonic() >= self.next_start:
                self.start_cluster()
        elif not self.cluster.is_alive():
            self.end_cluster(self.cluster, "it died")
        elif self.unanswered > self.most_unanswered:
            self.end_cluster(self.cluster, "it is silent")

    def start_cluster(self) -> None:
        self.register()
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "workers", "--cluster"]
        # Forked workers would read each other's results from a pool's connections.
        variables = {wakeup.WORKER_ID_VARIABLE: self.worker_id, "DATABASE_POOL": "false"}
        self.started = time.monotonic()
        try:
            self.cluster = ProcessGroup(command, os.environ | variables)
        except OSError:
            self.back_off()
            raise
        log.info("queue cluster started", pid=self.cluster.pid)

    def end_cluster(self, cluster: ProcessGroup, why: str) -> None:
        cluster.kill()
        self.cluster = None
        self.back_off()
        log.error("queue cluster killed, to be replaced", pid=cluster.pid, why=why)

    def back_off(self) -> None:
        now = time.monotonic()
        self.short_lives = self.short_lives + 1 if now - self.started < SHORT_LIFE else 0
        self.next_start = now + min(2**self.short_lives // 2 - 1, LONGEST_WAIT)

    def stop(self) -> None:
        """Let it finish what is under way, then kill what is left of it."""
        if self.cluster is not None:
            self.cluster.ask_to_stop()
            give_up_at = time.monotonic() + STOP_SECONDS
            while self.cluster.is_alive() and time.monotonic() < give_up_at:
                self.pulse_while_stopping()
                time.sleep(0.1)
            self.cluster.kill()
        with suppress(Exception):
            # What was done since the last pulse has to be remembered too.
            self.watcher.look()
            self.release_drains()
            Worker.objects.filter(id=self.worker_id).delete()
            forget_the_dead()

    def pulse_while_stopping(self) -> None:
        """What is still under way here is not another host's."""
        if time.monotonic() >= self.next_report:
            self.next_report = time.monotonic() + self.beat_seconds
            with suppress(Exception):
                Worker.objects.filter(id=self.worker_id).update(pulsed_at=clock.now())

    # Its row --------------------------------------------------------------------------------

    def register(self) -> None:
        """A row for a new cluster, without a beat; what the last one held is free."""
        now = clock.now()
        fields = {
            "host": socket.gethostname(),
            "started_at": now,
            "pulsed_at": now,
            "beat_at": None,
        }
        Worker.objects.update_or_create(id=self.worker_id, defaults=fields)
        self.release_drains()
        self.last_beat, self.unanswered = None, 0

    def release_drains(self) -> None:
        """Free what a cluster of ours was running; what it had taken from the queue is lost."""
        Drain.objects.filter(running_in=self.worker_id).release()
        shards.release_all(self.worker_id)
        Drain.objects.update(queued_at=None)

    def report(self) -> None:
        """Pulse and hear the heart; then ask it to beat again."""
        self.next_report = time.monotonic() + self.beat_seconds * random.uniform(0.8, 1.2)
        mine = Worker.objects.filter(id=self.worker_id)
        if not mine.update(pulsed_at=clock.now()):
            self.register()
        beat = mine.values_list("beat_at", flat=True).first()
        if beat != self.last_beat:
            self.last_beat, self.unanswered = beat, 0
            self.heard_at = time.monotonic()
        tasks.ask_for_beat(self.worker_id)
        self.unanswered += 1

    def alarm(self) -> None:
        """A cluster that is silent, or dies again and again, can't tell of itself."""
        now = time.monotonic()
        if now - self.heard_at > ALARM_SECONDS and now >= self.next_alarm:
            self.next_alarm = now + ALARM_SECONDS
            alerts.look_for_alerts()


def run_cluster() -> None:
    """The command that a supervisor starts. django-q leaves when its main process is told to."""
    queue = sync_queue.Queue(worker_id=wakeup.worker_id())
    connections.close_all()  # the cluster forks
    Cluster(queue).start()


def forget_the_dead() -> None:
    Worker.objects.filter(pulsed_at__lt=clock.now() - FORGOTTEN).delete()
    sync_queue.forget_the_dead()


def check_migrations() -> None:
    """Raises NotMigrated."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        first = plan[0][0]
        raise NotMigrated(f"{len(plan)} unapplied, the first is {first.app_label}.{first.name}")
