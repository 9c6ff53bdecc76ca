"""The console's own settings for the harness's child processes, and one app that spoils them."""

from booon_console.settings import *  # noqa: F403
from booon_console.settings import INSTALLED_APPS as CONSOLE

INSTALLED_APPS = [*CONSOLE, "tests.faults"]
# The pages a person works with need no collected static files here.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
