"""What every list has in common: it says why it is empty, and each row leads somewhere."""

import re

import pytest
from django.urls import reverse

from integration.admin.labels import ANY, SENTENCES
from tests.integration.admin.rows import fill, make_superuser
from tests.integration.admin.test_every_list import NAMES, OURS

pytestmark = pytest.mark.django_db
LINK = re.compile(r"<a (?![^>]*title=)[^>]*>\s*</a>|<a [^>]*><a [^>]*>")


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


def list_of(staff, name, query=""):
    return staff.get(reverse(f"admin:{name}_changelist") + query)


def test_empty_list_says_what_brings_something(staff):
    for name in NAMES:
        page = list_of(staff, name)
        if page.context["cl"].result_count:
            continue
        sentence = SENTENCES.get(name.split("_", 1)[1], ANY)
        assert sentence in page.context["cl"].when_empty
        assert '<p class="empty">' in page.content.decode(), name


def test_sentences_are_of_lists_that_there_are():
    assert set(SENTENCES) <= {model._meta.model_name for model in OURS}


def test_search_without_a_hit_offers_the_whole_list(staff):
    fill(1)

    text = list_of(staff, "integration_order", "?q=nowhere").content.decode()

    assert "Nothing fits." in text and '<a href="?">show all</a>' in text


def test_no_row_has_a_link_without_a_name(staff):
    fill(2)

    found = {name: LINK.findall(list_of(staff, name).content.decode())[:2] for name in NAMES}
    assert {name: links for name, links in found.items() if links} == {}
