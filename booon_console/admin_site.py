"""The stock admin, dressed."""

from django.contrib.admin import AdminSite


class ConsoleAdminSite(AdminSite):
    site_header = "Booon console"
    site_title = "Booon console"
    index_title = "Today"
    enable_nav_sidebar = True
