#!/usr/bin/env python
"""The console's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from booon_console import demo_environment


def main() -> None:
    if sys.argv[1:2] == ["demo"]:
        demo_environment.enter()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "booon_console.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
