"""Hostile input: fuzzers that run under pytest and, for volume, each by itself."""

import os

import django
from django.apps import apps

# `python -m tests.hostile.…` comes here before it imports a model.
if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
