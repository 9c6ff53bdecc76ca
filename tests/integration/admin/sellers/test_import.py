"""Sellers from a file: shown first, secrets never shown back, each row with its result."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.fields import reveal
from integration.models import Event, SellerFile, SyncJob
from integration.onboarding import csv_file
from integration.worker import retention
from sellers.models import CarrierRegistration, Location, Seller, StaffScope
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:sellers_seller_import")
ROW = {
    "code": "acme",
    "name": "Acme Traders",
    "api_username": "api@acme.example",
    "api_password": "password-canary",
    "x_api_key": "key-canary",
    "location_key": "en100",
    "carrier_username": "own",
    "carrier_password": "carrier-canary",
    "carrier_token": "token-canary",
    "rate_per_second": "5",
    "burst": "10",
    "daily_quota": "50000",
}
SECOND = {"code": "acme", "location_key": "en101"}
OTHER = ROW | {"code": "bazaar", "name": "Bazaar", "location_key": "en200"}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr("integration.sync.wakeup.wake", kinds.append)
    return kinds


def csv_of(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def workbook_of(*rows: dict[str, object]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([row.get(column) for column in rows[0]])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def upload(client: Client, content: bytes, name: str = "sellers.csv"):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)}, follow=True)


def confirm(client: Client, **fields: str):
    url = reverse("admin:sellers_seller_imported", args=[SellerFile.objects.get().pk])
    return client.post(url, fields, follow=True)


def results(answer) -> dict[int, str]:
    return {line.row: line.result for line, _ in answer.context["rows"]}


def refusal(client: Client, content: bytes, name: str = "sellers.csv") -> str:
    (message,) = upload(client, content, name).context["form"].errors["file"]
    assert not SellerFile.objects.exists()
    return message


@pytest.mark.parametrize("make", [csv_of, workbook_of])
def test_dry_run_writes_and_sends_nothing(staff, woken, make):
    answer = upload(staff, make(ROW, SECOND, OTHER), "sellers.xlsx")

    assert results(answer) == {2: "new", 3: "new", 4: "new"}
    assert not Seller.objects.exists()
    assert not SyncJob.objects.exists()
    assert woken == []
    assert b"canary" not in answer.content


@pytest.mark.parametrize("make", [csv_of, workbook_of])
def test_confirmed_file_onboards_as_the_form_does(
    staff, woken, make, django_capture_on_commit_callbacks
):
    upload(staff, make(ROW, SECOND, OTHER))

    with django_capture_on_commit_callbacks(execute=True):
        answer = confirm(staff)

    acme = Seller.objects.get(code="acme")
    assert (reveal(acme.api_password), reveal(acme.x_api_key)) == ("password-canary", "key-canary")
    assert (acme.rate_per_second, acme.burst, acme.daily_quota) == (5, 10, 50_000)
    assert list(acme.locations.values_list("location_key", flat=True)) == ["en100", "en101"]
    own = CarrierRegistration.objects.get(location_key="en100")
    assert (own.username, reveal(own.password), reveal(own.token)) == (
        "own",
        "carrier-canary",
        "token-canary",
    )
    assert SyncJob.objects.filter(kind="location", status="pending").count() == 3
    assert woken == ["outbox"]
    assert results(answer) == {2: "new", 3: "new", 4: "new"}
    assert "Onboarding is under way." in answer.content.decode()
    assert b"canary" not in answer.content
    event = Event.objects.get(kind="import")
    assert (event.actor, event.sentence) == ("asha", "Sellers from sellers.csv: 3 new.")


def test_what_is_refused_or_doubtful_is_shown_first(staff):
    bad = ROW | {"code": "broken", "location_key": "en 300"}

    answer = upload(staff, csv_of(ROW, SECOND, OTHER, bad))

    shown = [line for line, _ in answer.context["rows"]]
    assert [line.result for line in shown][0] == "refused"
    assert [line.row for line in shown[1:]] == [2, 3, 4]


def test_page_of_a_file_renews_itself_and_counts_until_nothing_moves(staff):
    upload(staff, csv_of(ROW, SECOND, OTHER))

    text = confirm(staff).content.decode()

    url = reverse("admin:sellers_seller_imported", args=[SellerFile.objects.get().pk])
    assert "0 locations are live" in text and "3 under way: this page renews itself" in text
    assert 'hx-trigger="every 3s"' in text
    now = timezone.now()
    key = {"location_key": "en100"}
    Location.objects.filter(**key).update(blocked_reason="credentials_refused")
    Location.objects.exclude(**key).update(
        live_at=now, located_at=now, catalog_seen_at=now, blocked_reason=""
    )
    text = staff.get(url).content.decode()
    assert "2 locations are live" in text and ", 1 needs somebody" in text
    assert "hx-trigger" not in text.split('id="content-main"')[1].split(">")[0]


def test_secrets_are_encrypted_until_used_and_gone_afterwards(staff):
    upload(staff, csv_of(ROW))
    with connection.cursor() as cursor:
        cursor.execute("SELECT rows FROM integration_sellerfile")
        ((stored,),) = cursor.fetchall()

    confirm(staff)

    file = SellerFile.objects.get()
    assert stored and "canary" not in stored
    assert file.rows == ""
    assert "canary" not in json.dumps(file.results) + str(list(Event.objects.values()))


def test_file_that_nobody_confirmed_is_deleted_after_a_day(staff):
    upload(staff, csv_of(ROW))
    SellerFile.objects.update(uploaded_at=timezone.now() - timedelta(hours=25))

    assert retention.delete_old(timezone.now())["seller_files"] == 1
    assert not SellerFile.objects.exists()


def test_preview_older_than_an_hour_takes_nothing_in(staff):
    upload(staff, csv_of(ROW))
    SellerFile.objects.update(uploaded_at=timezone.now() - timedelta(hours=2))

    confirm(staff)

    assert not Seller.objects.exists()


def test_second_click_takes_nothing_in_again(staff):
    upload(staff, csv_of(ROW))
    confirm(staff)
    wanted = SyncJob.objects.get(kind="location").wanted

    confirm(staff)

    assert SyncJob.objects.get(kind="location").wanted == wanted
    assert Event.objects.filter(kind="import").count() == 1


def test_known_seller_keeps_what_the_file_leaves_empty(staff):
    seller = make_seller(code="acme", name="Acme", x_api_key="old-key", daily_quota=7)
    password = seller.api_password
    make_location(seller=seller, location_key="en100")

    answer = upload(staff, csv_of({"code": "acme", "location_key": "en100"}, SECOND))
    confirm(staff)

    seller.refresh_from_db()
    assert results(answer) == {2: "known", 3: "new"}
    assert (seller.name, reveal(seller.api_password)) == ("Acme", password)
    assert (reveal(seller.x_api_key), seller.daily_quota) == ("old-key", 7)


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"code": "a b"}, "code"),
        ({"code": ""}, "code"),
        ({"name": ""}, "name"),
        ({"api_password": ""}, "api_password"),
        ({"api_username": ""}, "api_username"),
        ({"location_key": "en 100"}, "location_key"),
        ({"location_key": ""}, "location_key"),
        ({"carrier_password": ""}, "carrier_password"),
        ({"rate_per_second": "fast"}, "rate_per_second"),
        ({"burst": "0"}, "burst"),
        ({"daily_quota": "-1"}, "daily_quota"),
        ({"name": "=1+1"}, "name"),
    ],
)
def test_error_names_its_row_and_column_and_the_others_go_on(staff, fields, column):
    answer = upload(staff, csv_of(OTHER, ROW | fields))
    confirm(staff)

    (bad,) = [line for line, _ in answer.context["rows"] if line.row == 3]
    assert bad.result == "refused"
    assert any(note.startswith(f"{column}: ") for note in bad.notes)
    assert list(Seller.objects.values_list("code", flat=True)) == ["bazaar"]
    assert b"canary" not in answer.content


def test_key_of_another_seller_is_refused_in_the_base_and_in_the_file(staff):
    make_location(location_key="en300")

    answer = upload(
        staff,
        csv_of(
            ROW, OTHER | {"location_key": "en100"}, OTHER | {"location_key": "en300", "code": "c"}
        ),
    )

    notes = {line.row: line.notes for line, _ in answer.context["rows"]}
    assert results(answer) == {2: "new", 3: "refused", 4: "refused"}
    assert notes[3] == ["location_key: Row 2 gives this key to another seller."]
    assert notes[4] == ["location_key: Another seller has this key."]


def test_rows_of_one_seller_may_leave_out_but_not_contradict(staff):
    contradicting = SECOND | {"api_password": "other-canary"}

    answer = upload(staff, csv_of(ROW, contradicting | {"name": ""}))

    assert results(answer) == {2: "refused", 3: "refused"}
    assert b"api_password: Another row of this seller says something else." in answer.content
    assert b"canary" not in answer.content


def test_what_looks_like_something_else_is_left_out_unless_somebody_is_sure(staff):
    token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"

    answer = upload(staff, csv_of(ROW | {"location_key": token}, OTHER))
    after = confirm(staff)

    assert results(answer) == {2: "doubtful", 3: "new"}
    assert results(after) == {2: "left_out", 3: "new"}
    assert token not in answer.content.decode() + after.content.decode()
    assert list(Seller.objects.values_list("code", flat=True)) == ["bazaar"]


def test_somebody_who_is_sure_has_it_taken_in(staff):
    upload(staff, csv_of(ROW | {"api_username": "acme-api"}))

    answer = confirm(staff, is_sure="yes")

    assert results(answer) == {2: "new"}
    assert Seller.objects.get().api_username == "acme-api"


def test_password_is_taken_as_it_stands(staff):
    password = '\'=canary, "quoted" '
    upload(staff, csv_of(ROW | {"api_password": password}))

    confirm(staff, is_sure="yes")

    assert reveal(Seller.objects.get().api_password) == password


def test_numbers_of_a_workbook_are_the_digits_that_were_typed(staff):
    upload(staff, workbook_of(ROW | {"burst": 20.0, "api_password": 12345678, "daily_quota": 500}))

    confirm(staff)

    seller = Seller.objects.get()
    assert (reveal(seller.api_password), seller.burst, seller.daily_quota) == ("12345678", 20, 500)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("=1+1", "Row 2, column B holds a formula."),
        (date(2026, 1, 1), "Row 2, column B holds a date"),
    ],
)
def test_cell_of_a_workbook_that_is_no_text_is_named(staff, field, said):
    assert refusal(staff, workbook_of(ROW | {"name": field})).startswith(said)


def test_file_without_its_columns_is_refused(staff):
    assert "Missing: location_key." in refusal(staff, b"code,name\nacme,Acme\n")
    assert refusal(staff, b"code,location_key,pasword\na,b,c\n") == (
        "There is no such column: pasword."
    )
    assert "no rows" in refusal(staff, b"code,location_key\n")


def test_too_many_rows_are_refused(staff):
    rows = [{"code": f"s{n}", "location_key": f"en{n}"} for n in range(501)]

    assert refusal(staff, csv_of(*rows)) == "The file has more than 500 rows. Split it."
    assert refusal(staff, workbook_of(*rows)) == "The file has more than 500 rows. Split it."


def test_too_large_a_file_is_refused(staff):
    assert refusal(staff, b"x" * (2 * 1024 * 1024 + 1)) == "The file is larger than 2 MB."
    assert "larger than 2 MB" in refusal(staff, b"x" * (6 * 1024 * 1024))


def packed(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/"), part)
    return content.getvalue()


def repacked(**parts: bytes) -> bytes:
    """A sound workbook with some of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(workbook_of(ROW))) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    return packed(**whole | {name.replace("__", "/"): part for name, part in parts.items()})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed(xl__a=b"0" * 40_000_000), "unpacks to more"),
        (packed(**{f"p{n}": b"" for n in range(300)}), "unpacks to more"),
        (repacked(**{"xl__vbaProject.bin": b"macro"}), "has macros"),
        (b"PK\x03\x04 but no archive", "can't be read"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "can't be read"),
        (packed(hello=b"no workbook"), "can't be read"),
        (
            repacked(
                **{
                    "xl__worksheets__sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
                    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                    b"<sheetData>&a;</sheetData></worksheet>"
                }
            ),
            "can't be read",
        ),
    ],
)
def test_hostile_workbook_is_refused_before_it_costs_anything(staff, content, said):
    assert said in refusal(staff, content, "sellers.xlsx")


def test_sheet_that_claims_a_million_rows_is_read_to_the_limit_only(staff):
    row = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    head = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for letter, name in (("A", "code"), ("B", "location_key"))
    )
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<sheetData><row r="1">{head}</row>{row}</sheetData></worksheet>'
    )

    said = refusal(staff, repacked(**{"xl__worksheets__sheet1.xml": sheet.encode()}))

    assert said == "The file has more than 500 rows. Split it."


def test_template_reads_back_and_is_taken_in_by_nobody(staff):
    template = staff.get(reverse("admin:sellers_seller_import_template"))

    answer = upload(staff, template.content)

    assert results(answer) == {2: "refused"}
    assert set(csv_file.COLUMNS) <= set(
        template.content.decode("utf-8-sig").replace('"', "").splitlines()[0].split(",")
    )


def test_file_is_its_uploaders_alone(staff):
    upload(staff, csv_of(ROW))
    url = reverse("admin:sellers_seller_imported", args=[SellerFile.objects.get().pk])
    other = Client()
    other.force_login(make_viewer("add_seller", "change_seller"))

    assert other.get(url).url == UPLOAD
    assert other.post(url).url == UPLOAD
    assert not Seller.objects.exists()


def test_staff_of_some_sellers_and_viewers_upload_nothing(client):
    user = make_viewer("add_seller", "change_seller")
    StaffScope.objects.create(user=user)
    client.force_login(user)
    limited = client.get(UPLOAD).status_code
    StaffScope.objects.all().delete()
    user.user_permissions.clear()

    assert (limited, client.get(UPLOAD).status_code) == (403, 403)
    assert Location.objects.count() == 0
