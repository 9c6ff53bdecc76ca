"""manage.py createsuperuser: Django's own, with an event."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.db.models import Max

from booon_console.lib import clock
from integration.models import record_event


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        last = User.objects.aggregate(last=Max("pk"))["last"] or 0
        super().handle(*args, **options)
        for user in User.objects.filter(pk__gt=last, is_superuser=True):
            record_event("staff", f"Superuser {user} made on the command line.", at=clock.now())
