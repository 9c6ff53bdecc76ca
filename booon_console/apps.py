"""The admin, under the console's own name."""

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    default_site = "booon_console.admin_site.ConsoleAdminSite"
