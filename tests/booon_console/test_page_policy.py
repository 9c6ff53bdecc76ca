"""The policy of every page: nothing inline, nothing from elsewhere. And the banner above all."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import Event, Worker
from tests.booon_console.test_roles import POSTED, address, names
from tests.integration.admin.rows import fill, make_superuser, make_viewer

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?:https?:)?//", re.I)


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def rows() -> None:
    fill(1)
    Event.objects.create(at=timezone.now(), kind="stage", actor="asha", sentence="S")


def pages(staff):
    """Every page of the admin that can be had, as an address and what came."""
    for name in names():
        url = address(name, 0)
        for answer in (staff.get(url), staff.post(url, POSTED.get(name, {}))):
            if answer["Content-Type"].startswith("text/html") and answer.content:
                yield name, answer
    for name in ("index", "password_change"):
        yield name, staff.get(reverse(f"admin:{name}"))


@pytest.mark.slow
def test_every_page_of_the_admin_has_the_policy_and_keeps_to_it(staff):
    rows()
    found = list(pages(staff))

    assert len({name for name, _ in found}) > 60
    for name, answer in found:
        assert "default-src 'self'" in answer["Content-Security-Policy"], name
        text = answer.content.decode()
        assert INLINE.findall(text) == [], name
        assert ELSEWHERE.findall(text) == [], name


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs/", "/nowhere"])
def test_pages_beside_the_admin_have_it_too(client, path):
    answer = client.get(path)

    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert INLINE.findall(answer.content.decode()) == []


def test_what_no_browser_renders_carries_no_policy(client):
    assert "Content-Security-Policy" not in client.get("/healthz")


def test_banner_is_above_every_page_while_no_worker_lives(staff):
    now = timezone.now()
    old = now - timedelta(seconds=90)
    Worker.objects.create(id="w", host="h", started_at=old, pulsed_at=now, beat_at=old)
    urls = [reverse("admin:index"), reverse("admin:integration_order_changelist")]

    silent = [staff.get(url).content.decode() for url in urls]
    Worker.objects.update(beat_at=now)
    well = [staff.get(url).content.decode() for url in urls]

    assert all("Nothing is being processed" in text for text in silent)
    assert not any("Nothing is being processed" in text for text in well)


def test_banner_is_not_for_strangers(client):
    assert "Nothing is being processed" not in client.get("/admin/login/").content.decode()


def test_banner_is_for_all_staff(client):
    client.force_login(make_viewer())

    assert "Nothing is being processed" in client.get("/admin/").content.decode()
