"""Where Booon may be told, and with what secret: what is refused before anything is sent."""

import os
import subprocess
import sys

import pytest

from booon_console.lib.webhook_settings import is_receiver, is_secret
from tests.receiver import SECRET


@pytest.mark.parametrize(
    ("url", "while_debugging", "otherwise"),
    [
        ("https://booon.example/hooks?of=console", True, True),
        ("http://127.0.0.1:9000/hooks", True, True),
        ("http://[::1]:9000/", True, True),
        ("http://localhost/", True, True),
        ("http://booon.example/hooks", True, False),
        ("http://10.0.0.7/hooks", True, False),
        ("http://localhost.booon.example/", True, False),
        ("https://asha:pw@booon.example/", False, False),
        ("https://booon.example/#part", False, False),
        ("https://booon.example:0/", False, False),
        ("https://booon.example:port/", False, False),
        ("https:///hooks", False, False),
        ("https://bööon.example/", False, False),
        ("https://booon.example/a b", False, False),
        ("ftp://booon.example/", False, False),
        ("booon.example", False, False),
        ("https://[::1", False, False),
    ],
)
def test_a_receiver_is_https_and_http_only_near_by(url, while_debugging, otherwise):
    assert is_receiver(url, is_debug=True) is while_debugging
    assert is_receiver(url, is_debug=False) is otherwise


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (SECRET, True),
        ("whsec_" + "A" * 86 + "==", True),
        ("whsec_" + "A" * 88, False),
        ("whsec_" + "A" * 28, False),
        ("A" * 32, False),
        ("whsec_not base64!", False),
        ("whsec_", False),
    ],
)
def test_a_secret_is_24_to_64_bytes_in_base64(text, is_one):
    assert is_secret(text) is is_one


@pytest.mark.parametrize(
    ("set_to", "complaint"),
    [
        ({"BOOON_WEBHOOK_URL": "http://booon.example/"}, "BOOON_WEBHOOK_URL must be https"),
        ({"BOOON_WEBHOOK_URL": "https://booon.example/"}, "Set BOOON_WEBHOOK_SECRET"),
        ({"BOOON_WEBHOOK_SECRET": "secret-canary"}, "BOOON_WEBHOOK_SECRET must be whsec_"),
        ({"BOOON_WEBHOOK_SECRET_OLD": "secret-canary"}, "BOOON_WEBHOOK_SECRET_OLD must be whsec_"),
        (
            {"BOOON_WEBHOOK_IN_FLIGHT": "0"},
            "BOOON_WEBHOOK_IN_FLIGHT must be a whole number from 1 to 64",
        ),
        (
            {"BOOON_WEBHOOK_TIMEOUT": "31"},
            "BOOON_WEBHOOK_TIMEOUT must be a number of seconds, above 0",
        ),
        ({"CHANGES_KEPT_DAYS": "0"}, "CHANGES_KEPT_DAYS must be a whole number of at least 1"),
        ({"BUYERS_KEPT_DAYS": "0"}, "BUYERS_KEPT_DAYS must be a whole number of at least 1"),
    ],
)
def test_the_console_does_not_start_with_what_it_would_not_keep(set_to, complaint):
    started = subprocess.run(
        [sys.executable, "-c", "import tests.settings"],
        env=os.environ | set_to,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 1
    assert complaint in started.stderr
    assert "secret-canary" not in started.stderr
