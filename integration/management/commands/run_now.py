"""`manage.py run_now TASK`: one of the worker's scheduled tasks, here and at once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integration.worker import tasks


class Command(BaseCommand):
    help = "Runs one of the scheduled tasks at once, in the foreground. Safe beside the workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("task", choices=sorted(tasks.SCHEDULES))

    def handle(self, *args: Any, task: str, **options: Any) -> None:
        getattr(tasks, task)()
