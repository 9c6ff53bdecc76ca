"""Who we serve, and the staff who serve them."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.utils.module_loading import import_string


class SellersConfig(AppConfig):
    name = "sellers"

    def ready(self) -> None:
        # By name: at the time this module is imported the models are not there yet.
        user_logged_in.connect(import_string("sellers.sessions.begin"))
        post_save.connect(import_string("sellers.sessions.end_of_inactive"), sender="auth.User")
