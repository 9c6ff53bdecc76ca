"""The client as a package: what it says of itself, and that it runs on its oldest Python."""

import ast
import json
import os
import re
import shutil
import subprocess
import tomllib

import booon_console_client
import pytest
from booon_console_client import NotFound, Refused, TooLate
from booon_console_client.errors import refusal
from django.conf import settings

from tests.clients.conftest import KEY
from tests.integration.api.conftest import BODY

FOLDER = settings.BASE_DIR / "clients" / "python"
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text())
VERSION = booon_console_client.__version__
OLDEST = (3, 9)


def test_version_is_said_in_one_place_and_stands_first_in_the_changelog():
    attribute = PROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    newest, *_ = re.findall(
        r"^## (\S+) – \d{4}-\d\d-\d\d$", (FOLDER / "CHANGELOG.md").read_text(), re.M
    )

    assert attribute == "booon_console_client.version.__version__"
    assert newest == VERSION
    assert "version" not in PROJECT["project"]


def test_oldest_python_is_the_one_that_is_promised():
    assert PROJECT["project"]["requires-python"] == ">=3.9"
    assert "Python 3.9 or newer" in (FOLDER / "README.md").read_text()
    for path in FOLDER.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=OLDEST)


def test_each_request_says_which_client_sent_it(offline):
    agent = offline._session.headers["User-Agent"]

    assert re.fullmatch(rf"booon-console-client/{VERSION} python-requests/\S+", agent)


def test_refusal_names_its_request_as_the_logs_do(console):
    with pytest.raises(NotFound) as refused:
        console.get_order("acme", "BN-2")

    assert re.fullmatch(r"[0-9a-f-]{32,36}", refused.value.request_id)
    assert refused.value.request_id in str(refused.value)


def test_place_that_is_lost_names_its_request_too():
    lost = refusal(410, {"cursor": "7", "oldest": "9"}, None, "abc")

    assert isinstance(lost, TooLate)
    assert (lost.request_id, lost.cursor) == ("abc", "7")


@pytest.mark.parametrize("given", ["", "a\nb", "\x1b[31m"])
def test_what_is_no_request_id_is_left_out(given):
    assert refusal(500, None, None, given).request_id == ""
    assert str(refusal(500, None, None, given)) == "HTTP 500."


def test_request_id_is_bounded():
    assert refusal(500, None, None, "x" * 5000).request_id == "x" * 64


def test_callers_own_refusals_go_on_without_one():
    assert Refused(400, []).request_id == ""


def has_requests(python: str) -> bool:
    asked = subprocess.run([python, "-c", "import requests"], capture_output=True)
    return asked.returncode == 0


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_client_works_on_its_oldest_python(live_server, settings, key, location):
    python = shutil.which("python3.9")
    if not python or not has_requests(python):
        pytest.skip("there is no python3.9 with requests in the path")
    settings.PUBLIC_URL = live_server.url
    script = str(settings.BASE_DIR / "tests/clients/oldest.py")
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(FOLDER)}
    command = [python, "-W", "error", script, live_server.url, KEY, json.dumps(BODY)]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60)

    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert (seen["stage"], seen["orders"]) == ("received", ["BN-1"])
    assert (seen["version"], seen["message"]) == (VERSION, "msg_1")
    assert seen["request_id"]
