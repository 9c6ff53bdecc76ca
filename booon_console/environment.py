"""How the settings read the environment: once, at the start. What can't be right is refused.

A `.env` beside manage.py is a developer's (`make setup` writes one). It is not read where the
environment says DEBUG=false, nor where what production needs stands in the environment and DEBUG
does not: a forgotten file fills in for no secret, and switches neither DEBUG on nor STAFF_MFA off.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from booon_console.lib import webhook_settings
from booon_console.lib.typed import FLAG, Kind

T = TypeVar("T")
# Of a value that is refused: so much is repeated.
REPEATED = 100

BASE_DIR = Path(__file__).resolve().parent.parent

# Each may stand in a file too, which NAME_FILE names.
SECRETS = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "DATABASE_URL",
    "EASYECOM_CARRIER_PASSWORD",
    "BOOON_WEBHOOK_SECRET",
    "BOOON_WEBHOOK_SECRET_OLD",
    "ALERT_WEBHOOK_URL",
    "EMAIL_URL",
    "METRICS_TOKEN",
)
DATABASES = ("postgres", "postgresql", "sqlite")
# Where one of them is set outside `.env`, this is no developer's machine.
PRODUCTION = ("SECRET_KEY", "FIELD_KEYS", "PUBLIC_URL")


class Variables(Mapping[str, str]):
    """The environment's variables, with the secrets that stand in files.

    `names` are those that were looked up. Raises ImproperlyConfigured for a file that can't be
    read, and where both a secret and its file are set.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        if name in SECRETS and (path := self.path_of(name)):
            return content(f"{name}_FILE", path)
        return self.variables[name]

    def path_of(self, name: str) -> str:
        """Of the file with this secret; "" where there is none."""
        self.names.add(f"{name}_FILE")
        path = self.variables.get(f"{name}_FILE", "")
        if path and self.variables.get(name):
            raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
        return path

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


def content(name: str, path: str) -> str:
    """The secret that stands in this file. Raises ImproperlyConfigured, without the path: who
    mistook the setting wrote the secret there."""
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as fault:
        raise ImproperlyConfigured(f"{name} can't be read: {type(fault).__name__}.") from None
    if not found:
        raise ImproperlyConfigured(f"{name} names an empty file.")
    return found


env = environ.Env()
variables = env.ENVIRON = Variables(env.ENVIRON)


def typed(name: str, default: T, kind: Kind[T]) -> T:
    """A setting that is no secret: a number, a flag, a list or a choice. Raises
    ImproperlyConfigured, with what it is and what is expected."""
    if name not in env:
        return default
    text: str = env.str(name)
    try:
        return kind.read(text)
    except (ValueError, KeyError):
        raise refused(name, kind.expected, text) from None


def refused(name: str, expected: str, text: str) -> ImproperlyConfigured:
    """In one line, whatever stands in the value."""
    return ImproperlyConfigured(f"{name} must be {expected}; it is {text[:REPEATED]!r}.")


def is_developers() -> bool:
    """Whether `.env` may be read: the environment says DEBUG, or nothing that speaks against."""
    if "DEBUG" in env:
        return typed("DEBUG", False, FLAG)
    return not any(name in env for name in PRODUCTION)


IS_DEVELOPERS = is_developers()
if IS_DEVELOPERS:
    environ.Env.read_env(BASE_DIR / ".env")
DEBUG = typed("DEBUG", False, FLAG)


def required(name: str, while_debugging: str) -> str:
    """A setting that has no default outside DEBUG. Raises ImproperlyConfigured."""
    value: str = env.str(name, default=while_debugging if DEBUG else "")
    if not value.strip():
        unread = "" if IS_DEVELOPERS else ", and .env is a developer's"
        raise ImproperlyConfigured(f"Set {name} in the environment: DEBUG is off{unread}.")
    return value


def webhook_secret(name: str) -> str:
    """Raises ImproperlyConfigured."""
    value: str = env.str(name, default="").strip()
    if value and not webhook_settings.is_secret(value):
        raise ImproperlyConfigured(f"{name} must be whsec_ and 24 to 64 bytes in base64.")
    return value


def http_address(name: str, default: str) -> str:
    """Of a host that is named. Raises ImproperlyConfigured."""
    url = required(name, default).rstrip("/")
    if (parts := split(url)) and parts.scheme in {"http", "https"} and parts.hostname:
        return url
    raise refused(name, "an http or https address", url)


def easyecom_base_url() -> str:
    """Raises ImproperlyConfigured: credentials go out over https, http only to this machine."""
    url: str = env.str("EASYECOM_BASE_URL", default="https://api.easyecom.io").rstrip("/")
    parts = split(url)
    if parts and parts.scheme == "https" and parts.hostname:
        return url
    if parts and parts.scheme == "http" and parts.hostname in webhook_settings.LOOPBACK:
        return url
    raise refused("EASYECOM_BASE_URL", "https (http only on loopback)", url)


def split(url: str) -> SplitResult | None:
    """None of what is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def from_url(name: str, read: Callable[[], dict[str, Any]], form: str) -> dict[str, Any]:
    """A setting that is an address with a password in it, read by `read`. Raises
    ImproperlyConfigured: whatever is wrong with it, nothing of its value is said."""
    try:
        with warnings.catch_warnings():
            # Of what it can't make out, the library warns and quotes it.
            warnings.simplefilter("error")
            return read()
    except ImproperlyConfigured as problem:
        if str(problem).startswith(name):
            raise
    except Exception:
        # What it says may be a part of the password.
        pass
    raise ImproperlyConfigured(
        f"{name} must be {form}. In its password # / ? @ : % are percent-encoded."
    )


def database_url() -> dict[str, Any]:
    """Raises ImproperlyConfigured, ValueError."""
    url: str = env.str("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
    scheme, _, rest = url.partition("://")
    if scheme not in DATABASES or not rest:
        raise ValueError
    # A port that is no number, and a fragment, are parts of a password.
    if scheme != "sqlite" and (urlsplit(url).port == 0 or urlsplit(url).fragment):
        raise ValueError
    config: dict[str, Any] = env.db_url_config(url)
    return config


def database() -> dict[str, Any]:
    """SQLite by default; PostgreSQL with a pool in the web server and never in the worker,
    whose forked processes would read each other's results."""
    has_pool = typed("DATABASE_POOL", False, FLAG)
    form = "postgres://user:password@host:5432/name, or sqlite:////path"
    config = from_url("DATABASE_URL", database_url, form)
    if config["ENGINE"].endswith("sqlite3"):
        config["CONN_MAX_AGE"] = None
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        return config
    config["CONN_HEALTH_CHECKS"] = True
    # A database that is gone without a word is noticed in seconds, not in the kernel's minutes.
    config["OPTIONS"] = {
        "application_name": f"booon-console {'web' if has_pool else command()}",
        "connect_timeout": 5,
        "tcp_user_timeout": 15_000,
    } | config.get("OPTIONS", {})
    if has_pool:
        # One for each compartment.
        config["ENGINE"] = "booon_console.postgresql"
        config["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 6, "timeout": 1.5}
    else:
        config["CONN_MAX_AGE"] = None
    return config


def command() -> str:
    """What this process does: the name of its command, for PostgreSQL's list of connections."""
    is_ours = Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1
    return sys.argv[1] if is_ours else "python"
