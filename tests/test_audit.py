"""What `make check` makes of pip-audit's answer."""

import subprocess
from types import SimpleNamespace

import pytest

from tests import audit

SOUND = '{"name": "requests", "version": "2.34.2", "vulns": []}'
UNREAD = '{"name": "django", "skip_reason": "Dependency not found"}'
BAD = (
    '{"name": "urllib3", "version": "2.8.0",'
    ' "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.8.1"]}]}'
)
OPEN = '{"name": "idna", "version": "3.20", "vulns": [{"id": "GHSA-1", "fix_versions": []}]}'


@pytest.fixture
def answers(monkeypatch):
    def say(*packages: str, stdout: str = "") -> None:
        told = stdout or f'{{"dependencies": [{", ".join(packages)}], "fixes": []}}'
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=told))

    return say


def test_sound_packages_pass_without_a_word(answers, capsys):
    answers(SOUND)

    assert audit.main() == 0
    assert capsys.readouterr().err == ""


def test_known_vulnerability_fails_with_what_mends_it(answers, capsys):
    answers(SOUND, BAD, OPEN)

    assert audit.main() == 1
    assert capsys.readouterr().err.splitlines() == [
        "Known vulnerability: urllib3 2.8.0: PYSEC-2026-1, mended in 2.8.1",
        "Known vulnerability: idna 3.20: GHSA-1, mended in no release yet",
    ]


def test_package_that_nothing_is_said_of_is_no_clean_one(answers, capsys):
    answers(SOUND, UNREAD)

    assert audit.main() == 0
    assert "NOT AUDITED: advisory data say nothing of 1 of 2 packages" in capsys.readouterr().err


def test_without_advisory_data_one_loud_line_and_no_failure(answers, capsys):
    answers(stdout="Connection refused")

    assert audit.main() == 0
    assert "NOT AUDITED: no advisory data can be reached" in capsys.readouterr().err


def test_answer_that_does_not_come_is_none(monkeypatch, capsys):
    def never(command, **_):
        raise subprocess.TimeoutExpired(command, 120)

    monkeypatch.setattr(subprocess, "run", never)

    assert audit.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().err
