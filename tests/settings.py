"""The console's settings with secrets of the tests' own. TEST_DATABASE_URL picks the database."""

import os
import tempfile
from pathlib import Path

os.environ["DEBUG"] = "false"
os.environ["STAFF_MFA"] = "false"
os.environ["SECRET_KEY"] = "tests-only-" + "k" * 50
os.environ["FIELD_KEYS"] = "dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0="
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["PUBLIC_URL"] = "https://console.booon.test"
os.environ["EASYECOM_BASE_URL"] = "https://api.easyecom.test"
os.environ["EASYECOM_CARRIER_ID"] = "7042"
os.environ["EASYECOM_CARRIER_USERNAME"] = "booon-carrier"
os.environ["EASYECOM_CARRIER_PASSWORD"] = "carrier-password-canary"
os.environ["EASYECOM_MARKETPLACE_ID"] = "61"
# A file, so that the threads of a live server have connections of their own, as in production.
SQLITE_FILE = Path(tempfile.gettempdir()) / f"booon-console-tests-{os.getpid()}.sqlite3"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", f"sqlite:///{SQLITE_FILE}")
# What a web server was allotted outlives a test's rows; the tests of the limit set one.
os.environ["API_CALLS_PER_MINUTE"] = "0"
STATE_FOLDER = Path(tempfile.gettempdir()) / f"booon-console-tests-{os.getpid()}"
os.environ["STATE_FILE"] = str(STATE_FOLDER / "state.json")

import structlog  # noqa: E402

from booon_console.settings import *  # noqa: E402, F403

# A logger that was used before is no different for who captures what it says.
structlog.configure(cache_logger_on_first_use=False)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Every client of a test would read all static files anew, which is half of its first request.
WHITENOISE_AUTOREFRESH = True
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(SQLITE_FILE)}  # noqa: F405
else:
    # A connection that a thread of a live server keeps would hold the database at the end.
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
