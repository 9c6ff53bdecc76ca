"""Tokens and hand-outs of a whole file: made once, for who may, shown to whoever had them made."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.admin.sellers import imports
from integration.models import Event, HeldToken, SellerFile, WebhookEndpoint
from integration.onboarding import flow
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_superuser()


@pytest.fixture
def staff(boss):
    client = Client()
    client.force_login(boss)
    return client


def made_file(user, *locations, result="new", results=True):
    lines = [
        {"row": 2, "code": each.seller.code, "key": each.location_key, "result": result}
        for each in locations
    ]
    now = timezone.now()
    return SellerFile.objects.create(
        user=user,
        name="fifty.csv",
        uploaded_at=now,
        begun_at=now,
        results=lines if results else None,
    )


def bare(seller, **fields):
    """A location whose webhooks have no token yet."""
    location = make_location(seller=seller, **fields)
    location.endpoints.update(token_digest="", token_issued_at=None)
    return location


def page_of(file, name):
    return reverse(f"admin:sellers_seller_{name}", args=[file.pk])


def unzipped(answer):
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_one_zip_has_a_hand_out_for_each_seller_and_one_sheet_of_all_webhooks(staff, boss):
    acme, bazaar = make_seller(code="acme", name="=Acme"), make_seller(code="bazaar")
    locations = [bare(acme), bare(acme), bare(bazaar)]
    file = made_file(boss, *locations)
    other = bare(make_seller(code="other"))

    shown = staff.get(page_of(file, "imported")).content.decode()
    staff.post(page_of(file, "import_tokens"))
    answer = staff.post(page_of(file, "import_handouts"))

    assert "Issue the 6 missing tokens" in shown
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    parts = unzipped(answer)
    assert set(parts) == {
        *("webhooks.csv", "hand-outs/handout.css"),
        *("hand-outs/acme.html", "hand-outs/bazaar.html"),
    }
    rows = list(csv.DictReader(io.StringIO(parts["webhooks.csv"][1:])))
    assert [row["seller"] for row in rows].count("acme") == 4
    for row in rows:
        endpoint = WebhookEndpoint.objects.get(pk=row["url"].split("/")[-2])
        headers = {"Access-Token": row["access_token"]}
        sent = Client().post(endpoint.path, {}, content_type="application/json", headers=headers)
        assert sent.status_code == 200
        assert row["access_token"] in parts[f"hand-outs/{row['seller']}.html"]
        assert row["location_key"] == endpoint.location.location_key
    assert {row["name"] for row in rows if row["seller"] == "acme"} == {"'=Acme"}
    assert not other.endpoints.exclude(token_digest="").exists()


def test_tokens_are_made_once_and_each_act_is_written_down_without_them(staff, boss):
    location = bare(make_seller(code="acme"))
    file = made_file(boss, location)

    staff.post(page_of(file, "import_tokens"))
    digests = set(location.endpoints.values_list("token_digest", flat=True))
    again = staff.post(page_of(file, "import_tokens"), follow=True)
    content = staff.post(page_of(file, "import_handouts")).content

    assert "0 tokens are made" in again.content.decode()
    assert set(location.endpoints.values_list("token_digest", flat=True)) == digests
    events = list(Event.objects.filter(kind="token").order_by("pk"))
    assert [each.actor for each in events] == ["asha"] * 3
    assert events[-1].sentence == (
        "Hand-outs with 2 webhook tokens downloaded: sellers from fifty.csv."
    )
    rows = list(csv.DictReader(io.StringIO(sheet_in(content))))
    assert len(rows) == 2
    for row in rows:
        assert all(row["access_token"] not in each.sentence for each in events)


def sheet_in(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("webhooks.csv").decode()[1:]


def test_nobody_else_and_nobody_later_downloads_them(staff, boss):
    file = made_file(boss, bare(make_seller()))
    staff.post(page_of(file, "import_tokens"))
    second = Client()
    second.force_login(User.objects.create_superuser("second", password="pw"))

    assert second.post(page_of(file, "import_handouts")).status_code == 302
    HeldToken.objects.update(until=timezone.now() - timedelta(seconds=1))
    late = staff.post(page_of(file, "import_handouts"), follow=True)

    assert imports.NONE_HELD in late.content.decode()
    assert not Event.objects.filter(sentence__contains="downloaded").exists()


def test_whoever_may_import_but_issue_no_tokens_makes_none():
    user = User.objects.create_user("ravi", is_staff=True)
    names = ("add_seller", "change_seller", "view_seller")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    location = bare(make_seller())
    file = made_file(user, location)

    assert client.get(page_of(file, "imported")).status_code == 200
    for page in ("import_tokens", "import_handouts"):
        assert client.post(page_of(file, page)).status_code == 403
    assert not location.endpoints.exclude(token_digest="").exists()


@pytest.mark.parametrize("result", ["refused", "left_out", "doubtful"])
def test_rows_that_were_not_taken_in_get_no_token(staff, boss, result):
    location = bare(make_seller())
    file = made_file(boss, location, result=result)

    staff.post(page_of(file, "import_tokens"))

    assert not location.endpoints.exclude(token_digest="").exists()


def test_file_that_is_not_taken_in_yet_leads_back(staff, boss):
    file = made_file(boss, results=False)

    answer = staff.post(page_of(file, "import_tokens"))

    assert answer.url == reverse("admin:sellers_seller_import")


def test_locations_that_easyecom_has_not_named_yet_are_counted(staff, boss):
    file = made_file(boss, make_location(live=False))

    page = staff.get(page_of(file, "imported")).content.decode()

    assert "1 location without webhook addresses yet" in page
    assert "missing token" not in page


def test_no_token_looks_like_a_formula(monkeypatch):
    given = iter(["-abc", "--d", "good"])
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: next(given))

    assert flow.new_token() == "good"
