"""Staff: who they are, their role, and which sellers they see. Roles themselves are code."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from booon_console.lib import clock
from booon_console.lib.admin_parts import badge, moment
from booon_console.roles import ROLES
from integration.admin.base import ConsoleAdmin
from integration.models import record_event
from integration.monitoring import staff_trail
from sellers import locks, scope, sessions
from sellers.models import GivenPassword, SecondFactor, Seller, StaffScope

admin.site.unregister(User)
admin.site.unregister(Group)

ALL, SOME = "all", "some"
NOT_ONES_OWN = "Your own was left as it is: another one is set up under Second step, with a code."
HELP = {
    "username": "What they log in with: letters, digits and @ . + - _",
    "is_active": "Taken away from who leaves. Nobody is deleted, since events name them.",
    "is_superuser": "May do everything, whatever the role.",
}
ONLY_SUPERUSERS = "Superusers were left as they are: only a superuser changes that."


class StandingForm(forms.ModelForm):
    """A person's role and sellers."""

    role = forms.ChoiceField(
        required=False,
        choices=[("", "None: may log in and sees nothing"), *((name, name) for name in ROLES)],
    )
    sees = forms.ChoiceField(
        label="Sees",
        choices=[(ALL, "all sellers"), (SOME, "only the sellers chosen below")],
        widget=forms.RadioSelect,
        # Nothing is chosen beforehand: what is overlooked must not be the wider right.
    )
    sellers = forms.ModelMultipleChoiceField(
        Seller.objects.only("name", "code"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in HELP.keys() & self.fields.keys():
            self.fields[name].help_text = HELP[name]
        user = self.instance
        if user.pk:
            kept = StaffScope.objects.filter(user=user).first()
            self.initial.update(
                role=role_of(user),
                sees=SOME if kept else ALL,
                sellers=list(kept.sellers.values_list("pk", flat=True)) if kept else [],
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("sees") == SOME and not data.get("sellers"):
            self.add_error("sellers", "Choose at least one seller, or let them see all.")
        if data.get("sees") == ALL and data.get("sellers") and "sellers" in self.changed_data:
            self.add_error("sees", "You chose sellers below: say “only”, or choose none of them.")
        return data


class StaffForm(StandingForm, UserChangeForm):
    """Somebody known; the password has a page of its own."""


class NewStaffForm(StandingForm, UserCreationForm):
    """Somebody new, with a first password."""


class PasswordForm(AdminPasswordChangeForm):
    """A new password for somebody else. There is no log-in without one."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


def role_of(user: User) -> str:
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in ROLES if role in names), "")


@admin.register(User)
class StaffAdmin(ConsoleAdmin, UserAdmin):
    """Nobody is deleted, since events name them. Superusers are made and changed by superusers."""

    form = StaffForm
    add_form = NewStaffForm
    change_password_form = PasswordForm
    add_form_template = change_form_template = "console/staff_form.html"
    change_user_password_template = "console/staff_password.html"
    list_display = ["username", "full_name", "role", "sees", "active", moment("last_login", "seen")]
    list_filter = ()
    ordering = ["username"]
    search_sources = ((User, "username", "pk"),)
    search_help_text = "The beginning of a user name, case as it is."
    filter_horizontal = ()
    is_short = True
    actions = ["let_try_again", "forget_second_factor"]

    @admin.action(description="Let selected try again", permissions=["change"])
    def let_try_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Lifts the locks that wrong passwords and wrong codes put on them."""
        actor = request.user.get_username()
        may = [user for user in queryset if self.has_change_permission(request, user)]
        locked = [user for user in may if locks.lift(user)]
        for user in locked:
            record_event("staff", f"Log-in of {user} unlocked.", at=clock.now(), actor=actor)
        self.message_user(request, f"Wrong passwords and codes forgotten: {len(locked)}.")
        if len(may) < len(queryset):
            self.message_user(request, ONLY_SUPERUSERS, messages.WARNING)

    @admin.action(description="Forget the second factor of selected", permissions=["change"])
    def forget_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """They set up a new one when they log in next, which is now: their sessions end."""
        actor = request.user.get_username()
        may = [user for user in queryset if self.has_change_permission(request, user)]
        forgotten = 0
        for user in may:
            if user == request.user:
                self.message_user(request, NOT_ONES_OWN, messages.WARNING)
            elif SecondFactor.objects.filter(user=user).delete()[0]:
                sentence = f"Second factor of {user} forgotten."
                record_event("staff", sentence, at=clock.now(), actor=actor)
                staff_trail.record_ended(user, sessions.end_all(user), actor=actor)
                forgotten += 1
        self.message_user(request, f"Second factors forgotten: {forgotten}.")
        if len(may) < len(queryset):
            self.message_user(request, ONLY_SUPERUSERS, messages.WARNING)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person = ["first_name", "last_name", "email"]
        if obj and not self.has_change_permission(request, obj):
            facts = ["username", *person, "role", "sees", "is_active", moment("last_login", "Seen")]
            return [(None, {"fields": facts})]
        # A known one has a page of its own, and nothing of it is shown.
        passwords = [] if obj else ["password1", "password2"]
        standing = ["is_active", "is_superuser"] if request.user.is_superuser else ["is_active"]
        return [
            (None, {"fields": ["username", *passwords]}),
            ("Who it is", {"fields": person}),
            ("What they may do", {"fields": ["role", *standing]}),
            ("Which sellers they see", {"fields": ["sees", "sellers"]}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows = super().get_queryset(request)
        return rows.prefetch_related("groups", "scope__sellers")

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Someone who sees some sellers only manages nobody."""
        return rows.none() if scope.is_limited(request.user) else rows

    @admin.display(description="name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="role")
    def role(self, user: User) -> str:
        names = {group.name for group in user.groups.all()}
        named = [role for role in ROLES if role in names]
        return badge("wait", "superuser") if user.is_superuser else ", ".join(named)

    @admin.display(description="sees")
    def sees(self, user: User) -> str:
        kept: StaffScope | None = getattr(user, "scope", None)
        if kept is None:
            return "all sellers"
        return ", ".join(seller.code for seller in kept.sellers.all()) or "no seller"

    @admin.display(description="active", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not scope.is_limited(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj) and not scope.is_limited(request.user)
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return may and not is_above

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Somebody else's. One's own has a page that asks for the old one."""
        if id == str(request.user.pk):
            return redirect("admin:password_change")
        answer = super().user_change_password(request, id, form_url)
        if isinstance(answer, TemplateResponse) and answer.context_data:
            answer.context_data["back"] = reverse("admin:auth_user_change", args=[id])
        return answer

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        form.before = standing_of(User.objects.get(pk=obj.pk)) if change else ""
        super().save_model(request, obj, form, change)
        if not change:
            GivenPassword.objects.create(user=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        user, data = form.instance, form.cleaned_data
        user.groups.set(Group.objects.filter(name=data["role"]))
        if data["sees"] == SOME:
            kept, _is_new = StaffScope.objects.get_or_create(user=user)
            kept.sellers.set(data["sellers"])
        else:
            StaffScope.objects.filter(user=user).delete()
        record_event(
            "staff",
            sentence_of(user, form, change),
            at=clock.now(),
            actor=request.user.get_username(),
        )

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """A changed password goes by here alone."""
        if request.resolver_match and request.resolver_match.url_name == PASSWORD_PAGE:
            actor = request.user.get_username()
            record_event("staff", f"Password of {obj} changed.", at=clock.now(), actor=actor)
            staff_trail.record_ended(obj, sessions.end_all(obj), actor=actor)
            GivenPassword.objects.get_or_create(user=obj)
        return super().log_change(request, obj, message)


PASSWORD_PAGE = "auth_user_password_change"


def sentence_of(user: User, form: Any, is_known: bool) -> str:
    after = standing_of(User.objects.get(pk=user.pk))
    if not is_known:
        return f"Staff {user} added: {after}."
    was = f" (was: {form.before})" if form.before != after else ""
    return f"Staff {user} changed: {after}{was}."


def standing_of(user: User) -> str:
    """What a person may do, as it is stored."""
    kept = StaffScope.objects.filter(user=user).first()
    codes = kept.sellers.values_list("code", flat=True) if kept else []
    seen = (", ".join(codes) or "no seller") if kept else "all sellers"
    active = "" if user.is_active else ", not active"
    role = "superuser" if user.is_superuser else role_of(user) or "no role"
    return f"{role}, sees {seen}{active}"
