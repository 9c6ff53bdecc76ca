"""A refused order is seen, understood, mended and sent again on its page."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from booon_console.lib import clock
from integration.catalog import near_skus
from integration.models import Event, Hold, Order, OrderRevision, SyncJob
from tests import factories
from tests.factories import ADDRESS, make_location, make_order, open_call, refuse
from tests.integration.admin.rows import have_products, make_superuser, make_viewer
from tests.integration.orders.test_intake import facts, line

pytestmark = pytest.mark.django_db
STATES = "Unable to find states for given country Id"
LINES = [
    {"line_id": "BN-1-2", "sku": "SAREE", "message": "Tax Rate Not Set"},
    {"line_id": "", "sku": "kurta-red-m", "message": "SKU is not active"},
]


@pytest.fixture
def staff(client) -> Client:
    client.force_login(make_superuser())
    return client


def refused(message=STATES, said=(), **fields) -> Order:
    location = make_location()
    fields = {"shipping_address": ADDRESS | {"state": "Orissa"}} | fields
    order = factories.accept(location.seller, "BN-1", facts(location, **fields)).order
    return refuse(order, message, refused_lines=list(said))


def page(order, door="change"):
    return reverse(f"admin:integration_order_{door}", args=[order.pk])


def opened(staff, order):
    return staff.post(page(order, "mend")).context["form"]


def save(staff, order, **typed):
    """The form as it was opened, with this typed into it; `__` stands for a dot."""
    form = opened(staff, order)
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    given |= {name.replace("__", "."): value for name, value in typed.items()}
    return staff.post(page(order, "mend"), given)


def test_the_page_says_why_beside_the_line_and_leads_to_mending(staff):
    order = refused("Error creating order: SAREE: Tax Rate Not Set", LINES)

    text = staff.get(page(order)).content.decode()

    assert "EasyEcom: Tax Rate Not Set" not in text
    assert "EasyEcom: SKU is not active" in text
    assert "Mend it and send again…" in text


def test_a_mended_state_is_sent_again_with_who_and_why_on_record(staff):
    order = refused()

    answer = save(staff, order, shipping_address__state="Odisha")

    assert answer.status_code == 302
    order.refresh_from_db()
    assert (order.shipping_address["state"], order.revision) == ("Odisha", 2)
    assert SyncJob.objects.get().status == SyncJob.Status.PENDING
    revision = OrderRevision.objects.get(number=2)
    assert (revision.actor, revision.reason) == ("asha", f"EasyEcom refused it: {STATES}")
    assert Event.objects.filter(kind="changed", actor="asha").exists()


def test_state_is_chosen_among_indias_and_an_older_one_is_hinted_at(staff):
    order = refused(shipping_address=ADDRESS | {"state": "Ladakh"})

    form = opened(staff, order)

    field = form["shipping_address.state"]
    names = [name for name, _ in field.field.widget.choices]
    assert names[0] == field.value() == "Ladakh"
    assert len(names) == len(set(names)) == 36
    assert "Jammu and Kashmir" in field.help_text
    save(staff, order, shipping_address__state="Jammu and Kashmir")
    order.refresh_from_db()
    assert order.shipping_address["state"] == "Jammu and Kashmir"
    assert form.fields["shipping_address.state"].widget.attrs["autofocus"]


@pytest.mark.parametrize("country", ["Nepal", "NP"])
def test_state_of_another_country_is_typed(staff, country):
    there = ADDRESS | {"state": "Bagmati", "country": country, "pincode": "44600"}
    order = refused(shipping_address=there)

    widget = opened(staff, order).fields["shipping_address.state"].widget

    assert not hasattr(widget, "choices")


def test_what_is_not_typed_stays_as_it_was(staff):
    order = refused(
        expected_delivery_at=datetime(2026, 11, 25, 12, 30, 0, 250000, tzinfo=UTC),
        billing_address=ADDRESS | {"line2": "2nd floor", "email": ""},
        package={"weight_g": 120.5, "length_cm": None, "width_cm": 10, "height_cm": 10},
        payment_gateway="Razor",
        discount=Decimal("1.50"),
        collectable_amount=Decimal("200.00"),
        lines=[line(discount=Decimal("1.00")), line(line_id="BN-1-2", sku="SAREE", quantity=1)],
    )

    answer = save(staff, order, shipping_address__state="Odisha")
    assert answer.status_code == 302, answer.context["form"].errors

    old, new = OrderRevision.objects.order_by("number")
    assert new.body["shipping_address"].pop("state") == "Odisha"
    assert old.body["shipping_address"].pop("state") == "Orissa"
    assert old.body == new.body


def test_sku_price_and_amount_are_mended_too(staff):
    order = refused("Error creating order", LINES)

    save(
        staff,
        order,
        lines__0__sku="KURTA-RED-L",
        lines__0__unit_price="120",
        payment__collectable_amount="260.00",
    )

    order.refresh_from_db()
    assert order.lines.get().sku == "KURTA-RED-L"
    assert order.lines.get().unit_price == Decimal("120.00")
    assert order.collectable_amount == Decimal("260.00")


def test_what_can_not_be_right_is_said_at_its_field_and_nothing_is_saved(staff):
    order = refused()

    answer = save(
        staff, order, shipping_address__pincode="4110", payment__collectable_amount="9999"
    )

    errors = answer.context["form"].errors
    assert errors["shipping_address.pincode"] == ["A pincode in India has six digits."]
    assert Order.objects.get().revision == 1

    answer = save(staff, order, payment__collectable_amount="9999")

    assert answer.context["form"].errors["payment.collectable_amount"] == [
        "It is more than the order's total of 266.00."
    ]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (STATES, "shipping_address.state"),
        ("Invalid Pin Code", "shipping_address.pincode"),
        ("Invalid mobile number", "shipping_address.phone"),
        ("product/sku doest not exist", "lines.0.sku"),
        ("Invalid collectableAmount for COD", "payment.collectable_amount"),
    ],
)
def test_the_field_that_the_refusal_speaks_of_comes_first(staff, message, field):
    form = opened(staff, refused(message))

    assert form.fields[field].widget.attrs["autofocus"] is True
    first = form.sorted_groups()[0]
    assert field in [each.name for each in first.fields]


def test_words_of_a_line_stand_at_that_line(staff):
    form = opened(
        staff,
        refused(
            "Error creating order",
            LINES,
            lines=[line(sku="LAMP"), line(line_id="BN-1-2", sku="SAREE")],
        ),
    )

    said = {group.title: group.said for group in form.sorted_groups() if group.said}
    assert said == {"Line BN-1-2: 2 × Kurta": "Tax Rate Not Set"}
    assert form.likely == {"lines.1.sku"}


def test_reading_the_buyer_to_mend_is_written_down_once(staff):
    order = refused()

    save(staff, order, shipping_address__state="Odisha")

    assert Event.objects.filter(kind="buyer_read", actor="asha").count() == 1


def test_who_may_not_read_buyers_has_it_tried_again_instead(client):
    client.force_login(make_viewer("retry_syncjob", "change_order"))
    order = refused()

    text = client.get(page(order)).content.decode()
    answer = client.post(page(order, "mend"))

    assert "Mend it" not in text
    assert (answer.status_code, answer.url) == (302, page(order))


def test_what_booon_changed_meanwhile_is_not_written_over(staff):
    order = refused()
    form = opened(staff, order)
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    changed = facts(order.location, shipping_address=ADDRESS | {"state": "Goa"})
    factories.accept(order.seller, "BN-1", changed)

    staff.post(page(order, "mend"), given | {"shipping_address.state": "Odisha"})

    assert Order.objects.get().shipping_address["state"] == "Goa"


def test_what_is_refused_again_meanwhile_is_looked_at_again(staff):
    order = refused()
    form = opened(staff, order)
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    changed = facts(order.location, shipping_address=ADDRESS | {"state": "Goa"})
    refuse(factories.accept(order.seller, "BN-1", changed).order)

    answer = staff.post(page(order, "mend"), given | {"shipping_address.state": "Odisha"})

    assert answer.context["form"].non_field_errors() == [
        "The order was changed meanwhile. What it says now is shown; look at it again."
    ]
    assert Order.objects.get().shipping_address["state"] == "Goa"


def test_an_order_on_its_way_is_not_mended(staff):
    order = refused()
    open_call(order)

    assert staff.post(page(order, "mend")).status_code == 302


def test_before_and_after_are_shown_and_the_buyers_only_on_asking(staff):
    order = refused()
    save(staff, order, shipping_address__state="Odisha", lines__0__sku="KURTA-L")

    masked = staff.get(page(order)).content.decode()
    whole = staff.post(page(order, "buyer")).content.decode()

    assert "Orissa" not in masked
    assert "<td>line BN-1-1: sku</td><td>KURTA-RED-M</td><td>KURTA-L</td>" in masked
    assert "<td>shipping address: state</td><td>Orissa</td><td>Odisha</td>" in whole


def test_the_error_file_is_told_of_and_opened_as_a_document(staff):
    order = refused()
    order.change(refusal_file="https://files.example/e.csv?key=1")

    shown = staff.get(page(order)).content.decode()

    assert "EasyEcom gave a file that says why: open it under Documents." in shown
    assert "e.csv" not in shown


def test_skus_of_the_sellers_catalog_are_offered(staff):
    order = refused("product/sku doest not exist", lines=[line(sku="KURTA-XL")])
    have_products(order, "KURTA-L", "SAREE")
    have_products(order, "KURTA-OLD", gone_at=order.created_at, is_active=False)
    have_products(refuse(make_order()), "OTHERS")

    text = staff.post(page(order, "mend")).content.decode()

    listed = text.split('<datalist id="skus">')[1].split("</datalist>")[0]
    assert listed == (
        '<option value="KURTA-L">The KURTA-L</option><option value="SAREE">The SAREE</option>'
    )
    assert 'list="skus"' in text


def test_of_many_skus_those_that_begin_alike_are_offered_first(staff, monkeypatch):
    monkeypatch.setattr(near_skus, "MOST_OFFERED", 3)
    order = refused("product/sku doest not exist", lines=[line(sku="KURTA-XL")])
    have_products(order, "AJRAKH", "KURTA-L", "KURTA-M", "BANDHANI")

    assert [sku for sku, _ in opened(staff, order).skus] == ["KURTA-L", "KURTA-M", "AJRAKH"]


@pytest.mark.parametrize(("sku", "is_missing"), [("KURTA-L", False), ("KURTA-XXL", True)])
def test_another_sku_is_taken_with_a_clear_answer(staff, sku, is_missing):
    order = refused("product/sku doest not exist")
    have_products(order, "KURTA-L")

    save(staff, order, lines__0__sku=sku)

    assert Order.objects.get().lines.get().sku == sku
    text = staff.get(page(order)).content.decode()
    assert (
        "has no product KURTA-XXL. EasyEcom is likely to refuse it again." in text
    ) is is_missing


def test_nothing_is_said_of_a_catalog_that_was_never_read(staff):
    order = refused("product/sku doest not exist")

    save(staff, order, lines__0__sku="KURTA-XXL")

    assert "has no product" not in staff.get(page(order)).content.decode()


def near_buttons(answer) -> list[tuple[str, str]]:
    """Of the form: the field and the SKU that each button puts into it."""
    pattern = r'<button type="submit" class="button" name="([^"]+)\.near" value="([^"]+)">Use \2<'
    return re.findall(pattern, answer.content.decode())


def test_beside_a_sku_that_the_catalog_lacks_stand_those_near_to_it(staff):
    lines = [line(sku="KURTA-XXL"), line(line_id="BN-1-2", sku="SAREE")]
    order = refused("product/sku doest not exist", lines=lines)
    have_products(order, "KURTA-XL", "KURTA-L", "SAREE", "BOWL")

    answer = staff.post(page(order, "mend"))

    text = answer.content.decode()
    assert text.count("catalog has no such product.") == 1
    assert near_buttons(answer) == [("lines.0.sku", "KURTA-XL"), ("lines.0.sku", "KURTA-L")]
    assert '<span class="quiet">The KURTA-XL</span>' in text


def test_near_sku_is_put_into_its_field_and_nothing_is_saved_yet(staff):
    lines = [line(sku="KURTA-XXL"), line(line_id="BN-1-2", sku="SAREES")]
    order = refused("product/sku doest not exist", lines=lines)
    have_products(order, "KURTA-XL", "SAREE", "BOWL")

    answer = save(
        staff,
        order,
        **{"lines__1__sku__near": "SAREE", "shipping_address__city": "Kota", "reason": "x"},
    )

    form = answer.context["form"]
    assert form["lines.1.sku"].value() == "SAREE"
    assert form.fields["lines.1.sku"].widget.attrs["autofocus"] is True
    # What was typed beside it is kept; what is wrong with it is said once it is to be saved.
    assert form["shipping_address.city"].value() == "Kota"
    assert form["reason"].value() == "x"
    assert "please correct" not in answer.content.decode()
    # The other line's are offered still.
    assert near_buttons(answer) == [("lines.0.sku", "KURTA-XL")]
    assert Order.objects.get().revision == 1
    assert Event.objects.filter(kind="buyer_read").count() == 1

    saved = save(staff, order, lines__0__sku="KURTA-XL", lines__1__sku="SAREE")

    assert saved.status_code == 302
    assert [each.sku for each in order.lines.order_by("pk")] == ["KURTA-XL", "SAREE"]


def test_enter_in_a_field_saves_and_takes_no_near_sku(staff):
    order = refused("product/sku doest not exist", lines=[line(sku="KURTA-XXL")])
    have_products(order, "KURTA-XL")

    text = staff.post(page(order, "mend")).content.decode()

    # A browser presses the first button of the form.
    form = text[text.index('class="plain module panel"') :]
    first = re.search(r'<(?:input|button) type="submit"[^>]*>', form)
    assert first and 'value="Save and send again"' in first[0] and " name=" not in first[0]


@pytest.mark.parametrize(
    "name", ["reason.near", "lines.0.unit_price.near", "lines.9.sku.near", "lines.x.sku.near"]
)
def test_near_sku_for_another_field_harms_nothing(staff, name):
    order = refused("product/sku doest not exist", lines=[line(sku="KURTA-XXL")])

    answer = save(staff, order, **{name.replace(".", "__"): "KURTA-XL"})

    assert answer.status_code in (200, 302)
    assert order.lines.get().sku == "KURTA-XXL"


def test_what_is_said_of_the_catalog_is_of_the_sku_that_is_typed_now(staff):
    order = refused("product/sku doest not exist", lines=[line(sku="KURTA-XXL")])
    have_products(order, "KURTA-XL", "KURTA-L")

    right = save(staff, order, lines__0__sku="KURTA-XL", payment__collectable_amount="9999")
    wrong = save(staff, order, lines__0__sku="KURTA-LL", payment__collectable_amount="9999")

    assert right.context["form"].errors["payment.collectable_amount"]
    assert "no such product" not in right.content.decode()
    assert near_buttons(right) == []
    assert "no such product" in wrong.content.decode()
    assert near_buttons(wrong) == [("lines.0.sku", "KURTA-L"), ("lines.0.sku", "KURTA-XL")]


def test_name_of_a_line_stays_booons_and_that_is_said(staff):
    order = refused("product/sku doest not exist")

    save(staff, order, lines__0__sku="KURTA-XL")

    assert order.lines.get().name == "Kurta"
    text = staff.get(page(order)).content.decode()
    assert "A line keeps the name that Booon gave it." in text
    assert "<th>Name from Booon</th>" in text


def test_mended_order_of_a_held_seller_goes_out_once_the_hold_is_released(staff):
    order = refused()
    Hold.objects.create(seller=order.seller, reason="Fraud", set_by="ravi", set_at=clock.now())

    save(staff, order, shipping_address__state="Odisha")

    text = staff.get(page(order)).content.decode()
    assert "Saved. It goes out again once the hold is released." in text
