#!/usr/bin/env python
"""The console's command line."""

import os
import platform
import sys

import django
from django.core.management import execute_from_command_line

from booon_console import demo_environment
from booon_console.version import VERSION


def main() -> None:
    if sys.argv[1:] in (["version"], ["--version"]):
        # Django would say its own.
        python = platform.python_version()
        print(f"Booon console {VERSION}, Django {django.get_version()}, Python {python}")  # noqa: T201
        return
    if sys.argv[1:2] == ["demo"]:
        demo_environment.enter()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "booon_console.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
