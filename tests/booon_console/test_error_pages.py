"""What staff are shown where a page is not for them, is not there, or did not take their form."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from integration.models import Order, OrderFile, SellerFile
from tests.factories import make_order, make_seller
from tests.integration.admin.rows import person

pytestmark = pytest.mark.django_db
HOME = f'href="{reverse("admin:index")}"'


def test_page_that_is_not_for_somebody_says_so_and_leads_back():
    answer = person("vik", "Viewer").get(reverse("admin:auth_user_changelist"))

    assert answer.status_code == 403
    assert "You may not see or do this" in answer.content.decode()
    assert HOME in answer.content.decode()


def test_address_of_nothing_says_so_and_leads_back():
    answer = person("vik", "Viewer").get("/nowhere/")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert HOME in answer.content.decode()


def test_form_of_an_earlier_log_in_says_that_nothing_was_changed():
    client = Client(enforce_csrf_checks=True)

    answer = client.post(reverse("admin:login"), {"username": "vik", "password": "x"})

    assert answer.status_code == 403
    assert "The form was not taken" in answer.content.decode()
    assert "Nothing was changed." in answer.content.decode()


def test_order_of_another_seller_is_told_of_as_one_that_is_not_there():
    client, order = person("vik", "Viewer", [make_seller()]), make_order()
    theirs = client.get(reverse("admin:integration_order_change", args=[order.pk]), follow=True)
    nobodys = client.get(reverse("admin:integration_order_change", args=[0]), follow=True)

    said = "There is no such order, or it is of a seller whom you don&#x27;t see."
    assert theirs.redirect_chain == nobodys.redirect_chain == [(reverse("admin:index"), 302)]
    assert said in theirs.content.decode() and said in nobodys.content.decode()


@pytest.mark.parametrize("model", [Order, OrderFile, SellerFile])
def test_admin_leads_to_no_row_by_its_type_and_id(admin_client, model):
    """Django's own address for it raised where the id was no UUID."""
    kind = ContentType.objects.get_for_model(model).pk

    assert [admin_client.get(f"/admin/r/{kind}/{pk}/").status_code for pk in ("x", 1)] == [404, 404]
