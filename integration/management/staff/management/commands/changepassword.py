"""manage.py changepassword: Django's own, with an event; it ends the person's sessions.

Who types it may be somebody else, so its holder chooses another at the next log-in.
"""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from booon_console.lib import clock
from integration.models import record_event
from integration.monitoring import staff_trail
from sellers import sessions
from sellers.models import GivenPassword


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        before = dict(User.objects.values_list("pk", "password"))
        said = super().handle(*args, **options)
        for user in User.objects.all():
            if user.password != before.get(user.pk):
                sentence = f"Password of {user} changed on the command line."
                record_event("staff", sentence, at=clock.now())
                staff_trail.record_ended(user, sessions.end_all(user), actor="console")
                GivenPassword.objects.get_or_create(user=user)
        return said
