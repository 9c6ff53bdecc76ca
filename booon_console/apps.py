"""The admin, under the console's own name, and the console's checks."""

from typing import Any

from django.apps import apps
from django.contrib.admin.apps import AdminConfig
from django.core.checks import register
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

from booon_console import checks


def put_roles_in_place(**_: Any) -> None:
    # By name: at the time this module is imported the models are not there yet.
    import_string("booon_console.roles.install")()


class ConsoleAdminConfig(AdminConfig):
    default_site = "integration.monitoring.admin_site.ConsoleAdminSite"

    def ready(self) -> None:
        super().ready()
        register(checks.easyecom_settings)
        register(checks.names_of_settings)
        register(checks.state_file)
        register(checks.alert_addresses)
        register(checks.alert_settings, deploy=True)
        register(checks.carrier_log_in, deploy=True)
        register(checks.doors, deploy=True)
        register(checks.database, deploy=True)
        # The last of the apps that roles speak of.
        post_migrate.connect(put_roles_in_place, sender=apps.get_app_config("integration"))
