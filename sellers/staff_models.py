"""What is kept of staff's log-ins."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.module_loading import import_string


class LogInTries(models.Model):
    """Wrong passwords of late for one user name, whether anybody has that name or not.

    The name is kept as a keyed digest: people type passwords into its field.
    """

    name = models.CharField(max_length=64, primary_key=True)
    wrong = models.PositiveIntegerField(default=0)
    wrong_at = models.DateTimeField(null=True, blank=True)
    # Whether somebody wrote down that it is locked.
    is_told = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "Tries at a user name"


class GivenPassword(models.Model):
    """A password that somebody else chose: its holder chooses another when they log in next."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Password given to {self.user}"


class StaffSession(AbstractBaseSession):
    """One browser in which somebody is logged in. Where the row goes, the session ends.

    What stands beside the session's own columns is copied from its data: see `sellers.sessions`.
    """

    # Not the primary key: that stands in addresses, and who knows this one is logged in.
    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    made_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=64, blank=True, default="")
    agent = models.CharField("browser", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "session"
        verbose_name_plural = "sessions"
        default_permissions = ("view",)
        permissions = [("view_own_staffsession", "Can view and end sessions of their own")]

    def __str__(self) -> str:
        return f"Session of {self.user}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store
