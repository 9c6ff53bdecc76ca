"""Orders from a CSV file: previewed without a trace, imported as previewed, refused by cell."""

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import Event, Order, OrderFile, Product, SyncJob
from integration.orders import corrections, csv_file
from integration.orders.csv_file import BECAUSE, COLUMNS, EXAMPLE
from integration.sync import wakeup
from integration.worker import retention
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.entrances import CASES

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:integration_order_import")
CANARIES = ("Asha Rao", "9811100000", "14 Lake Road")


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    kinds: list[str] = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
    return kinds


@pytest.fixture
def staff() -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(make_superuser())
    return client


@pytest.fixture
def location(db) -> Any:
    return make_location(seller=make_seller(code="acme"), location_key=EXAMPLE["location_key"])


def row(**cells: str) -> dict[str, str]:
    return EXAMPLE | cells


def file_of(*rows: dict[str, str], columns: Any = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def upload(staff: Client, content: bytes, name: str = "orders.csv") -> Any:
    return staff.post(UPLOAD, {"file": SimpleUploadedFile(name, content, "text/csv")})


def page_of(staff: Client, content: bytes) -> str:
    """The address of the preview."""
    answer = upload(staff, content)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def results(page: Any) -> dict[str, str]:
    return {each.draft.order_number: each.result for each in page.context["verdicts"]}


def troubles(page: Any) -> list[tuple[int, str]]:
    return [
        (trouble.row, trouble.column)
        for each in page.context["verdicts"]
        for trouble in each.draft.troubles
    ]


def rows_in(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_preview_says_what_each_order_would_do_and_writes_nothing(staff, location, woken):
    for number in ("BN-SAME", "BN-CHANGED", "BN-SENT"):
        staff.post(page_of(staff, file_of(row(order_number=number))))
    sent = Order.objects.filter(order_number="BN-SENT")
    sent.update(push_begun_at=timezone.now(), doubt="unknown", doubt_since=timezone.now())
    before = (Order.objects.count(), Event.objects.count(), SyncJob.objects.count())
    woken.clear()

    page = staff.get(
        page_of(
            staff,
            file_of(
                row(order_number="BN-NEW"),
                row(order_number="BN-NEW", line_id="2", sku="other"),
                row(order_number="BN-SAME"),
                row(order_number="BN-CHANGED", quantity="7"),
                row(order_number="BN-SENT", quantity="7"),
                row(order_number="BN-BAD", quantity="none"),
            ),
        )
    )

    assert results(page) == {
        "BN-NEW": "created",
        "BN-SAME": "same",
        "BN-CHANGED": "changed",
        "BN-SENT": "refused",
        "BN-BAD": "refused",
    }
    assert troubles(page) == [(6, ""), (7, "quantity")]
    assert (Order.objects.count(), Event.objects.count(), SyncJob.objects.count()) == before
    assert woken == []
    shown = page.content.decode()
    assert "mob000, other" in shown
    assert not [canary for canary in CANARIES if canary in shown]


def test_confirming_imports_what_was_previewed_under_the_persons_name(staff, location, woken):
    url = page_of(staff, file_of(row(), row(line_id="2"), row(order_number="BN-2", sku="")))

    assert staff.post(url).status_code == 302

    order = Order.objects.get()
    assert (order.order_number, order.lines.count(), str(order.collectable_amount)) == (
        "BN-1001",
        2,
        "266.00",
    )
    assert order.shipping_address["name"] == "Asha Rao"
    assert order.billing_address is None
    assert order.package == {
        "weight_g": 100,
        "length_cm": None,
        "width_cm": None,
        "height_cm": None,
    }
    assert woken == ["outbox"]
    assert Event.objects.get(order=order).actor == "asha"
    told = Event.objects.get(kind="import")
    assert (told.actor, told.sentence) == ("asha", "orders.csv: 1 new, 1 refused.")
    assert results(staff.get(url)) == {"BN-1001": "created", "BN-2": "refused"}


def test_confirming_twice_imports_once_and_keeps_the_first_answer(staff, location):
    url = page_of(staff, file_of(row()))

    staff.post(url)
    staff.post(url)

    assert results(staff.get(url)) == {"BN-1001": "created"}
    assert Event.objects.filter(kind="import").count() == 1


def test_an_import_that_was_interrupted_says_so(staff, location, monkeypatch):
    url = page_of(staff, file_of(row()))
    OrderFile.objects.update(begun_at=timezone.now())

    assert "nothing is taken in twice" in staff.get(url).content.decode()


def test_an_old_preview_is_not_imported(staff, location):
    url = page_of(staff, file_of(row()))
    OrderFile.objects.update(uploaded_at=timezone.now() - timedelta(minutes=61))

    answer = staff.post(url, follow=True)

    assert "older than an hour" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_file_is_deleted_after_a_day_and_its_page_says_so(staff, location):
    url = page_of(staff, file_of(row()))

    OrderFile.objects.update(uploaded_at=timezone.now() - timedelta(hours=25))
    retention.delete_old(timezone.now())

    assert "not kept any more" in staff.get(url, follow=True).content.decode()
    assert "not kept any more" in staff.post(url, follow=True).content.decode()


def test_refused_rows_come_back_as_a_file_that_can_be_put_right(staff, location):
    hostile = row(order_number="BN-2", quantity="0", item_name="+1;=2", shipping_phone="+91 98")
    url = page_of(staff, file_of(row(), hostile))
    staff.post(url)

    answer = staff.get(f"{url}refused.csv")

    [refused] = rows_in(answer)
    assert refused["item_name"] == "'+1;=2"
    assert '"\'+1;=2"' in answer.content.decode()
    assert refused[BECAUSE].startswith("quantity: ")
    again = page_of(staff, file_of(refused | {"quantity": "2"}, columns=[*COLUMNS, BECAUSE]))
    staff.post(again)
    order = Order.objects.get(order_number="BN-2")
    assert order.lines.get().name == "+1;=2"
    assert order.shipping_address["phone"] == "+91 98"


def test_the_template_is_a_file_that_can_be_imported(staff, location):
    answer = staff.get(reverse("admin:integration_order_import_template"))

    assert "attachment" in answer["Content-Disposition"]
    page = staff.get(page_of(staff, answer.content))
    assert results(page) == {"BN-1001": "created"}


BILLING = {
    "billing_name": "Asha Rao",
    "billing_line1": "14 Lake Road",
    "billing_city": "Pune",
    "billing_state": "Maharashtra",
}


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"seller": "nobody"}, "seller"),
        ({"seller": ""}, "seller"),
        ({"order_number": "../x"}, "order_number"),
        ({"location_key": "nobody's"}, "location_key"),
        ({"ordered_at": "23/11/2026 10:15"}, "ordered_at"),
        ({"payment_mode": "gold"}, "payment_mode"),
        ({"collectable_amount": "₹ 266"}, "collectable_amount"),
        ({"collectable_amount": ""}, "collectable_amount"),
        ({"collectable_amount": "0"}, "collectable_amount"),
        ({"collectable_amount": "266.01"}, "collectable_amount"),
        ({"payment_mode": "prepaid"}, "collectable_amount"),
        (
            {"order_discount": "266.01", "payment_mode": "prepaid", "collectable_amount": ""},
            "order_discount",
        ),
        ({"shipping_pincode": "1"}, "shipping_pincode"),
        ({"shipping_phone": "call me"}, "shipping_phone"),
        ({"billing_pincode": "1", **BILLING}, "billing_pincode"),
        ({"package_weight_g": "heavy"}, "package_weight_g"),
        ({"sku": ""}, "sku"),
        ({"quantity": "1.5"}, "quantity"),
        ({"unit_price": "1,000"}, "unit_price"),
        ({"line_discount": "9999"}, "line_discount"),
        ({"sku": "=1+1"}, "sku"),
        ({"shipping_name": '=HYPERLINK("http://evil.test")'}, "shipping_name"),
    ],
)
def test_a_cell_that_is_wrong_is_named(staff, location, change, column):
    page = staff.get(page_of(staff, file_of(row(**change))))

    assert troubles(page) == [(2, column)]


def test_rows_of_one_order_may_leave_out_but_not_contradict(staff, location):
    blank = {name: "" for name in EXAMPLE if name not in ("seller", "order_number")}
    line = {"line_id": "2", "sku": "s", "quantity": "1", "unit_price": "1"}
    fine = [row(), row(**(blank | line))]
    other = [row(order_number="BN-2"), row(order_number="BN-2", line_id="2", shipping_city="Delhi")]

    page = staff.get(page_of(staff, file_of(*fine, *other)))

    assert results(page) == {"BN-2": "refused", "BN-1001": "created"}
    assert troubles(page) == [(5, "shipping_city")]


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    return packed.getvalue()


HEAD = ",".join(COLUMNS).encode()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (bomb(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook"),
        (HEAD.decode().encode("utf-16"), "UTF-8"),
        (HEAD + b"\nacme,\x00", "UTF-8"),
        (HEAD + b"\nacme,caf\xe9", "Line 2"),
        (HEAD, "no rows"),
        (HEAD + b"\n,,,\n\n", "no rows"),
        (b"\n", "Missing: seller"),
        (HEAD.replace(b",", b";"), "Missing: seller"),
        (HEAD + b",colour\n", "colour"),
        (HEAD + b",sku\n", "twice: sku"),
        (HEAD + b'\n"acme', "quotes"),
        (HEAD + b'\n"' + b"x" * 200_000 + b'"', "quotes"),
        (HEAD + b"\n" + b"x," * 60, "more cells"),
        (HEAD + b"\n" + b"a\n" * 5001, "5,000 rows"),
        (HEAD + b"\n" * 1_000_000, "5,000 rows"),
        (HEAD + b"\n" + b"x" * (5 * 1024 * 1024), "5 MB"),
        (b"x" * (6 * 1024 * 1024), "5 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_reason(staff, location, content, word):
    answer = upload(staff, content)

    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert not OrderFile.objects.exists()


def test_a_file_of_excels_own_utf8_is_read(staff, location):
    page = staff.get(page_of(staff, b"\xef\xbb\xbf" + file_of(row(shipping_name="आशा"))))

    assert results(page) == {"BN-1001": "created"}


def test_nothing_chosen_is_said(staff):
    assert "Choose a file." in staff.post(UPLOAD).content.decode()


def test_only_those_with_the_right_import_and_see_the_link(location):
    client, other = Client(), Client()
    client.force_login(make_viewer())
    orders = reverse("admin:integration_order_changelist")
    assert "Import orders" not in client.get(orders).content.decode()
    assert client.get(UPLOAD).status_code == 403
    assert upload(client, file_of(row())).status_code == 403

    other.force_login(make_superuser())
    url = page_of(other, file_of(row()))
    assert client.post(url).status_code == 403
    assert client.get(f"{url}refused.csv").status_code == 403
    assert client.get(reverse("admin:integration_order_import_template")).status_code == 403
    assert not Order.objects.exists()


def test_a_file_is_shown_to_the_one_who_uploaded_it_only(location, django_user_model):
    client, other = Client(), Client()
    client.force_login(make_viewer("import_order"))
    other.force_login(make_superuser())
    assert (
        "Import orders"
        in client.get(reverse("admin:integration_order_changelist")).content.decode()
    )
    url = page_of(client, file_of(row()))

    assert other.post(url).status_code == 302
    assert other.get(f"{url}refused.csv").status_code == 302
    assert not Order.objects.exists()


def test_importing_asks_for_the_csrf_token(location):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_superuser())

    assert upload(client, file_of(row())).status_code == 403


def test_a_file_that_races_with_the_api_is_judged_when_it_is_imported(staff, location):
    url = page_of(staff, file_of(row()))
    staff.post(page_of(staff, file_of(row(quantity="3"))))
    corrections.withdraw(Order.objects.get())
    Order.objects.update(is_number_spent=True)

    staff.post(url)

    page = staff.get(url)
    assert results(page) == {"BN-1001": "refused"}
    assert "withdrawn" in page.content.decode()


def test_every_column_leads_into_the_body_and_back():
    filled = {column: f"{n}" for n, column in enumerate(COLUMNS)}
    [draft] = csv_file.parse(file_of(filled))

    def leaves(value: Any, path: str = "") -> list[tuple[str, str]]:
        if isinstance(value, dict):
            inner = value.items()
        elif isinstance(value, list):
            inner = [(str(n), each) for n, each in enumerate(value)]
        else:
            return [(path, value)]
        return [leaf for name, each in inner for leaf in leaves(each, f"{path}.{name}".lstrip("."))]

    for path, value in leaves(draft.body()):
        draft.blame(path, value)
    told = {trouble.column: trouble.message for trouble in draft.troubles}
    assert told == {name: filled[name] for name in COLUMNS if name not in csv_file.KEY_COLUMNS}


def known_product(location: Any, sku: str) -> None:
    Product.objects.create(
        seller=location.seller, location=location, sku=sku, seen_at=timezone.now()
    )


def unknown_skus(page: Any) -> dict[str, tuple[str, ...]]:
    return {each.draft.order_number: each.unknown_skus for each in page.context["verdicts"]}


def test_a_preview_says_which_skus_easyecom_does_not_have(staff, db):
    location = make_location(seller=make_seller(code="SELLER"), location_key="LOCATION_KEY")
    known_product(location, "sku-1")
    content = (CASES / "booon/19_import_unknown_skus.csv").read_bytes()

    page = staff.get(page_of(staff, content))

    # The third has a mark that nobody sees, and is sku-1 without it.
    assert unknown_skus(page) == {"BN-1": ("8.90123E+12",), "BN-2": ("12-Mar",), "BN-3": ()}
    assert set(results(page).values()) == {"created"}
    shown = page.content.decode()
    assert "EasyEcom has no product of the SKU <b>12-Mar</b>" in shown
    assert "2 with a SKU that EasyEcom does not have" in shown


def test_a_preview_says_nothing_of_skus_while_no_product_was_read(staff, location):
    page = staff.get(page_of(staff, file_of(row())))

    assert unknown_skus(page) == {"BN-1001": ()}


def test_a_cell_with_marks_that_nobody_sees_is_taken_by_what_is_seen(staff, location):
    pasted = row(seller="acme\u200b", order_number="\ufeffBN-1", location_key="ne29488101841\u00a0")

    staff.post(page_of(staff, file_of(pasted)))

    assert Order.objects.get().order_number == "BN-1"
