"""Is this the database that was here before? A restored or copied one would send again what was
sent since: it is held until a permitted person releases it
(docs/decisions/0022-holds-and-restored-databases.md).

Each engine asks before anything goes out. The supervisor's pulse keeps the state file, which no
restored dump takes back with it.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Max

from booon_console.lib import clock, files
from integration.models import ApiCall, Binding, ChangeCounter, Hold, SyncJob, Worker
from integration.sync import holds, state_file, wakeup
from integration.sync.state_file import State

log = structlog.get_logger(__name__)

# Retention deletes calls after 30 days: what is remembered of older ones proves nothing.
CALLS_REMEMBERED = timedelta(days=29)
# A supervisor reports every 5 s.
PEER_SILENCE = timedelta(seconds=60)
# How long a host that remembers nothing waits for one that knows this database, before it doubts:
# after a full stop hosts start one after another.
WITNESS_SECONDS = 60.0
UNKNOWN = "No worker has looked at this database yet. Start `manage.py workers`."
UNREMEMBERED = "This host remembers nothing of this database, and no other worker knows it."

LEFT_ALONE = "Nothing was done. Give this process the environment that the workers have."
HELD = "No worker watches it, so everything is held until an Admin releases it."


def install() -> None:
    """A new database gets a name of its own. Safe to repeat."""
    if not Binding.objects.exists():
        Binding.objects.create(made_at=clock.now())


def lets_out() -> bool:
    """Whether this database was looked at, so that only a hold stands in the way of a call."""
    return not obstacle()


def obstacle() -> str:
    """Why nothing may go out from this process; "" where only a hold stands in the way.

    Said of a host that can't know while no worker is there to tell, and of a command or a web
    server with other settings than the workers that watch this database (`is_strangers`); a
    database that is found to be another is held instead.
    """
    look = Look.now(state_file.read(state_path()))
    if look.is_strangers():
        log.error("settings_differ", settings=look.other_settings())
        return look.other_settings()
    doubt = look.doubt()
    if doubt == UNREMEMBERED:
        log.warning("database_unknown", step="Start `manage.py workers`.")
        return UNKNOWN
    if doubt:
        holds.doubt(doubt, look.binding, look.last_cursor)
    return ""


def check_settings() -> None:
    """For a command, before it changes anything. Raises OtherSettings: then this process has
    others than this database is bound to, and everything is held unless a worker watches it."""
    if other := Look.now(None).other_settings():
        raise OtherSettings(f"{other} {LEFT_ALONE if obstacle() else HELD}")


def check_release(row: Hold) -> None:
    """For `manage.py release`, which binds the database to what this process is set to. Raises
    OtherSettings: then that is neither what it was bound to, nor what it was doubted for."""
    other = Look.now(None).other_settings()
    if other and row.doubts_database and f"here it is {' at '.join(here())}." not in row.reason:
        raise OtherSettings(f"{other} {LEFT_ALONE}")


class OtherSettings(Exception):
    """What this process is set to is not what the database is bound to; the text names it."""


class Watcher:
    """The supervisor's look at the database, once a pulse; it alone keeps the state file."""

    def __init__(self, worker_id: str) -> None:
        self.worker_id = worker_id
        # From the file at the start; then what was seen, even where the file can't be written.
        self.state = state_file.read(state_path())
        self.is_written = True
        if trouble := files.trouble_with(state_path()):
            self.note_unwritten(trouble=trouble)
        self.gives_up_at: float | None = None

    def first_look(self) -> bool:
        """False while a witness has to be awaited: then it looks later. Until then this worker is
        no other's witness: without a row it vouches for nothing.

        One look for both questions: between two another host that starts at the same time may have
        begun to know a new database, and this one would doubt it.
        """
        look = Look.now(self.state)
        if self.awaits_witness(look):
            return False
        self.judge(look)
        return True

    def awaits_witness(self, look: "Look") -> bool:
        if look.doubt(but=self.worker_id) != UNREMEMBERED:
            return False
        if self.gives_up_at is None:
            self.gives_up_at = time.monotonic() + WITNESS_SECONDS
            log.warning("database_unknown", waits_seconds=WITNESS_SECONDS)
        return time.monotonic() < self.gives_up_at

    def look(self) -> None:
        """Hold everything where this is another database, else remember what it has by now."""
        self.judge(Look.now(self.state))

    def judge(self, look: "Look") -> None:
        if doubt := look.doubt(but=self.worker_id):
            holds.doubt(doubt, look.binding, look.last_cursor)
            return
        if look.cursor < look.last_cursor:
            # A database made anew, in the place of one that Booon followed.
            ChangeCounter.objects.pass_over(look.last_cursor, look.at)
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
            self.note_unwritten(error=type(fault).__name__)
        else:
            self.is_written = True

    def note_unwritten(self, **why: str) -> None:
        """Said once, until it could be written again."""
        if self.is_written:
            log.error("state file can't be written", path=str(state_path()), **why)
        self.is_written = False


@dataclass(frozen=True, slots=True)
class Look:
    """The database as it is now, beside what this host remembers of it."""

    binding: Binding
    job: int
    call: int
    cursor: int
    at: datetime
    state: State | None

    @classmethod
    def now(cls, state: State | None) -> "Look":
        ids = highest(SyncJob), highest(ApiCall), ChangeCounter.objects.current().last
        return cls(current(), *ids, clock.now(), state)

    def seen(self) -> State:
        name = str(self.binding.incarnation)
        return State(name, self.job, self.call, self.at.timestamp(), self.cursor)

    @property
    def last_cursor(self) -> int:
        """The highest that is remembered, of whatever database was here; 0 where nothing is."""
        return self.state.cursor if self.state else 0

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

    def other_settings(self) -> str:
        """Which settings of this process are not those that the database is bound to, and how."""
        names = "BOOON_ENVIRONMENT", "EASYECOM_BASE_URL"
        bound = self.binding.environment, self.binding.base_url
        differ = [
            f"{name} is {mine} here; the database is bound to {its}."
            for name, mine, its in zip(names, here(), bound, strict=True)
            if mine != its
        ]
        return " ".join(differ)

    def is_strangers(self) -> bool:
        """Whether this process is the odd one: no worker's own, with other settings, while a
        worker watches. That one holds everything by itself where it should be held."""
        is_workers = bool(wakeup.worker_id())
        return not is_workers and bool(self.other_settings()) and self.has_peers(but="")

    def older_than(self, state: State) -> str:
        """Rows of both are only ever added, and the newest call stays for a month."""
        is_recent = self.at.timestamp() - state.at < CALLS_REMEMBERED.total_seconds()
        has_calls = self.call >= state.call or not is_recent
        if self.job >= state.job and has_calls and self.cursor >= state.cursor:
            return ""
        return (
            f"This database is older than it was: it knows sync jobs up to {self.job}, calls up to "
            f"{self.call} and changes for Booon up to {self.cursor}, where {state.job}, "
            f"{state.call} and {state.cursor} were seen."
        )

    def is_expected_after(self, state: State) -> bool:
        """A permitted person bound it anew since then, or it is new and ran nowhere yet."""
        others = Binding.objects.exclude(pk=self.binding.pk)
        if others.filter(incarnation=state.incarnation).exists():
            return True
        is_filled = SyncJob.objects.filter(created_at__lt=self.binding.made_at).exists()
        return self.binding.watched_at is None and (others.exists() or not is_filled)

    def has_peers(self, but: str) -> bool:
        return Worker.objects.pulsed(PEER_SILENCE, self.at).exclude(pk=but).exists()


def current() -> Binding:
    """The newest; bound to where it is now if it never was to any place."""
    if (binding := Binding.objects.last()) is None:
        install()
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
