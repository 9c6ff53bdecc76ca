import re
import subprocess
import sys
import tomllib

import django
import pytest
from django.conf import settings

from booon_console.version import VERSION
from tests.integration.admin.rows import make_superuser

CHANGELOG = (settings.BASE_DIR / "CHANGELOG.md").read_text()
HEADINGS = re.findall(r"^## (.*)$", CHANGELOG, re.M)


def test_version_is_the_packages_and_leads_the_changelog():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION
    if VERSION.endswith(".dev0"):
        assert HEADINGS[0] == "Unreleased"
    else:
        assert HEADINGS[0].startswith(f"{VERSION} – ")


def test_each_release_has_its_date():
    for heading in HEADINGS:
        assert heading == "Unreleased" or re.fullmatch(r"\d+\.\d+\.\d+ – \d{4}-\d\d-\d\d", heading)


@pytest.mark.parametrize("word", ["version", "--version"])
def test_command_says_it_without_any_setting(word):
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), word]
    said = subprocess.run(command, env={}, capture_output=True, text=True, check=True).stdout

    assert said.startswith(f"Booon console {VERSION}, Django {django.get_version()}, Python 3.")


@pytest.mark.django_db
def test_health_and_every_answer_say_it(client):
    assert client.get("/healthz").json()["version"] == VERSION
    for path in ("/api/v1/orders/", "/nothing/here", "/admin/login/"):
        assert client.get(path)["X-Console-Version"] == VERSION


@pytest.mark.django_db
def test_staff_see_it_at_the_foot_of_each_page_and_strangers_do_not(client):
    assert VERSION not in client.get("/admin/login/").content.decode()
    client.force_login(make_superuser())

    for path in ("/admin/", "/admin/integration/order/"):
        assert f"Booon console {VERSION}" in client.get(path).content.decode()
