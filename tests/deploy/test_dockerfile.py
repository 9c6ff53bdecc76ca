"""No engine is needed: what the image would hold is put into a folder, and its commands run."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.deploy import ROOT, dockerfile
from tests.integration.processes import wait_for
from tests.integration.served import free_port

STOPPED_WITHIN = 25
WORKERS_STOPPED_WITHIN = 60


def test_image_takes_what_exists_and_nothing_that_is_secret_or_only_for_tests():
    copied = dockerfile.copied()

    assert {"requirements.txt", "manage.py", "integration", "templates"} < set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert [name for name in copied if not dockerfile.reaches_the_build(Path(name))] == []
    for name in (".env", ".git", "db.sqlite3", "deploy/secrets", "tests", ".venv", ".state"):
        assert not dockerfile.reaches_the_build(Path(name)), name


def test_image_runs_as_nobody_in_particular():
    user = dockerfile.last("USER")
    words = [word for word, _ in dockerfile.instructions()]

    assert int(user) >= 1000
    assert f"--uid {user} " in " ".join(rest for _, rest in dockerfile.instructions())
    assert words.index("USER") < words.index("CMD")
    assert words.count("FROM") == 2


def test_image_says_its_health_by_an_address_that_every_host_name_may_ask():
    assert "http://127.0.0.1:8000/healthz'" in dockerfile.command("HEALTHCHECK")[-1]
    assert dockerfile.last("EXPOSE") == "8000"
    assert dockerfile.command("CMD")[dockerfile.command("CMD").index("--port") + 1] == "8000"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with what the image holds of the checkout, and no more."""
    for name in dockerfile.copied():
        source, ignored = ROOT / name, shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, tmp_path / "code" / name, ignore=ignored)
        else:
            (tmp_path / "code").mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / "code")
    return tmp_path / "code"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What compose.yaml gives it, with a database that is here."""
    subprocess.run([ROOT / "deploy/make_secrets", tmp_path / "secrets"], check=True)
    (tmp_path / "secrets/easyecom_carrier_password").write_text("of the carrier")
    secrets = {
        f"{name.upper()}_FILE": str(tmp_path / "secrets" / name)
        for name in ("secret_key", "field_keys", "easyecom_carrier_password")
    }
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DEBUG": "false",
        "PUBLIC_URL": "https://console.example.com",
        "ALLOWED_HOSTS": "console.example.com",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "STATE_FILE": str(tmp_path / "state.json"),
        "EASYECOM_BASE_URL": "http://127.0.0.1:9",
    }
    return secrets | variables


@contextmanager
def running(
    command: list[str], image: Path, environment: dict[str, str], patience: float
) -> Iterator[None]:
    """Ends by SIGTERM within its patience, with exit code 0."""
    child = subprocess.Popen(command, cwd=image, env=environment, start_new_session=True)
    try:
        yield
        child.terminate()
        assert child.wait(timeout=patience) == 0
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def on_port(command: list[str], port: int) -> list[str]:
    return [word.replace("8000", str(port)) for word in command]


@pytest.mark.slow
def test_commands_of_the_image_serve_and_stop(image, environment):
    port = free_port()
    collecting = {"PATH": environment["PATH"], "DEBUG": "true"}
    manage = [sys.executable, "manage.py"]
    collect = [*manage, "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=image, env=collecting, check=True)
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=image, env=environment, check=True)
    health = on_port(dockerfile.command("HEALTHCHECK"), port)

    def is_healthy() -> bool:
        asked = subprocess.run(health, cwd=image, env=environment, capture_output=True)
        return asked.returncode == 0

    def are_at_work() -> bool:
        return requests.get(f"http://127.0.0.1:{port}/healthz/workers", timeout=5).ok

    assert not is_healthy()
    with running(on_port(dockerfile.command("CMD"), port), image, environment, STOPPED_WITHIN):
        wait_for(is_healthy, 60)
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok
        with running([*manage, "workers"], image, environment, WORKERS_STOPPED_WITHIN):
            wait_for(are_at_work, 120)
    assert not is_healthy()
