"""What people were alerted to, and when it was over."""

from django.contrib import admin

from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import badge, link, moment, one_of, yes_or_no
from integration.models import Alert


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = [
        "sentence",
        "standing",
        "kind",
        moment("opened_at", "since"),
        moment("reminded_at", "reminded"),
        moment("cleared_at", "over"),
        "told",
    ]
    list_filter = [
        yes_or_no("open", "Open", "cleared_at__isnull", yes="Open", no="Over"),
        one_of("kind", Alert.Kind.choices),
    ]
    related = ("seller",)
    ordering = ["-pk"]
    fields = [
        "sentence",
        "standing",
        "kind",
        link("seller", "Seller"),
        moment("opened_at", "Since"),
        moment("reminded_at", "Reminded"),
        moment("cleared_at", "Over"),
        "told",
    ]

    @admin.display(description="state")
    def standing(self, alert: Alert) -> str:
        return badge("bad" if alert.is_open else "", alert.standing)

    @admin.display(description="told")
    def told(self, alert: Alert) -> str:
        """Of each channel, and of one that is not set nothing is wanted."""
        waiting = alert.tellings - min(alert.mailed, alert.posted)
        return badge("wait", "to be told") if waiting else badge("good", "told")
