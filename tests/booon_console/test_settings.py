"""docs/settings.md lists what the settings read from the environment, and nothing else."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as console

PAGE = console.BASE_DIR / "docs" / "settings.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.M)
# Notes every name that is looked up, whether it is set or not.
READ = """
import os
from collections import UserDict

import environ

read = set()

class Noting(UserDict):
    def __contains__(self, name):
        read.add(name)
        return super().__contains__(name)

    def __getitem__(self, name):
        read.add(name)
        return super().__getitem__(name)

environ.Env.ENVIRON = Noting(os.environ)
import booon_console.settings
print(*sorted(read), sep="\\n")
"""


@pytest.fixture(scope="module")
def read():
    """The names that the settings look up, with a database whose pool is asked about too."""
    variables = {"DEBUG": "false", "DATABASE_URL": "postgres://booon@127.0.0.1:5432/booon"}
    command = [sys.executable, "-c", READ]
    started = subprocess.run(
        command,
        cwd=console.BASE_DIR,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return started.stdout.split()


def test_each_setting_that_is_read_is_documented_and_each_documented_one_is_read(read):
    documented = ROW.findall(PAGE.read_text())

    assert "SECRET_KEY" in documented
    assert sorted(documented) == read


def test_the_settings_read_the_environment_by_one_way_only():
    """Else the test above would not see what they read."""
    for name in ("settings.py", "environment.py"):
        assert "os.environ" not in (console.BASE_DIR / "booon_console" / name).read_text()
