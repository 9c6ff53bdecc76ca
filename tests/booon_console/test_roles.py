"""Who may open and post what: every address of the admin by role, for own and foreign rows."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Event, KnownError
from integration.posting import Reply
from integration.worker import retention
from sellers.models import Seller, StaffScope
from tests import only_on
from tests.integration.admin.rows import fill

pytestmark = pytest.mark.django_db

VIEWER, OPERATOR, ADMIN, AUDITOR = "Viewer", "Operator", "Admin", "Auditor"
ROLES = {"V": VIEWER, "O": OPERATOR, "A": ADMIN, "U": AUDITOR}
ALL, NOBODY = "VOAU", ""

# Whose lists and pages are seen by whom. A new model without a line here fails.
SEEN = {
    "auth_user": "AU",
    "integration_announcement": ALL,
    "integration_alert": ALL,
    "integration_apicall": ALL,
    "integration_apikey": "AU",
    "integration_attempt": ALL,
    "integration_bulkrun": ALL,
    "integration_change": ALL,
    "integration_delivery": ALL,
    "integration_drift": ALL,
    "integration_errormessage": ALL,
    "integration_event": "OAU",
    "integration_hold": ALL,
    "integration_knownerror": ALL,
    "integration_listing": ALL,
    "integration_misseddelivery": ALL,
    "integration_order": ALL,
    "integration_product": ALL,
    "integration_productpull": ALL,
    "integration_quota": ALL,
    "integration_readback": ALL,
    "integration_receiver": ALL,
    "integration_refusal": ALL,
    "integration_sellerlink": ALL,
    "integration_stocklevel": ALL,
    "integration_syncjob": ALL,
    "integration_unmappedsku": ALL,
    "integration_webhookendpoint": ALL,
    "integration_worker": ALL,
    "sellers_carrierregistration": ALL,
    "sellers_location": ALL,
    "sellers_seller": ALL,
    "sellers_staffsession": ALL,
}
# Of these staff may add and change rows.
EDITED = {"auth_user": "A", "integration_knownerror": "A", "sellers_seller": "A"}
# Every page of ours: who may open it, who may post to it.
PAGES = {
    "auth_user_password_change": ("A", "A"),
    "integration_apikey_make": ("A", "A"),
    "integration_apikey_revoke": (NOBODY, "A"),
    "integration_change_resend": (NOBODY, "OA"),
    "integration_order_awbs": ("OA", "OA"),
    "integration_order_awbs_template": ("OA", "OA"),
    "integration_order_awbs_file": ("OA", "OA"),
    "integration_order_awbs_refused": ("OA", "OA"),
    "integration_bulkrun_cancel": (NOBODY, "OA"),
    "integration_bulkrun_catalogs": (NOBODY, "OA"),
    "integration_bulkrun_pause": (NOBODY, "OA"),
    "integration_bulkrun_preview": (NOBODY, "OA"),
    "integration_bulkrun_progress": (ALL, NOBODY),
    "integration_bulkrun_reckon": (NOBODY, "OA"),
    "integration_bulkrun_results": (ALL, NOBODY),
    "integration_bulkrun_resume": (NOBODY, "OA"),
    "integration_bulkrun_start": (NOBODY, "OA"),
    "integration_delivery_bulk": (NOBODY, "OA"),
    "integration_delivery_preview": (NOBODY, "OA"),
    "integration_delivery_raw": (NOBODY, "OA"),
    "integration_delivery_replay": (NOBODY, "OA"),
    "integration_hold_release": ("A", "A"),
    "integration_hold_set": ("A", "A"),
    "integration_misseddelivery_csv": (ALL, ALL),
    "integration_misseddelivery_weeks": (ALL, ALL),
    "integration_order_bulk": (NOBODY, "OA"),
    "integration_order_buyer": (NOBODY, "OA"),
    "integration_order_buyers": ("A", "A"),
    "integration_order_document": (NOBODY, "OA"),
    "integration_order_compared": (ALL, NOBODY),
    "integration_order_evidence": (NOBODY, ALL),
    "integration_order_import": ("A", "A"),
    "integration_order_import_refused": ("A", "A"),
    "integration_order_import_template": ("A", "A"),
    "integration_order_imported": ("A", "A"),
    "integration_order_mend": (NOBODY, "OA"),
    "integration_order_others": (NOBODY, ALL),
    "integration_order_replace_awb": ("OA", "OA"),
    "integration_order_use_awb": (NOBODY, "OA"),
    "integration_order_reconcile": (NOBODY, "OA"),
    "integration_order_resolve": ("A", "A"),
    "integration_order_retry": (NOBODY, "OA"),
    "integration_order_shipment": (NOBODY, "OA"),
    "integration_order_withdraw": (NOBODY, "OA"),
    "integration_sellerlink_anew": (NOBODY, "A"),
    "integration_sellerlink_csv": ("A", NOBODY),
    "integration_sellerlink_end": (NOBODY, "A"),
    "integration_sellerlink_made": ("A", NOBODY),
    "integration_sellerlink_make": ("A", "A"),
    "integration_sellerlink_many": ("A", "A"),
    "integration_syncjob_bulk": (NOBODY, "OA"),
    "integration_syncjob_retry": (NOBODY, "OA"),
    "integration_webhookendpoint_end": (NOBODY, "A"),
    "sellers_carrierregistration_resolve": ("A", "A"),
    "sellers_location_declare": (NOBODY, "A"),
    "sellers_location_issued": ("A", NOBODY),
    "sellers_location_others": (NOBODY, ALL),
    "sellers_location_probe": (NOBODY, "OA"),
    "sellers_location_proceed": (NOBODY, "A"),
    "sellers_location_remove": ("A", "A"),
    "sellers_location_selftest": (NOBODY, "OA"),
    "sellers_location_token": (NOBODY, "A"),
    "sellers_seller_board": (ALL, "OAU"),
    "sellers_seller_handout": (ALL, NOBODY),
    "sellers_seller_import": ("A", "A"),
    "sellers_seller_import_handouts": (NOBODY, "A"),
    "sellers_seller_import_tokens": (NOBODY, "A"),
    "sellers_seller_import_template": ("A", "A"),
    "sellers_seller_imported": ("A", "A"),
    "sellers_seller_onboard": ("A", "A"),
    "sellers_seller_onboarded": (ALL, NOBODY),
    "sellers_seller_others": (NOBODY, ALL),
    "sellers_seller_pasted": (NOBODY, "A"),
    "sellers_seller_path": (ALL, NOBODY),
    "sellers_seller_reconcile": (NOBODY, "OA"),
    "sellers_seller_selftests": (NOBODY, "OA"),
    "sellers_seller_tokens": (NOBODY, "A"),
    # Of somebody else: one's own is test_sessions.py's in integration/admin/sellers.
    "sellers_staffsession_change": ("A", NOBODY),
    "sellers_staffsession_end": (NOBODY, "A"),
    "sellers_staffsession_history": ("A", "A"),
}
# Of no row and no model: everybody's who may log in. The last two are of a line of the work list,
# and whose they are is test_work_list.py's in integration/monitoring.
COMMON = {
    *("index", "login", "logout", "password_change", "password_change_done", "jsi18n"),
    *("app_list", "autocomplete", None),
    *("set_aside", "take_back"),
    # Of a person's own saved view: test_saved_views.py's in integration/admin.
    *("save_view", "rename_view", "delete_view"),
}
# The session notes by itself when it was last used.
WRITES = re.compile(r"(INSERT|UPDATE|DELETE)\b(?!.*\bsellers_staffsession\b)", re.DOTALL)
# Rows of no seller, which staff of some sellers don't see.
SHARED = {
    "sellers_staffsession",
    *("auth_user", "integration_apikey", "integration_errormessage", "integration_refusal"),
    *("integration_receiver", "integration_worker"),
}
# Everybody's, whatever their sellers.
COMMONS = {"integration_knownerror"}
POSTED = {
    "sellers_seller_board": {"_export": "csv"},
    "sellers_location_token": {"topic": "inventory"},
    "sellers_location_selftest": {"topic": "inventory"},
}


def names() -> list[str]:
    """Every address of the admin by its name."""

    def walk(patterns: Any) -> Iterator[Any]:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns)
            else:
                yield pattern.name

    return [name for name in walk(admin.site.urls[0]) if name not in COMMON]


def expected(name: str, method: str) -> str:
    """The roles that may, as the tables say."""
    if name in PAGES:
        return PAGES[name][method == "POST"]
    model, page = name.rsplit("_", 1)
    match page:
        case "changelist" | "history":
            return SEEN[model]
        case "change" if method == "GET":
            return SEEN[model]
        case "add" | "change":
            return EDITED.get(model, NOBODY)
    assert page == "delete", f"{name} has no line in the tables"
    return NOBODY


def model_of(name: str) -> Any:
    return next(
        model
        for model in admin.site._registry
        if name.startswith(f"{model._meta.app_label}_{model._meta.model_name}_")
    )


def address(name: str, place: int) -> str | None:
    """Of the first seller's row, or the second's; None where the address names no row."""
    page = name.rsplit("_", 1)[1]
    lists = (
        "changelist",
        "add",
        "bulk",
        "csv",
        "weeks",
        "board",
        "import",
        "template",
        "set",
        "buyers",
        "compared",
        "make",
        "many",
        "made",
    )
    if page in (*lists, "awbs"):
        return reverse(f"admin:{name}") if place == 0 else None
    if "_import" in name or "_awbs_" in name:  # A file of one's own, and none is there.
        return reverse(f"admin:{name}", args=[UUID(int=1)]) if place == 0 else None
    if name.startswith("auth_user"):
        return reverse(f"admin:{name}", args=[User.objects.get(username="others").pk])
    rows = model_of(name)._default_manager.order_by("pk")
    return reverse(f"admin:{name}", args=[rows[place].pk])


def person(role: str, *, limited: bool = False) -> Client:
    user = User.objects.create_user(f"{role}-{limited}".lower(), password="pw", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    if limited:
        StaffScope.objects.create(user=user).sellers.add(Seller.objects.order_by("pk")[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world(monkeypatch) -> None:
    """Rows of two sellers; nothing goes out to anybody."""
    monkeypatch.setattr("integration.posting.post", lambda *_: Reply(404, 1, "HTTP 404."))
    monkeypatch.setattr("integration.sync.engine.run", lambda *_, **__: None)
    fill(2)
    Event.objects.create(at=timezone.now(), kind="stage", actor="operator-false", sentence="S")


def leads_back(name: str, method: str) -> bool:
    """A page that takes a POST alone leads whoever opens it to where its button stands: that page
    asks for its own rights."""
    if name not in PAGES or method not in ("GET", "HEAD"):
        return False
    by_get, by_post = PAGES[name]
    return by_get == NOBODY and by_post != NOBODY


def opens(client: Client, method: str, name: str, url: str) -> bool:
    """Whether the page was there for this person. A row that isn't sends to the front page."""
    data = POSTED.get(name, {}) if method == "POST" else {}
    answer = getattr(client, method.lower())(url, data)
    if leads_back(name, method):
        assert answer.status_code in (302, 403), (url, answer.status_code)
        return False
    assert answer.status_code in (200, 302, 403, 404, 405), (url, answer.status_code)
    away = (reverse("admin:index"), reverse("admin:login"))
    return answer.status_code == 200 or (
        answer.status_code == 302 and answer.url.split("?")[0] not in away
    )


@pytest.mark.slow
@pytest.mark.parametrize("letter", ROLES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_role_opens_what_the_tables_say_and_nothing_else(world, letter, method):
    client = person(ROLES[letter])
    surprises = []
    for name in names():
        url = address(name, 0)
        may = letter in expected(name, method)
        if letter == "O" and name in ("integration_event_change", "integration_event_history"):
            may = False  # It is somebody else's act.
        if opens(client, method, name, url) != may:
            surprises.append((method, name, ROLES[letter]))

    assert surprises == []


@pytest.mark.slow
@pytest.mark.parametrize("method", ["get", "head"])
def test_each_page_that_takes_a_post_alone_leads_to_where_its_button_stands(world, method):
    client = person(ADMIN)
    alone = [name for name in names() if leads_back(name, "GET")]
    answers = {name: getattr(client, method)(address(name, 0)) for name in alone}

    assert len(answers) > 30
    astray = [
        name
        for name, answer in answers.items()
        if answer.status_code != 302
        or client.get(answer.url).status_code not in (200, 302)
        or not address(name, 0).startswith(answer.url.split("change/")[0])
    ]
    assert astray == []


@pytest.mark.slow
@pytest.mark.parametrize("letter", ROLES)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_open_no_more_and_write_nothing(world, letter, method):
    client = person(ROLES[letter])
    surprises = []
    with CaptureQueriesContext(connection) as queries:
        for name in names():
            may = letter in expected(name, "GET")
            if opens(client, method, name, address(name, 0)) and not may:
                surprises.append((method, name, ROLES[letter]))

    written = [each["sql"] for each in queries if WRITES.match(each["sql"])]
    assert surprises == []
    assert written == []


@pytest.mark.slow
@pytest.mark.parametrize("letter", ROLES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_staff_of_one_seller_never_open_another_ones_rows(world, letter, method):
    client = person(ROLES[letter], limited=True)
    opened, closed = [], []
    for name in names():
        model = f"{model_of(name)._meta.app_label}_{model_of(name)._meta.model_name}"
        own, foreign = address(name, 0), address(name, 1)
        if foreign is None or model in COMMONS:
            continue
        if opens(client, method, name, foreign):
            opened.append(name)
        may = letter in expected(name, method) and model not in SHARED
        if may and model != "integration_event" and not opens(client, method, name, own):
            closed.append(name)

    assert opened == []
    assert closed == []


def test_staff_of_one_seller_read_what_errors_mean_and_change_nothing(world):
    """All sellers read it."""
    known = KnownError.objects.first()
    change = reverse("admin:integration_knownerror_change", args=[known.pk])
    fields = {"pattern": "else and else", "sentence": "Else.", "next_step": "Wait."}
    limited = person(ADMIN, limited=True)

    assert limited.get(change).status_code == 200
    for url in (change, reverse("admin:integration_knownerror_add")):
        assert limited.post(url, fields).status_code == 403
    assert KnownError.objects.get(pk=known.pk).pattern == known.pattern
    assert person(ADMIN).post(change, fields).status_code == 302


def test_lists_of_staff_of_one_seller_hold_their_rows_only(world):
    client = person(ADMIN, limited=True)
    second = Seller.objects.order_by("pk")[1]
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        page = client.get(reverse(f"admin:{name}_changelist"))
        if page.status_code == 403 or name in COMMONS:
            continue
        shown = page.context["cl"].result_count
        is_own = name == "sellers_staffsession"
        assert shown == (0 if name in SHARED and not is_own else 1), name
        assert f">{second.name}<" not in page.content.decode()


def test_operator_sees_own_acts_only(world):
    page = person(OPERATOR).get(reverse("admin:integration_event_changelist"))

    assert [event.actor for event in page.context["cl"].result_list] == ["operator-false"]


@pytest.mark.slow
def test_strangers_and_people_without_a_role_open_nothing(world):
    plain = User.objects.create_user("plain", is_staff=True)
    nobody = Client()
    nobody.force_login(plain)
    for name in names():
        url = address(name, 0)
        assert not opens(Client(), "GET", name, url), name
        assert not opens(nobody, "GET", name, url), name
        assert not opens(nobody, "POST", name, url), name


def test_admin_makes_staff_but_never_a_superuser():
    client = person(ADMIN)
    form = {
        "username": "meera",
        "password1": "long-enough-42",
        "password2": "long-enough-42",
        "role": OPERATOR,
        "sees": "all",
        "is_active": "on",
        "is_superuser": "on",
    }

    answer = client.post(reverse("admin:auth_user_add"), form)

    assert answer.status_code == 302
    made = User.objects.get(username="meera")
    assert (made.is_superuser, made.is_staff) == (False, True)
    assert [group.name for group in made.groups.all()] == [OPERATOR]
    assert not made.user_permissions.exists()
    event = Event.objects.get(kind="staff")
    assert event.sentence == "Staff meera added: Operator, sees all sellers."


def test_admin_changes_no_superuser():
    boss = User.objects.create_superuser("boss", password="pw")
    client = person(ADMIN)

    page = reverse("admin:auth_user_change", args=[boss.pk])
    password = reverse("admin:auth_user_password_change", args=[boss.pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"username": "boss2", "sees": "all"}).status_code == 403
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code == 403
    assert "$" not in client.get(page).content.decode()


def test_scope_is_given_and_taken_away(world):
    client = person(ADMIN)
    other = User.objects.get(username="others")
    page = reverse("admin:auth_user_change", args=[other.pk])
    seller = Seller.objects.order_by("pk")[0]
    form = {"username": "others", "role": VIEWER, "sees": "some", "is_active": "on"}

    refused = client.post(page, form)
    contradicting = client.post(page, form | {"sees": "all", "sellers": [seller.pk]})
    client.post(page, form | {"sellers": [seller.pk]})
    given = list(StaffScope.objects.get(user=other).sellers.all())
    client.post(page, form | {"sees": "all"})

    assert "Choose at least one seller" in refused.content.decode()
    assert "You chose sellers below" in contradicting.content.decode()
    assert given == [seller]
    assert not StaffScope.objects.filter(user=other).exists()
    events = Event.objects.filter(kind="staff").order_by("pk")
    sentences = list(events.values_list("sentence", flat=True))
    assert sentences == [
        "Staff others changed: Viewer, sees s0 (was: no role, sees all sellers).",
        "Staff others changed: Viewer, sees all sellers (was: Viewer, sees s0).",
    ]


@only_on.postgresql("its trigger guards events")
def test_event_is_neither_changed_nor_deleted():
    event = Event.objects.create(at=timezone.now(), kind="stage", actor="a", sentence="S")

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(actor="b")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        event.delete()
    assert Event.objects.get().actor == "a"


def test_events_of_three_years_ago_are_deleted_by_retention():
    now = clock.now()
    for age in (retention.EVENTS_KEPT, retention.EVENTS_KEPT * 0.99):
        Event.objects.create(at=now - age * 1.001, kind="stage", actor="a", sentence="S")

    assert retention.delete_old(now)["events"] == 1
    assert Event.objects.count() == 1
