"""What staff find in the admin is what is meant to be there, on the console's own site."""

from django.apps import apps
from django.contrib import admin

from integration.monitoring.admin_site import ConsoleAdminSite

# Parts of others' pages, or nobody's to see.
ELSEWHERE = {
    "BulkItem",
    "CallCount",
    "ChangeCounter",
    "Binding",
    "Declaration",
    "Drain",
    "Shard",
    "GivenPassword",
    "LogInTries",
    "HeldToken",
    "LinkToken",
    "SetAside",
    "Mark",
    "OpenPage",
    "OrderFile",
    "OrderLine",
    "ParkedLine",
    "Passkey",
    "ReplacedAwb",
    "OrderRevision",
    "SavedView",
    "SecondFactor",
    "SelfTest",
    "SellerFile",
    "ShipmentDetails",
    "StaffScope",
    "StockEntry",
    "Tally",
    "WriteProbe",
}


def test_every_model_has_its_page_or_stands_on_another():
    ours = {
        model.__name__
        for label in ("sellers", "integration")
        for model in apps.get_app_config(label).get_models()
        if not model._meta.auto_created
    }
    registered = {model.__name__ for model in admin.site._registry}

    assert isinstance(admin.site, ConsoleAdminSite) or isinstance(
        admin.site._wrapped, ConsoleAdminSite
    )
    assert registered == (ours - ELSEWHERE) | {"User"}
