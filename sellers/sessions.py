"""Sessions of staff, each a row that says whose it is and can be ended (SESSION_ENGINE)."""

from datetime import UTC, datetime
from time import time
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as RowStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest

from booon_console.access import MUST_CHANGE
from booon_console.log_in import client_address
from sellers.staff_models import GivenPassword, StaffSession

ENDED = "The session was ended meanwhile."


class SessionStore(RowStore):
    """Django's own, over StaffSession. What was ended is never written again."""

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        row = cast(StaffSession, super().create_model_instance(data))
        user = data.get(SESSION_KEY)
        row.user_id = int(user) if user else None
        row.made_at, row.seen_at = (moment(data.get(key)) for key in ("begun_at", "seen_at"))
        row.address, row.agent = data.get("address", ""), data.get("agent", "")
        return row

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            return super().save(must_create)
        row = self.create_model_instance(dict(self.items()))
        names = [each.attname for each in row._meta.concrete_fields if not each.primary_key]
        kept = StaffSession.objects.filter(session_key=self.session_key)
        if not kept.update(**{name: getattr(row, name) for name in names}):
            raise UpdateError

    def cycle_key(self) -> None:
        """The same session under another key. Raises SessionInterrupted where it was ended."""
        self.keys()  # Loaded: one that is not there any more has no key.
        if self.session_key is None:
            return super().cycle_key()
        new = self._get_new_session_key()  # type: ignore[attr-defined]
        kept = StaffSession.objects.filter(session_key=self.session_key)
        if not kept.update(session_key=new):
            raise SessionInterrupted(ENDED)
        self._session_key = new
        self.modified = True


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def begin(request: HttpRequest, user: User, **_: Any) -> None:
    """What the row of a session says, once somebody has logged in."""
    now = time()
    agent = request.headers.get("User-Agent", "").replace("\x00", "")[:300]
    request.session.update(
        {"begun_at": now, "seen_at": now, "address": client_address(request), "agent": agent}
    )
    request.session[MUST_CHANGE] = GivenPassword.objects.filter(user=user).exists()


def end_all(user: User, *, but: str | None = None) -> int:
    """End every session of this person, but the one of that key. Returns how many."""
    ended, _ = StaffSession.objects.filter(user=user).exclude(session_key=but or "").delete()
    return ended


def end_of_inactive(instance: User, **_: Any) -> None:
    """Who is deactivated is out, and stays out when the account lives again."""
    if not instance.is_active:
        end_all(instance)
