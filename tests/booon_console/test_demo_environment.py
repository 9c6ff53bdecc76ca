"""What surrounds a demo: a place and secrets of its own, and nothing of anybody else's."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import environ
import pytest

from booon_console import demo_environment


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """The environment and the locks are this process's, and other tests want theirs back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    release()


def release() -> None:
    while demo_environment.held:
        demo_environment.held.pop().close()


@pytest.fixture
def demo_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo_environment, "DEMO_DIR", tmp_path / "a demo+dir")
    return tmp_path / "a demo+dir"


def test_what_others_exported_does_not_reach_it(
    demo_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://live.example/console")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    monkeypatch.setenv("EASYECOM_BASE_URL", "https://api.easyecom.io")
    monkeypatch.setenv("UNKNOWN_ORDER_POLICY", "resend")

    demo_environment.enter()

    assert "live.example" not in str(dict(os.environ))
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "booon_console.settings"
    assert os.environ["EASYECOM_BASE_URL"].startswith("http://127.0.0.1:")
    assert "UNKNOWN_ORDER_POLICY" not in os.environ


def test_a_developers_env_file_is_not_read(demo_dir: Path) -> None:
    demo_environment.enter()

    assert os.environ["DEBUG"] == "false"


def test_its_database_is_in_a_directory_that_only_its_owner_reads(demo_dir: Path) -> None:
    demo_environment.enter()

    run = demo_environment.run_directory()
    assert run is not None
    assert run.parent == demo_dir
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert environ.Env().db("DATABASE_URL")["NAME"] == str(run / "db.sqlite3")


def test_its_secrets_are_new_each_time_and_written_nowhere(demo_dir: Path) -> None:
    secrets = []
    for _ in range(2):
        demo_environment.enter()
        secrets += [os.environ[name] for name in ("SECRET_KEY", "FIELD_KEYS")]

    written = "".join(path.read_text() for path in demo_dir.rglob("*") if path.is_file())
    assert len(set(secrets)) == 4
    assert not any(secret in written for secret in secrets)


def test_outside_a_demo_there_is_no_run() -> None:
    assert demo_environment.run_directory({}) is None


def test_a_run_that_has_ended_is_swept_away(tmp_path: Path) -> None:
    old = demo_environment.new_run(tmp_path)
    release()

    demo_environment.new_run(tmp_path)

    assert not old.exists()


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    other = demo_environment.new_run(tmp_path)
    (other / "db.sqlite3").touch()

    demo_environment.new_run(tmp_path)

    assert (other / "db.sqlite3").exists()


def test_a_free_port_is_taken_as_wanted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        wanted = probe.getsockname()[1]

    assert demo_environment.free_ports((wanted,)) == [wanted]


def test_a_taken_port_is_exchanged_for_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        web, sandbox = demo_environment.free_ports((taken, 0))

    assert len({web, sandbox, taken}) == 3
