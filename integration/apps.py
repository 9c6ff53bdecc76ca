"""How we talk to EasyEcom and to Booon."""

from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    name = "integration"
