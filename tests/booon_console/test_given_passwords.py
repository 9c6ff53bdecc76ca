"""A password that somebody else chose is changed before anything else."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from sellers.models import GivenPassword

pytestmark = pytest.mark.django_db

GIVEN, OWN = "given-password-canary", "own-password-canary"
CHANGE = "/admin/password_change/"


@pytest.fixture
def admin():
    user = User.objects.create_user("admin", password="pw", is_staff=True)
    user.groups.add(Group.objects.get(name="Admin"))
    client = Client()
    client.force_login(user)
    return client


def add(admin):
    form = {
        "username": "meera",
        "password1": GIVEN,
        "password2": GIVEN,
        "role": "Viewer",
        "sees": "all",
        "is_active": "on",
    }
    assert admin.post(reverse("admin:auth_user_add"), form).status_code == 302
    return User.objects.get(username="meera")


def log_in(password):
    client = Client()
    given = {"username": "meera", "password": password}
    assert client.post("/admin/login/?next=/admin/", given).status_code == 302
    return client


def change(client, new, old=GIVEN):
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


def test_first_password_opens_nothing_but_the_page_that_changes_it(admin):
    add(admin)
    client = log_in(GIVEN)

    for url in ("/admin/", "/admin/sellers/seller/", "/admin/auth/user/"):
        assert client.get(url).url == CHANGE
    assert client.post("/admin/sellers/seller/add/").url == CHANGE
    assert "only you know" in client.get(CHANGE).content.decode()
    assert change(client, OWN).status_code == 302

    assert client.get("/admin/").status_code == 200
    assert not GivenPassword.objects.exists()
    assert log_in(OWN).get("/admin/").status_code == 200


def test_it_is_not_changed_to_itself(admin):
    add(admin)
    client = log_in(GIVEN)

    assert "This is the old one" in change(client, GIVEN).content.decode()
    assert client.get("/admin/").url == CHANGE


def test_password_that_an_admin_sets_anew_is_changed_too(admin):
    user = add(admin)
    change(log_in(GIVEN), OWN)
    page = reverse("admin:auth_user_password_change", args=[user.pk])

    admin.post(page, {"password1": GIVEN, "password2": GIVEN})

    assert log_in(GIVEN).get("/admin/").url == CHANGE


def test_second_step_comes_first(admin, settings):
    add(admin)
    settings.STAFF_MFA = True
    client = log_in(GIVEN)

    assert client.get("/admin/").url.startswith("/admin/second-step/")
    assert client.get(CHANGE).url.startswith("/admin/second-step/")
    assert client.get("/admin/second-step/").status_code == 200


def test_who_chose_their_own_is_not_asked(admin):
    assert admin.get("/admin/").status_code == 200
