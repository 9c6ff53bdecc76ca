"""How we talk to EasyEcom and to Booon."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


def put_jobs_in_place(**_: Any) -> None:
    # By name: at the time this module is imported the models are not there yet.
    import_string("integration.worker.tasks.install")()


class IntegrationConfig(AppConfig):
    name = "integration"

    def ready(self) -> None:
        import_string("integration.flows.register_all")()
        post_migrate.connect(put_jobs_in_place, sender=self)
