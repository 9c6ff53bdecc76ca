"""Put in place in every child once all of the console is loaded, and in nothing else."""

from importlib import import_module

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        # Its models are there only now, so this module may not name them above.
        import_module("tests.faults.spoiling").spoil()
