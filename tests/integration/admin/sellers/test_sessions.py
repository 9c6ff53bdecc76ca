"""Who sees and ends which sessions, and what ends all of a person's."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from integration.models import Event
from sellers.models import SecondFactor, StaffSession
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db

LIST = "/admin/sellers/staffsession/"
PASSWORD, OTHER = "right-password-canary", "another-password-canary"


def person(name, role="Viewer"):
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def browser(user):
    client = Client(headers={"User-Agent": f"Browser of {user}"})
    client.post("/admin/login/", {"username": user.get_username(), "password": PASSWORD})
    return client


def is_in(client):
    return client.get("/admin/jsi18n/").status_code == 200


def page_of(row, page="change"):
    return reverse(f"admin:sellers_staffsession_{page}", args=[row.pk])


def latest():
    return StaffSession.objects.latest("pk")


def shown(client):
    return [str(row.user) for row in client.get(LIST).context["cl"].result_list]


def test_everybody_sees_and_ends_their_own(client):
    vik = person("vik")
    browser(person("meera"))
    here = browser(vik)
    there = browser(vik)
    other = latest()
    assert shown(here) == ["vik", "vik"]
    text = here.get(LIST).content.decode()
    assert "Browser of vik" in text and "this one" in text
    assert text.count(">End</button>") == 1
    assert other.session_key not in text + here.get(page_of(other)).content.decode()

    assert here.post(page_of(other, "end")).url == LIST

    assert (is_in(here), is_in(there)) == (True, False)
    event = Event.objects.get(kind="session_ended")
    assert (event.sentence, event.actor) == ("Session of vik ended.", "vik")


def test_the_session_one_is_in_ends_by_logging_out_only(client):
    here = browser(person("vik"))

    here.post(page_of(latest(), "end"))

    assert is_in(here)
    assert "Log out to end it" in here.get(page_of(latest())).content.decode()


def test_nobody_else_opens_or_ends_them(client):
    browser(person("meera"))
    hers = latest()
    for role in ("Viewer", "Operator", "Auditor"):
        here = browser(person(role.lower(), role))
        assert shown(here) == [role.lower()]
        assert here.get(page_of(hers)).status_code == 302
        assert here.post(page_of(hers, "end")).status_code == 404
    assert StaffSession.objects.filter(pk=hers.pk).exists()


def test_who_manages_staff_ends_them_but_no_superusers(client):
    boss = make_superuser()
    boss.set_password(PASSWORD)
    boss.save()
    theirs, hers = browser(boss), browser(person("meera"))
    here = browser(person("admin", "Admin"))
    assert shown(here) == ["admin", "meera", "asha"]
    of_meera, of_boss = StaffSession.objects.order_by("-pk")[1:3]

    assert here.post(page_of(of_meera, "end")).status_code == 302
    assert here.post(page_of(of_boss, "end")).status_code == 403
    assert here.get(LIST).content.decode().count(">End</button>") == 0

    assert (is_in(hers), is_in(theirs)) == (False, True)


def test_search_finds_a_person(client):
    browser(person("meera"))
    here = browser(person("admin", "Admin"))

    found = here.get(LIST, {"q": "meer"}).context["cl"].result_list
    assert [str(row.user) for row in found] == ["meera"]


# What ends them all --------------------------------------------------------------------------


@pytest.fixture
def admin():
    return browser(person("admin", "Admin"))


def test_forgotten_second_factor_ends_sessions(admin):
    vik = person("vik")
    SecondFactor.objects.create(user=vik, key="k")
    session = browser(vik)
    act = {"action": "forget_second_factor", "_selected_action": [vik.pk]}

    admin.post(reverse("admin:auth_user_changelist"), act)

    assert not is_in(session)
    assert Event.objects.get(kind="session_ended").sentence == "Session of vik ended."


def test_nobody_forgets_their_own_second_factor_or_a_superusers(admin):
    own, boss = User.objects.get(username="admin"), make_superuser()
    for user in (own, boss):
        SecondFactor.objects.create(user=user, key="k")
    act = {"action": "forget_second_factor", "_selected_action": [own.pk, boss.pk]}

    text = admin.post(reverse("admin:auth_user_changelist"), act, follow=True).content.decode()

    assert SecondFactor.objects.count() == 2
    assert "Second factors forgotten: 0." in text
    assert "Your own was left as it is" in text and "Superusers were left" in text
    assert not Event.objects.filter(kind="staff").exists()


def test_deactivation_ends_sessions_for_good(admin):
    vik = person("vik")
    session = browser(vik)
    page = reverse("admin:auth_user_change", args=[vik.pk])
    form = {"username": "vik", "role": "Viewer", "sees": "all"}

    admin.post(page, form)
    assert not User.objects.get(pk=vik.pk).is_active
    admin.post(page, form | {"is_active": "on"})

    assert User.objects.get(pk=vik.pk).is_active
    assert not is_in(session)


def test_password_that_an_admin_sets_ends_sessions(admin):
    vik = person("vik")
    session = browser(vik)
    page = reverse("admin:auth_user_password_change", args=[vik.pk])

    admin.post(page, {"password1": OTHER, "password2": OTHER})

    assert not is_in(session)
    assert not StaffSession.objects.filter(user=vik).exists()
    assert is_in(admin)


def test_ones_own_password_needs_the_old_one_by_every_page(admin):
    own = User.objects.get(username="admin")
    page = reverse("admin:auth_user_password_change", args=[own.pk])
    new = {"password1": OTHER, "password2": OTHER}

    assert admin.post(page, new).url == "/admin/password_change/"
    assert admin.get(page).url == "/admin/password_change/"

    own.refresh_from_db()
    assert own.check_password(PASSWORD)


def change_own(client, old, new=OTHER):
    given = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/admin/password_change/", given)


def test_ones_own_new_password_ends_ones_other_sessions(admin):
    other = browser(User.objects.get(username="admin"))

    assert change_own(admin, PASSWORD).status_code == 302

    assert (is_in(admin), is_in(other)) == (True, False)
    assert StaffSession.objects.count() == 1
    events = Event.objects.exclude(kind="staff_log_in").order_by("pk")
    said = events.values_list("sentence", flat=True)
    assert list(said) == ["admin changed their own password.", "Session of admin ended."]


def test_old_password_is_guessed_no_more_often_than_at_the_log_in(admin):
    assert [change_own(admin, f"guess-{n}").status_code for n in range(5)] == [200] * 5

    answer = change_own(admin, PASSWORD)

    assert answer.status_code == 429
    assert User.objects.get(username="admin").check_password(PASSWORD)
    assert Event.objects.filter(kind="staff_locked").count() == 1
