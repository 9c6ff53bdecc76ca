#!/usr/bin/env python
"""The console's command line."""

import os
import platform
import sys
from importlib import import_module

import django
from django.core.exceptions import ImproperlyConfigured
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
    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ImproperlyConfigured as problem:
        # Its sentence names the setting: where in the code it was read helps nobody.
        sys.exit(str(problem))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
