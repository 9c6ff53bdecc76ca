"""When a session ends, and the second step with it, for each kind of staff."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, User

from booon_console.access import PASSED
from sellers.models import StaffScope, StaffSession

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
IDLE, WHOLE = 30 * 60, 12 * 60 * 60
# A page of the admin that costs little.
PAGE = "/admin/jsi18n/"
STEP = "/admin/second-step/"


def superuser():
    return User.objects.create_superuser("asha")


def admin_by_role():
    user = User.objects.create_user("asha", is_staff=True)
    user.groups.add(Group.objects.get(name="Admin"))
    return user


def viewer_of_some_sellers():
    user = User.objects.create_user("asha", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewer"))
    StaffScope.objects.create(user=user)
    return user


def staff_without_a_role():
    return User.objects.create_user("asha", is_staff=True)


HOLDERS = (superuser, admin_by_role, viewer_of_some_sellers, staff_without_a_role)


@pytest.fixture(params=HOLDERS, ids=lambda holder: holder.__name__)
def holder(request, db):
    return request.param()


def at(seconds):
    return time_machine.travel(START + timedelta(seconds=seconds), tick=False)


def begin(client, user, **kept):
    """A session that began at START; `kept` stands in it."""
    with at(0):
        client.force_login(user)
        session = client.session
        session.update(kept)
        session.save()
        assert is_in(client)


def is_in(client, **headers):
    return client.get(PAGE, headers=headers).status_code == 200


@pytest.mark.parametrize(("seconds", "stays"), [(IDLE - 1, True), (IDLE, True), (IDLE + 1, False)])
def test_idle_session_ends_after_half_an_hour(client, holder, seconds, stays):
    begin(client, holder)
    with at(seconds):
        assert is_in(client) == stays


@pytest.mark.parametrize(
    ("seconds", "stays"), [(WHOLE - 1, True), (WHOLE, True), (WHOLE + 1, False)]
)
def test_session_in_use_ends_after_half_a_day(client, holder, seconds, stays):
    begin(client, holder)
    with at(0):
        session = client.session
        session["seen_at"] = (START + timedelta(seconds=seconds)).timestamp()
        # Kept for longer than that, so that it is not the store that ends it.
        session.set_expiry(2 * WHOLE)
        session.save()
    with at(seconds):
        assert is_in(client) == stays


@pytest.mark.parametrize("unsaid", ["begun_at", "seen_at"])
def test_session_of_which_nobody_knows_how_old_it_is_ends(client, holder, unsaid):
    begin(client, holder)
    with at(1):
        session = client.session
        del session[unsaid]
        session.save()
        assert not is_in(client)
        assert not StaffSession.objects.exists()


def test_session_is_written_anew_once_a_minute_and_not_for_a_page_that_refreshes_itself(client):
    begin(client, superuser())
    for seconds, headers, seen in (
        (60, {}, 0),
        (61, {"HX-Request": "true"}, 0),
        (61, {}, 61),
        (121, {}, 61),
        (122, {}, 122),
    ):
        with at(seconds):
            assert is_in(client, **headers)
            assert client.session["seen_at"] == START.timestamp() + seen
            assert client.session["begun_at"] == START.timestamp()


def test_what_stood_in_a_session_that_ended_is_gone(client, holder, settings):
    settings.STAFF_MFA = True
    begin(client, holder, **{PASSED: holder.pk})
    with at(IDLE + 1):
        assert not is_in(client)
        assert not StaffSession.objects.exists()

        client.force_login(holder)
        assert client.get(PAGE).url.startswith(STEP)


def test_second_step_is_wanted_from_everybody(client, holder, settings):
    settings.STAFF_MFA = True
    with at(0):
        client.force_login(holder)
        assert client.get(PAGE).url.startswith(STEP)
    begin(client, holder, **{PASSED: holder.pk})


def test_second_step_of_somebody_else_does_not_count(client, holder, settings):
    settings.STAFF_MFA = True
    other = User.objects.create_superuser("vik")
    with at(0):
        client.force_login(holder)
        session = client.session
        session[PASSED] = other.pk
        session.save()

        assert client.get(PAGE).url.startswith(STEP)
        assert client.post("/admin/password_change/").url.startswith(STEP)


def test_log_out_ends_the_second_step(client, holder, settings):
    settings.STAFF_MFA = True
    begin(client, holder, **{PASSED: holder.pk})
    with at(1):
        client.post("/admin/logout/")
        client.force_login(holder)

        assert client.get(PAGE).url.startswith(STEP)


@pytest.mark.parametrize("left", ["is_active", "is_staff"])
def test_who_is_no_staff_any_more_is_out_at_once(client, holder, left, settings):
    settings.STAFF_MFA = True
    begin(client, holder, **{PASSED: holder.pk})
    User.objects.update(**{left: False})
    with at(1):
        assert not is_in(client)


def test_new_password_ends_the_session(client, holder):
    begin(client, holder)
    holder.set_password("another-password-canary")
    holder.save()
    with at(1):
        assert not is_in(client)


def test_stranger_gets_no_session(client):
    with at(0):
        assert not is_in(client)
    assert not StaffSession.objects.exists()


def test_half_way_one_gets_to_the_step_and_out_and_nowhere_else(client, holder, settings):
    settings.STAFF_MFA = True
    with at(0):
        client.force_login(holder)
        for url in ("/admin/", "/admin/password_change/", "/admin/second-steps/", "/admin/log"):
            assert client.get(url).url.startswith(f"{STEP}?next="), url
        assert client.get("/healthz").status_code == 200
        answer = client.post("/admin/logout/")
        assert not answer.headers.get("Location", "").startswith(STEP)


def test_where_one_wanted_to_go_is_remembered_whole(client, settings):
    settings.STAFF_MFA = True
    with at(0):
        client.force_login(superuser())
        answer = client.get("/admin/integration/order/?stage=received&q=BN 1")

    assert answer.url == (
        f"{STEP}?next=%2Fadmin%2Fintegration%2Forder%2F%3Fstage%3Dreceived%26q%3DBN%25201"
    )
