"""Every sentence of a seller's link has its Hindi, and what is compiled is what is written."""

import re

import pytest
from django.utils import translation

from integration.onboarding import input_hints
from integration.seller_link import words
from tests import translations

PLACES = re.compile(r"%\(\w+\)s")
TAGS = re.compile(r"</?\w+[^>]*>")


def test_every_sentence_is_translated_and_no_other_is_kept():
    known = translations.read()

    assert set(known) == set(translations.messages())
    assert len(known) > 90
    assert [one for (one, many), said in known.items() if len(said) != (2 if many else 1)] == []


def test_translations_have_the_places_and_marks_of_their_sentences():
    for (one, many), said in translations.read().items():
        for text in said:
            assert set(PLACES.findall(text)) == set(PLACES.findall(many or one)), one
            assert TAGS.findall(text) == TAGS.findall(one), one


def test_compiled_file_is_made_of_the_written_one_and_always_the_same():
    known = translations.read()

    assert translations.MO.read_bytes() == translations.compiled(known)
    assert translations.PO.read_text() == translations.written(known)


def test_python_reads_from_it_what_is_written():
    with translation.override("hi"):
        assert translation.gettext("Open your link") == "अपना लिंक खोलें"
        said = [translation.ngettext("%(n)s hour ago", "%(n)s hours ago", n) for n in (1, 2)]
    assert said == ["%(n)s घंटा पहले", "%(n)s घंटे पहले"]


SENTENCES = [
    value
    for name, value in vars(input_hints).items()
    if name.startswith(("IS_", "KEY_", "NAME_", "PASSWORD_"))
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_hint_of_staffs_has_the_sellers_words(sentence):
    assert words.hint(sentence)
    with translation.override("hi"):
        assert not words.hint(sentence).isascii()


def test_admin_speaks_english_whatever_the_browser_says(client):
    text = client.get("/admin/login/", headers={"accept-language": "hi"}).content.decode()

    assert 'lang="en-in"' in text
    assert "Username" in text
