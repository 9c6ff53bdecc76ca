"""Is this the database that was here before? A restored or copied one would send again what was
sent since: it is held until a permitted person releases it (docs/decisions/0022).

Each engine asks before anything goes out. The supervisor's pulse keeps the state file, which no
restored dump takes back with it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Max

from booon_console import clock
from integration.holds import holding, state_file
from integration.holds.state_file import State
from integration.models import ApiCall, Binding, SyncJob, Worker

log = structlog.get_logger(__name__)

# Retention deletes calls after 30 days: what is remembered of older ones proves nothing.
CALLS_REMEMBERED = timedelta(days=29)
# A supervisor reports every 5 s.
PEER_SILENCE = timedelta(seconds=60)
UNKNOWN = "No worker has looked at this database yet. Start `manage.py workers`."
UNREMEMBERED = "This host remembers nothing of this database, and no other worker knows it."


def put_in_place() -> None:
    """A new database gets a name of its own. Safe to repeat."""
    if not Binding.objects.exists():
        Binding.objects.create(made_at=clock.now())


def lets_out() -> bool:
    """Whether this database was looked at, so that only a hold stands in the way of a call.

    False on a host that can't know while no worker is there to tell; a database that is found to
    be another is held instead.
    """
    look = Look.now(state_file.read(state_path()))
    doubt = look.doubt()
    if doubt == UNREMEMBERED:
        log.warning("database_unknown", step="Start `manage.py workers`.")
        return False
    if doubt:
        holding.doubt(doubt, look.binding)
    return True


class Watcher:
    """The supervisor's look at the database, once a pulse; it alone keeps the state file."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        # From the file at the start; then what was seen, even where the file can't be written.
        self.state = state_file.read(state_path())
        self.is_written = True

    def look(self) -> None:
        """Hold everything where this is another database, else remember what it has by now."""
        look = Look.now(self.state)
        if doubt := look.doubt(but=self.worker_id):
            holding.doubt(doubt, look.binding)
        else:
            self.remember(look)

    def remember(self, look: "Look") -> None:
        if look.binding.watched_at is None:
            Binding.objects.filter(pk=look.binding.pk).update(watched_at=look.at)
        last, seen = self.state, look.seen()
        if self.is_written and last and replace(last, at=seen.at) == seen:
            return
        self.state = seen
        try:
            state_file.write(state_path(), seen)
        except OSError as fault:
            if self.is_written:
                log.error("state file can't be written", error=type(fault).__name__)
            self.is_written = False
        else:
            self.is_written = True


@dataclass(frozen=True, slots=True)
class Look:
    """The database as it is now, beside what this host remembers of it."""

    binding: Binding
    job: int
    call: int
    at: datetime
    state: State | None

    @classmethod
    def now(cls, state: State | None) -> "Look":
        return cls(current(), highest(SyncJob), highest(ApiCall), clock.now(), state)

    def seen(self) -> State:
        return State(str(self.binding.incarnation), self.job, self.call, self.at.timestamp())

    def doubt(self, but: str = "") -> str:
        """Why this may be another database than was here before; "" where nothing says so.

        `but` is a worker that is no witness: the one that asks.
        """
        if (self.binding.environment, self.binding.base_url) != here():
            return f"This database was made for {self.binding}; here it is {' at '.join(here())}."
        if self.state is None:
            is_new = self.binding.watched_at is None
            return "" if is_new or self.has_peers(but) else UNREMEMBERED
        if self.state.incarnation == str(self.binding.incarnation):
            return self.older_than(self.state)
        if self.is_expected_after(self.state) or self.has_peers(but):
            return ""
        return "Another database was here before this one."

    def older_than(self, state: State) -> str:
        """Rows of both are only ever added, and the newest call stays for a month."""
        is_recent = self.at.timestamp() - state.at < CALLS_REMEMBERED.total_seconds()
        if self.job >= state.job and (self.call >= state.call or not is_recent):
            return ""
        return (
            f"This database is older than it was: it knows sync jobs up to {self.job} and calls "
            f"up to {self.call}, where {state.job} and {state.call} were seen."
        )

    def is_expected_after(self, state: State) -> bool:
        """A permitted person bound it anew since then, or it is new and ran nowhere yet."""
        others = Binding.objects.exclude(pk=self.binding.pk)
        if others.filter(incarnation=state.incarnation).exists():
            return True
        is_filled = SyncJob.objects.filter(created_at__lt=self.binding.made_at).exists()
        return self.binding.watched_at is None and (others.exists() or not is_filled)

    def has_peers(self, but: str) -> bool:
        alive = Worker.objects.filter(pulsed_at__gte=self.at - PEER_SILENCE)
        return alive.exclude(pk=but).exists()


def current() -> Binding:
    """The newest; bound to where it is now if it never was to any place."""
    if (binding := Binding.objects.last()) is None:
        put_in_place()
        binding = Binding.objects.latest()
    if not binding.environment:
        environment, base_url = here()
        Binding.objects.filter(pk=binding.pk, environment="").update(
            environment=environment, base_url=base_url
        )
        binding.refresh_from_db()
    return binding


def here() -> tuple[str, str]:
    return settings.BOOON_ENVIRONMENT, settings.EASYECOM_BASE_URL


def highest(model: type[SyncJob] | type[ApiCall]) -> int:
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0


def state_path() -> Path:
    return Path(settings.STATE_FILE)
