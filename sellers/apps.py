"""Who we serve."""

from django.apps import AppConfig


class SellersConfig(AppConfig):
    name = "sellers"
