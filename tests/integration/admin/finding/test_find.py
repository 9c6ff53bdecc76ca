"""The one search box: whatever somebody holds leads to the order, and nobody sees more by it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from booon_console.lib import clock
from integration.models import Event, Order, Product, ReplacedAwb, UnmappedSku
from integration.orders.buyer_digests import of_address
from sellers.models import StaffScope
from tests.factories import (
    ADDRESS,
    awb_conflict,
    make_location,
    make_order,
    make_seller,
    make_shipment,
    pushed,
)
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db
FIND = reverse("find")
PHONE = "98111 07721"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture
def order() -> Order:
    """BN-2009 of Anand Textiles, of which somebody may hold anything."""
    seller = make_seller(code="anand-textiles", name="Anand Textiles")
    place = {"location_key": "en29488101841", "name": "Surat", "company_id": "778"}
    location = make_location(seller=seller, **place)
    address = ADDRESS | {"phone": f"+91 {PHONE}", "name": "Meera S. Iyer"}
    order = pushed(
        make_order(
            location,
            order_number="BN-2009",
            shipping_address=address,
            **of_address(address),
        )
    )
    order.change(
        easyecom_order_id="558618246",
        easyecom_invoice_id="654001122",
        manifest_number="MAN-77646",
    )
    order.lines.update(sku="SAREE-INDIGO")
    now = clock.now()
    Product.objects.create(sku="SAREE-INDIGO", seller=seller, location=location, seen_at=now)
    make_shipment(order, awb_number="8900 2009")
    # Others, so that one hit is not all there is; none of their codes ends as one of these does.
    place = {"location_key": "en77", "name": "Elsewhere", "company_id": "777"}
    elsewhere = make_location(seller=make_seller(code="other", name="Other"), **place)
    for n in (1, 2):
        other = pushed(make_order(elsewhere, order_number=f"BN-300{n}"))
        other.change(easyecom_order_id=f"77{n}", easyecom_invoice_id=f"78{n}")
        make_shipment(other, awb_number=f"7700{n}")
    return order


def url_of(order: Order) -> str:
    return reverse("admin:integration_order_change", args=[order.pk])


@pytest.mark.parametrize(
    "typed",
    [
        "BN-2009",
        "bn-2009",
        " BN-2009 ",
        " bn 2009 ",
        "#BN-2009",
        "BN-2009,",
        '("bn-2009").',
        "2009",
        "009",
        "N-200",
        "89002009",
        "8900 2009",
        "002009",
        "558618246",
        "8618",
        "654001122",
        "man-77646",
        "77646",
    ],
)
def test_order_is_opened_by_any_code_of_its_own(staff, order, typed):
    assert staff.post(FIND, {"q": typed}).url == url_of(order)


@pytest.mark.parametrize(
    "typed",
    [
        "SAREE-INDIGO",
        "saree-indigo",
        "INDIGO",
        "aree-ind",
        "BN-2009 SAREE",
        "bn-20 indigo",
        "saree indigo",
    ],
)
def test_order_is_found_by_its_sku_and_by_several_words(staff, order, typed):
    answer = staff.post(FIND, {"q": typed}, follow=True)

    text = answer.content.decode()
    assert answer.request["PATH_INFO"] == url_of(order) or f'href="{url_of(order)}"' in text


def test_several_orders_are_found_by_their_numbers(staff, order):
    other = make_order(order_number="BN-2006")

    text = staff.post(FIND, {"q": "BN-2009, bn-2006"}, follow=True).content.decode()

    assert f'href="{url_of(order)}"' in text and f'href="{url_of(other)}"' in text


def test_awb_at_easyecom_is_near_without_its_dash(staff, order):
    conflict = awb_conflict(pushed(make_order(order_number="BN-4001")), "XB-55120")

    text = staff.post(FIND, {"q": "xb55120"}, follow=True).content.decode()

    assert "Near to it" in text and f'href="{url_of(conflict)}"' in text


@pytest.mark.parametrize("typed", ["anand textiles", "Anand", "ANAND-TEXTILES", "tiles"])
def test_seller_is_found_by_name_and_code(staff, order, typed):
    seller = reverse("admin:sellers_seller_change", args=[order.seller_id])

    assert staff.post(FIND, {"q": typed}).url == seller


def test_location_is_found_by_its_key(staff, order):
    location = reverse("admin:sellers_location_change", args=[order.location_id])

    assert staff.post(FIND, {"q": "EN29488101841"}).url == location


def test_other_awb_of_an_order_is_found_as_well(staff, order):
    conflict = awb_conflict(pushed(make_order(order_number="BN-4001")), "XB-55120")
    replaced = pushed(make_order(order_number="BN-4002"))
    ReplacedAwb.objects.create(
        order=replaced,
        courier="DTDC",
        awb_number="D 77 1",
        parcel="dtdc|d771",
        replaced_at=replaced.created_at,
        actor="asha",
        reason="Torn label",
    )

    assert staff.post(FIND, {"q": "xb-55120"}).url == url_of(conflict)
    assert staff.post(FIND, {"q": "D771"}).url == url_of(replaced)


def test_several_are_shown_with_what_they_are_and_why(staff, order):
    other = make_shipment(pushed(make_order(order_number="BN-5001")), awb_number="X2009").order

    text = staff.post(FIND, {"q": "2009"}, follow=True).content.decode()

    assert f'href="{url_of(order)}">BN-2009</a>' in text
    assert f'href="{url_of(other)}">BN-5001</a>' in text
    assert "AWB X2009" in text and "Awaiting carrier" in text and "Anand Textiles" in text


def test_code_that_is_just_what_was_typed_is_opened_before_those_that_hold_it(staff, order):
    make_order(order_number="BN-20091")

    assert staff.post(FIND, {"q": "bn-2009"}).url == url_of(order)


def test_same_number_of_two_sellers_is_shown_twice(staff, order):
    twin = make_order(order_number="BN-2009")

    text = staff.post(FIND, {"q": "BN-2009"}, follow=True).content.decode()

    assert f'href="{url_of(order)}"' in text and f'href="{url_of(twin)}"' in text


def test_three_characters_are_looked_for_at_both_ends_only(staff, order):
    make_order(order_number="BN-2009-X")

    assert "Nothing has" in staff.get(FIND, {"q": "N-2"}).content.decode()


def test_nothing_found_says_where_was_looked_and_what_is_near(staff, order):
    text = staff.get(FIND, {"q": "BN-2090"}).content.decode()

    assert "Nothing has “BN-2090”." in text
    assert "order numbers, AWBs (ours, EasyEcom&#x27;s and replaced ones)" in text
    assert f'href="{url_of(order)}">BN-2009</a>' in text.split("Near to it")[1]


@pytest.mark.parametrize("typed", ["", " ", "x", "\x00\x00", "x" * 101, "%%%%", "____", "\\\\'\""])
def test_what_can_be_found_nowhere_is_told_so(staff, order, typed):
    answer = staff.post(FIND, {"q": typed}, follow=True)

    assert answer.status_code == 200
    assert f'href="{url_of(order)}"' not in answer.content.decode()


def test_state_of_what_is_found_is_that_of_the_list(staff, order):
    order.change(cancelled_at_easyecom=clock.now())
    make_order(order_number="BN-20091")

    text = staff.get(FIND, {"q": "BN-200"}).content.decode()

    assert '<span class="badge bad">Cancelled at EasyEcom</span>' in text
    assert '<span class="badge ">Received</span>' in text


# Buyers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [PHONE, "9811107721", "+91 98111-07721", "09811107721", "0091 9811107721", "tel:9811107721"],
)
def test_buyers_number_leads_to_the_order_and_that_is_written_down(staff, order, typed):
    assert staff.post(FIND, {"q": typed}).url == url_of(order)

    event = Event.objects.get(kind="buyer_search")
    assert (event.order, event.actor) == (order, "asha")
    assert "7721" not in event.sentence


def test_number_of_several_orders_stands_in_no_address(staff, order):
    make_order(order_number="BN-6001", phone_digest=order.phone_digest)

    answer = staff.post(FIND, {"q": PHONE}, follow=True)

    text = answer.content.decode()
    assert "BN-6001" in text and "BN-2009" in text
    assert "98111" not in str(answer.redirect_chain) + text
    assert Event.objects.filter(kind="buyer_search").count() == 2


def test_number_of_nobody_is_written_down_without_itself(staff):
    answer = staff.post(FIND, {"q": "9811107799"})

    assert answer.status_code == 200
    assert "99" in Event.objects.get(kind="buyer_search").sentence
    assert "981110" not in Event.objects.get(kind="buyer_search").sentence


def test_who_may_not_read_buyers_finds_nothing_by_a_number(client, order):
    client.force_login(make_viewer())

    answer = client.post(FIND, {"q": PHONE})
    shared = client.get(FIND, {"buyer": order.phone_digest})

    assert "BN-2009" not in answer.content.decode() + shared.content.decode()
    assert not Event.objects.filter(kind="buyer_search").exists()


@pytest.mark.parametrize("typed", ["Meera Iyer", "iyer meera", " SMT MEERA IYER "])
def test_buyers_name_leads_to_the_order_and_that_is_written_down(staff, order, typed):
    assert staff.post(FIND, {"q": typed}).url == url_of(order)

    event = Event.objects.get(kind="buyer_search")
    assert (event.order, event.actor) == (order, "asha")
    assert event.sentence == "It was looked for by the buyer's name."


def test_name_of_several_orders_stands_in_no_address(staff, order):
    make_order(order_number="BN-6001", name_digest=order.name_digest)

    answer = staff.post(FIND, {"q": "Meera Iyer"}, follow=True)

    text = answer.content.decode()
    assert "BN-6001" in text and "BN-2009" in text
    assert "eera" not in str(answer.redirect_chain)
    assert Event.objects.filter(kind="buyer_search").count() == 2


def test_name_of_nobody_is_written_down_without_itself_and_stands_in_no_address(staff):
    answer = staff.post(FIND, {"q": "Meera Iyer"})

    assert answer.status_code == 200
    assert "Nothing has “Meera Iyer”." in answer.content.decode()
    said = Event.objects.get(kind="buyer_search").sentence
    assert said == "A buyer's name was looked for, and not found."


def test_who_may_not_read_buyers_finds_nothing_by_a_name(client, order):
    client.force_login(make_viewer())

    answer = client.post(FIND, {"q": "Meera Iyer"})
    shared = client.get(FIND, {"buyer": order.name_digest})

    assert answer.status_code == 200
    assert "BN-2009" not in answer.content.decode() + shared.content.decode()
    assert not Event.objects.filter(kind="buyer_search").exists()


def test_what_is_a_seller_or_a_sku_is_not_looked_for_as_a_name(staff, order):
    for typed in ("Anand Textiles", "saree-indigo", "go to failed orders"):
        staff.post(FIND, {"q": typed})

    assert not Event.objects.filter(kind="buyer_search").exists()


def test_no_buyer_is_looked_for_while_they_are_typed(staff, order):
    for typed in (PHONE, "Meera Iyer"):
        text = staff.post(reverse("find-live"), {"q": typed}).content.decode()

        assert "BN-2009" not in text and "written down" in text
    assert not Event.objects.exists()


# Who sees what ---------------------------------------------------------------------------------


def test_staff_of_some_sellers_find_theirs_alone(client, order):
    user = User.objects.create_user("bela", is_staff=True, is_superuser=True)
    other = make_order(order_number="BN-20095")
    StaffScope.objects.create(user=user).sellers.add(other.seller)
    client.force_login(user)
    UnmappedSku.objects.create(
        seller=order.seller,
        sku="SAREE-X",
        source="order",
        location=order.location,
        named_at=clock.now(),
    )

    assert client.post(FIND, {"q": "2009"}).url == url_of(other)
    for typed in ("BN-2009", "anand", "en29488101841", "SAREE-INDIGO", "SAREE-X", "654001122"):
        text = client.post(FIND, {"q": typed}, follow=True).content.decode()
        assert "Anand Textiles" not in text and f'href="{url_of(order)}"' not in text
    assert client.post(FIND, {"q": PHONE}).status_code == 200


def test_who_may_see_no_lists_finds_nothing(client, order):
    client.force_login(User.objects.create_user("nobody", is_staff=True))

    for typed in ("BN-2009", "anand", "en29488101841", "SAREE-INDIGO"):
        text = client.post(FIND, {"q": typed}, follow=True).content.decode()
        assert "Nothing has" in text


@pytest.mark.parametrize("url", [FIND, "/o/BN-2009"])
def test_stranger_is_asked_to_log_in(client, order, url):
    assert client.get(url).url.startswith("/admin/login/")


def test_more_orders_than_are_shown_are_said_to_be_there(staff, order, monkeypatch):
    monkeypatch.setattr("integration.admin.finding.hits.MOST", 2)
    monkeypatch.setattr("integration.admin.finding.hits.MOST_OF_BUYER", 3)
    orders = [make_order(order_number=f"BN-70{n}", phone_digest=order.phone_digest) for n in (1, 2)]
    assert "There are more" not in staff.post(FIND, {"q": PHONE}, follow=True).content.decode()
    orders.append(make_order(order_number="BN-703", phone_digest=order.phone_digest))

    of_buyer = staff.post(FIND, {"q": PHONE}, follow=True).content.decode()
    by_part = staff.post(FIND, {"q": "BN-70"}, follow=True).content.decode()

    assert "There are more: these 3 come first." in of_buyer
    assert "There are more: these 2 come first." in by_part
    assert f"{localtime(orders[0].ordered_at):%-d %b %Y}" in of_buyer


# Its address -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/o/BN-2009", "/o/bn-2009", "/o/BN-2009/"])
def test_address_is_written_from_the_orders_number(staff, order, address):
    assert staff.get(address).url == url_of(order)


def test_address_of_no_order_leads_to_the_search(staff, order):
    assert staff.get("/o/BN-2090").url == f"{FIND}?q=BN-2090"


# While it is typed -----------------------------------------------------------------------------


def test_what_is_found_so_far_is_a_piece_of_a_page(staff, order):
    text = staff.post(reverse("find-live"), {"q": "2009"}).content.decode()

    assert "<html" not in text
    assert f'href="{url_of(order)}"' in text and "1 found" in text


def test_first_letter_finds_nothing_yet(staff, order):
    assert staff.post(reverse("find-live"), {"q": "B"}).content.decode().strip() == ""


def test_box_stands_on_every_page_and_works_as_a_form(staff, order):
    for url in (reverse("admin:index"), url_of(order), FIND):
        text = staff.get(url).content.decode()
        assert f'<form method="post" action="{FIND}" id="finder" role="search">' in text


# Commands --------------------------------------------------------------------------------------


def named(client: Client, typed: str) -> str:
    return client.post(reverse("find-live"), {"q": typed}).content.decode()


def test_commands_lead_to_where_it_is_done(staff, order):
    assert "/hold/set/?seller=anand-textiles" in named(staff, "hold anand")
    assert url_of(order) in named(staff, "retry bn-2009")
    assert f"{url_of(order)}#id_courier" in named(staff, "awb bn-2009")
    assert "?stage=awaiting_carrier" in named(staff, "go to failed orders")
    assert reverse("admin:sellers_seller_add") in named(staff, "onboard a sel")
    assert reverse("admin:integration_delivery_changelist") in named(staff, "go deliveries")
    for typed in ("figures", "month", "report"):
        assert reverse("admin:sellers_seller_board") in named(staff, typed)
    assert reverse("admin:auth_user_changelist") in named(staff, "colleague")
    assert "blocked_reason=rejected" in named(staff, "retry")


def test_nobody_is_offered_what_they_may_not_do(client, order):
    client.force_login(make_viewer())

    for typed in ("hold anand", "retry bn-2009", "awb bn-2009", "onboard a seller", "import"):
        text = named(client, typed)
        assert "Hold " not in text and "Retry " not in text and "Carrier and AWB" not in text
        assert "/add/" not in text and "/import/" not in text
    assert "?stage=awaiting_carrier" in named(client, "go to failed orders")


def test_how_a_buyer_is_found_is_said(staff, order):
    page = staff.get(reverse("admin:index")).content.decode()
    asked = staff.post(FIND, {"q": "Asha Menon"}, follow=True).content.decode()

    assert 'placeholder="Order, AWB, SKU, buyer, or what to do"' in page
    assert "or by first and last name as the order has them, in any order" in asked
