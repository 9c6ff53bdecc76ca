"""What a link's pages answer where something is wrong: in the link's look and language."""

import re

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from booon_console import bulkhead
from tests.factories import make_location, make_seller
from tests.integration.seller_link.conftest import enter, make, post

pytestmark = pytest.mark.django_db
LOOK = 'href="/static/link/link.css"'
CONSOLE = re.compile(r"console/console\.css|admin/css|Booon console")


def is_the_links(answer) -> bool:
    """In its look, and with nothing of staff's console."""
    text = answer.content.decode()
    return LOOK in text and not CONSOLE.search(text)


def hindi(link, secret):
    return enter(link, secret, accept_language="hi")


def test_row_that_is_not_there_is_told_in_the_sellers_language_and_leads_back():
    link, secret = make(make_location(seller=make_seller()).seller)

    answer = post(hindi(link, secret), link, "again", location="0")

    assert answer.status_code == 404 and is_the_links(answer)
    assert "इस पते पर कुछ नहीं है" in answer.content.decode()
    assert f'href="{link.path}"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/link/", "/link/0123456789abcdef/nowhere/", "/link/ä/"])
def test_address_of_nothing_below_the_links_has_their_look(path):
    answer = Client().get(path)

    assert answer.status_code == 404 and is_the_links(answer)
    assert "Open the link from Booon's message once more, whole." in answer.content.decode()


def test_link_without_its_last_slash_opens_all_the_same():
    link, _ = make()

    assert Client().get(link.path.rstrip("/")).url == link.path


@pytest.mark.parametrize(
    "page", ["give", "correct", "remove", "again", "say", "token", "pasted", "language"]
)
def test_address_of_an_act_leads_to_the_page_where_it_stands(page):
    link, secret = make()

    answer = enter(link, secret).get(f"{link.path}{page}/")

    assert (answer.status_code, answer.url) == (302, link.path)


def test_form_that_was_open_too_long_says_that_nothing_was_changed():
    link, secret = make()
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "hi"})

    answer = browser.post(link.path, {"code": secret})

    assert answer.status_code == 403 and is_the_links(answer)
    assert "यह भेजा नहीं गया" in answer.content.decode()
    assert f'href="{link.path}"' in answer.content.decode()


def test_staffs_form_that_was_open_too_long_keeps_the_consoles_look():
    answer = Client(enforce_csrf_checks=True).post(reverse("admin:login"), {"username": "vik"})

    assert answer.status_code == 403 and not is_the_links(answer)


def test_ended_and_busy_links_have_the_links_look():
    link, secret = make()
    browser = hindi(link, secret)
    codes = [post(browser, link, "pasted") for _ in range(31)]
    make()

    assert codes[-1].status_code == 429 and is_the_links(codes[-1])
    ended = browser.get(link.path)
    assert ended.status_code == 410 and is_the_links(ended)
    assert "यह लिंक अब बंद है" in ended.content.decode()


@pytest.mark.parametrize(
    ("problem", "status"), [(OperationalError("gone"), 503), (RuntimeError("canary"), 500)]
)
def test_fault_of_the_consoles_own_is_told_in_both_languages(monkeypatch, problem, status):
    link, _ = make()

    def fail(*_):
        raise problem

    monkeypatch.setattr("integration.seller_link.door.visit_of", fail)
    answer = Client(raise_request_exception=False).get(link.path)

    assert answer.status_code == status and is_the_links(answer)
    text = answer.content.decode()
    assert "This does not work at the moment" in text and "अभी यह काम नहीं कर रहा" in text
    assert "canary" not in text


def test_too_many_visitors_at_once_are_told_in_the_links_look(monkeypatch):
    monkeypatch.setattr(bulkhead, "LINKS_AT_ONCE", 0)
    door = bulkhead.BulkheadMiddleware(lambda request: None)

    answer = door(RequestFactory().get("/link/0123456789abcdef/"))

    assert answer.status_code == 503 and is_the_links(answer)
    assert answer["Retry-After"] == "5"
