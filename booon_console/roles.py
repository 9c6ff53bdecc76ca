"""What each of the four groups of staff may do. `migrate` sets the groups to what stands here.

Nobody is given permissions one by one, and nothing that is not named here is anybody's.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

OURS = ("sellers", "integration")
# Who did what, and who may come in: not for everybody's eyes.
KEPT_BACK = (
    "view_event",
    "view_own_event",
    "view_apikey",
    "view_staffscope",
    "view_staffsession",
)

OPERATES = (
    "integration.view_own_event",
    "integration.retry_syncjob",
    "integration.replay_delivery",
    "integration.reconcile",
    "integration.resend_announcement",
    "integration.change_shipmentdetails",
    "integration.change_order",
    "integration.read_buyer",
    "integration.set_need_aside",
    "integration.export_list",
)
OVERSEES = ("integration.view_event", "integration.view_apikey", "auth.view_user")
ADMINISTERS = (
    "sellers.add_seller",
    "sellers.change_seller",
    "sellers.change_location",
    "sellers.resolve_carrier_doubt",
    "integration.resolve_order_doubt",
    "integration.set_hold",
    "integration.import_order",
    "integration.erase_buyer",
    "integration.start_large_run",
    "integration.share_view",
    "integration.add_knownerror",
    "integration.change_knownerror",
    "integration.issue_webhook_token",
    "integration.add_apikey",
    "integration.change_apikey",
    "sellers.view_staffsession",
    "auth.add_user",
    "auth.change_user",
)

VIEWER, OPERATOR, ADMIN, AUDITOR = "Viewer", "Operator", "Admin", "Auditor"
# Beside what everybody may see.
ROLES: dict[str, tuple[str, ...]] = {
    VIEWER: (),
    OPERATOR: OPERATES,
    ADMIN: OPERATES + OVERSEES + ADMINISTERS,
    AUDITOR: (*OVERSEES, "integration.export_list"),
}


def install(**_: Any) -> None:
    """Raises LookupError for a permission that does not exist."""
    # Those of the apps that come after this one's signal are made now.
    for name in (*OURS, "auth"):
        create_permissions(apps.get_app_config(name), verbosity=0)
    seen_by_all = Permission.objects.filter(
        content_type__app_label__in=OURS, codename__startswith="view_"
    ).exclude(codename__in=KEPT_BACK)
    for role, names in ROLES.items():
        group, _is_new = Group.objects.get_or_create(name=role)
        group.permissions.set([*seen_by_all, *permissions_of(names)])


def permissions_of(names: Iterable[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in names:
        app, codename = name.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted).select_related("content_type"))
    known = {f"{each.content_type.app_label}.{each.codename}" for each in found}
    if missing := set(names) - known:
        raise LookupError(f"No such permission: {', '.join(sorted(missing))}")
    return found
