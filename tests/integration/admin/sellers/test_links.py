"""Staff make sellers' links: shown once, ended, made anew, many from a file; and the board."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.lib.digests import digest_of
from integration.models import Declaration, Event, HeldToken, SellerLink
from integration.onboarding import link_file
from sellers.models import Seller, StaffScope
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integration_sellerlink_changelist")
MAKE = reverse("admin:integration_sellerlink_make")
MANY = reverse("admin:integration_sellerlink_many")
MADE = reverse("admin:integration_sellerlink_made")
CSV = reverse("admin:integration_sellerlink_csv")
ADDRESS = re.compile(r"https://console\.booon\.test/link/([0-9a-f]{16})/#([0-9a-f]{48})")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def made(staff, **said):
    return staff.post(MAKE, {"seller": "", "code": "acme", "name": "Acme"} | said, follow=True)


def shown(staff) -> dict[str, str]:
    """Ids and secrets of the links that are on the page of those just made."""
    return dict(ADDRESS.findall(staff.get(MADE).content.decode()))


def page_of(link, page="change"):
    return reverse(f"admin:integration_sellerlink_{page}", args=[link.pk])


def test_link_is_shown_to_whoever_made_it_for_a_quarter_of_an_hour(staff):
    text = made(staff).content.decode()

    link = SellerLink.objects.get()
    found = set(ADDRESS.findall(text))
    ((link_id, secret),) = found
    assert (link_id, digest_of(secret)) == (link.pk, link.digest)
    assert link.expires_at - link.made_at == timedelta(days=7)
    assert "To connect Acme with Booon" in text and "Acme को Booon से जोड़ने" in text
    assert secret in staff.get(page_of(link)).content.decode()

    other = Client()
    other.force_login(make_viewer("change_seller"))
    assert secret not in other.get(page_of(link)).content.decode()
    HeldToken.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert secret not in staff.get(page_of(link)).content.decode()


FOCUSED = re.compile(r'<(?:input|select)[^>]*name="(\w+)"[^>]* autofocus')


@pytest.mark.parametrize(
    ("url", "said", "field"),
    [
        (MAKE, None, "seller"),
        (MAKE, {"seller": "", "code": "acme", "name": ""}, "name"),
        (MAKE, {"seller": "nobody", "code": "", "name": ""}, "seller"),
        (MANY, None, "file"),
        (MANY, {}, "file"),
    ],
)
def test_focus_stands_in_the_first_field_or_in_the_first_that_is_wrong(staff, url, said, field):
    answer = staff.get(url) if said is None else staff.post(url, said)

    assert FOCUSED.findall(answer.content.decode()) == [field]


def test_focus_stands_in_the_link_that_was_made(staff):
    text = made(staff).content.decode()

    (address,) = re.findall(r'<code class="once" tabindex="0" autofocus>([^<]+)</code>', text)
    assert ADDRESS.fullmatch(address)
    assert text.count("autofocus") == 1


def test_link_for_a_seller_of_the_list_has_its_code_and_name(staff):
    seller = make_seller(code="known", name="Known Ltd")

    made(staff, seller="known", code="", name="", may_change_log_in="on")

    link = SellerLink.objects.get()
    assert (link.seller, link.code, link.name) == (seller, "known", "Known Ltd")
    assert link.may_change_log_in


def test_button_on_the_sellers_page_chooses_it(staff):
    seller = make_seller(code="known")
    page = staff.get(reverse("admin:sellers_seller_change", args=[seller.pk])).content.decode()

    url = f"{MAKE}?seller=known"
    assert url in page
    assert '<option value="known" selected>' in staff.get(url).content.decode()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"code": "has space"}, "A code has letters"),
        ({"name": ""}, "may not be blank"),
        ({"code": "taken"}, "There is a seller with this code"),
        ({"seller": "nobody", "code": ""}, "Select a valid choice"),
    ],
)
def test_what_makes_no_seller_makes_no_link(staff, said, error):
    make_seller(code="taken")

    assert error in made(staff, **said).content.decode()
    assert not SellerLink.objects.exists()


def test_link_made_anew_ends_the_one_before_and_has_no_more_power(staff):
    made(staff)
    first = SellerLink.objects.get()

    staff.post(page_of(first, "anew"))

    first.refresh_from_db()
    second = SellerLink.objects.get(revoked_at=None)
    assert first.revoked_at
    assert (second.code, second.may_change_log_in) == ("acme", False)
    assert second.digest != first.digest
    assert set(shown(staff)) == {second.pk}


def test_link_is_ended_once_and_that_is_an_event(staff):
    made(staff)
    link = SellerLink.objects.get()

    for _ in range(2):
        staff.post(page_of(link, "end"))

    said = f"Link {link.pk[:6]} for acme ended."
    assert Event.objects.filter(kind="link", sentence=said, actor="asha").count() == 1
    assert "To send" not in staff.get(page_of(link)).content.decode()


def test_staff_of_some_sellers_make_links_for_theirs_alone():
    mine, other = make_seller(code="mine"), make_seller(code="other")
    person = make_viewer("change_seller", "add_seller")
    StaffScope.objects.create(user=person).sellers.add(mine)
    staff = Client()
    staff.force_login(person)

    made(staff, seller="other")
    made(staff, code="new", seller="")
    assert not SellerLink.objects.exists()
    assert staff.get(MANY).status_code == 403
    made(staff, seller="mine")
    assert SellerLink.objects.get().seller == mine
    assert "other" not in staff.get(MAKE).content.decode().partition("<select")[2][:400]
    assert other.links.count() == 0


def test_board_says_how_far_each_seller_is(staff):
    seller = make_seller(code="acme", name="Acme")
    location = make_location(seller=seller)
    make_location(seller=seller, live=False)
    location.deliveries.create(
        endpoint=location.endpoints.get(topic="inventory"),
        topic="inventory",
        received_at=timezone.now(),
    )
    Declaration.objects.create(location=location, what="channel", by="x", at=timezone.now())
    made(staff, seller="acme", code="", name="")

    row = staff.get(LIST).content.decode()

    assert "1 of 2" in row and "1 of 6" in row and "1 of 4" in row
    page = staff.get(page_of(SellerLink.objects.get())).content.decode()
    assert "steps are still open." in page
    assert "चरण बाकी हैं" in page


# Many ------------------------------------------------------------------------------------------


def upload(staff, text):
    file = io.BytesIO(text.encode())
    file.name = "sellers.csv"
    return staff.post(MANY, {"file": file}, follow=True)


def test_file_of_sellers_becomes_links_with_a_message_each(staff):
    make_seller(code="known", name="Known Ltd")

    answer = upload(staff, "code,name\nacme,Acme\nknown,Else\nbeta,=HYPER\n")
    assert "Row 4: This cell holds a formula" in answer.content.decode()
    assert not SellerLink.objects.exists()
    upload(staff, "code,name\nacme,Acme\nknown,Else\n")

    links = {link.code: link for link in SellerLink.objects.all()}
    assert {code: link.name for code, link in links.items()} == {
        "acme": "Acme",
        "known": "Known Ltd",
    }
    assert set(shown(staff)) == {link.pk for link in links.values()}
    text = staff.get(CSV).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["code"] for row in rows] == ["acme", "known"]
    for row in rows:
        ((link_id, secret),) = ADDRESS.findall(row["link"])
        assert (
            digest_of(secret)
            == links[row["code"]].digest
            == SellerLink.objects.get(pk=link_id).digest
        )
        assert row["link"] in row["message (English)"]
        assert row["link"] in row["message (हिन्दी)"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("code\nacme\n", "Missing: name"),
        ("code,name\n", "no rows"),
        ("code,name\nacme,\n", "Row 2: name: "),
        ("code,name\na b,A\n", "Row 2: code: "),
        ("code,name\nacme,A\nacme,B\n", "Row 3: the code acme stands there twice"),
        ("code,name\n" + "".join(f"c{n},N\n" for n in range(51)), "more than 50 rows"),
    ],
)
def test_file_with_a_fault_makes_no_link_and_says_where(staff, text, error):
    assert error in upload(staff, text).content.decode()
    assert not SellerLink.objects.exists()


def test_fifty_sellers_are_taken(staff):
    found = link_file.parse(("code,name\n" + "".join(f"c{n},N\n" for n in range(50))).encode())

    assert len(found) == 50
    assert Seller.objects.count() == 0


def test_links_of_others_are_in_nobodys_csv(staff):
    made(staff)
    other = Client()
    other.force_login(make_viewer("change_seller"))

    assert other.get(CSV).content.decode("utf-8-sig").count("\n") == 1
    assert "no-store" in staff.get(CSV)["Cache-Control"]
