"""The admin, under the console's own name, and the console's checks."""

from django.contrib.admin.apps import AdminConfig
from django.core.checks import register

from booon_console import checks


class ConsoleAdminConfig(AdminConfig):
    default_site = "booon_console.admin_site.ConsoleAdminSite"

    def ready(self) -> None:
        super().ready()
        register(checks.easyecom_settings)
