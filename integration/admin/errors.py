"""The error dictionary: EasyEcom's refusals, grouped and counted, and what they mean."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse

from booon_console.lib import clock
from booon_console.lib.admin_parts import badge, moment, yes_or_no
from booon_console.lib.spoken import grouped
from integration.admin.base import ConsoleAdmin, ReadOnlyAdmin
from integration.models import ApiCall, ErrorMessage, KnownError, record_event
from integration.sync import error_dictionary
from sellers import scope

NAMING = "integration.add_knownerror"


def may_name(user: Any) -> bool:
    """What a pattern means is read at every seller's orders."""
    return bool(user.has_perm(NAMING)) and not scope.is_limited(user)


class KnownErrorForm(forms.ModelForm):
    """A pattern and its meaning."""

    class Meta:
        model = KnownError
        fields = ["pattern", "sentence", "next_step", "is_retryable"]
        labels = {"is_retryable": "May go through later by itself"}
        widgets = {
            name: forms.TextInput(attrs={"size": 80})
            for name in ("pattern", "sentence", "next_step")
        }
        help_texts = {
            "pattern": "Words of EasyEcom's, anywhere in its message. * stands for anything.",
            "sentence": "What happened, in plain words.",
            "next_step": "What staff, Booon or the seller should do. An order's page has Retry as "
            "its first button where this says retry, Mend where it says mend or neither.",
        }

    def clean_pattern(self) -> str:
        """One that fits everything would explain nothing."""
        pattern: str = self.cleaned_data["pattern"]
        if len(pattern.replace("*", "").replace(error_dictionary.GAP, "").strip()) < 4:
            raise forms.ValidationError("Give at least four letters of EasyEcom's words.")
        return pattern


@admin.register(KnownError)
class KnownErrorAdmin(ConsoleAdmin):
    form = KnownErrorForm
    list_display = ["pattern", "sentence", "next_step", "tries", "seen"]
    search_sources = ((KnownError, "pattern", "pk"),)
    search_help_text = "The beginning of a pattern, case as it is."
    is_short = True

    @admin.display(description="retry")
    def tries(self, known: KnownError) -> str:
        return badge("wait", "may help") if known.is_retryable else badge("bad", "is no use")

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Of no seller: read by everybody, and changed by who is responsible for all sellers."""
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not scope.is_limited(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and not scope.is_limited(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and not scope.is_limited(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(times=Sum("messages__count"))

    @admin.display(description="seen")
    def seen(self, known: Any) -> str:
        return f"{grouped(known.times or 0)} times"

    def save_model(self, request: HttpRequest, obj: KnownError, form: Any, change: bool) -> None:
        obj.named_by = request.user.get_username()
        super().save_model(request, obj, form, change)
        count = error_dictionary.relabel()
        what = "changed" if change else "named"
        record_event(
            "error_named", f"Error {what}: {obj.pattern}", at=clock.now(), actor=obj.named_by
        )
        self.message_user(request, f"{grouped(count)} of EasyEcom's messages read differently now.")


@admin.register(ErrorMessage)
class ErrorMessageAdmin(ReadOnlyAdmin):
    change_form_template = "console/error_message.html"
    list_display = ["shape", "meaning", "count", moment("last_at", "last seen")]
    list_filter = [yes_or_no("named", "named", "known__isnull", is_yes=False)]
    related = ("known",)
    ordering = ["-last_at"]
    search_sources = ((ErrorMessage, "shape", "pk"),)
    search_help_text = "The beginning of EasyEcom's words, case as it is."
    seller_path = None
    fields = ["shape", "sample", "meaning", "step", "count"]
    fields = [*fields, moment("first_at", "First seen"), moment("last_at", "Last seen")]

    @admin.display(description="means")
    def meaning(self, message: ErrorMessage) -> str:
        return message.known.sentence if message.known else badge("wait", "not named yet")

    @admin.display(description="Next step")
    def step(self, message: ErrorMessage) -> str:
        return message.known.next_step if message.known else ""

    def facts(self, request: HttpRequest, row: ErrorMessage) -> dict[str, Any]:
        calls = ApiCall.objects.filter(error=row).select_related("order", "location")
        calls = calls.defer("request", "reply", "location__token")
        naming = reverse("admin:integration_knownerror_add", query={"pattern": row.shape})
        if row.known:
            naming = reverse("admin:integration_knownerror_change", args=[row.known_id])
        return {
            "calls": calls.order_by("-id")[:20],
            "naming_url": naming if may_name(request.user) else "",
        }
