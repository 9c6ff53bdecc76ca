"""compose.yaml and console.env.example against docs/settings.md and what each process needs."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from booon_console.environment import SECRETS
from integration.worker import supervisor
from tests.deploy import DEPLOY, ROOT

SETTINGS = (ROOT / "docs" / "settings.md").read_text()
DOCUMENTED = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.M))
REQUIRED = {
    name
    for name, row in re.findall(r"^\| `([A-Z_]+)` (\|.*)$", SETTINGS, re.M)
    if "required while DEBUG is off" in row
}
CONSOLE = ("migrate", "web", "workers")


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def given(compose: dict, service: str) -> set[str]:
    """The settings that a service has: its own, and those of its file of variables."""
    has = compose["services"][service]
    assert has["env_file"] == "console.env"
    return set(has["environment"]) | set(of_example())


def of_example(commented: bool = False) -> dict[str, str]:
    lines = (DEPLOY / "console.env.example").read_text().splitlines()
    pattern = r"#?([A-Z_]+)=(.*)" if commented else r"([A-Z_]+)=(.*)"
    return dict(found.groups() for line in lines if (found := re.fullmatch(pattern, line)))


def without_file(names: set[str]) -> set[str]:
    return {
        name.removesuffix("_FILE") if name.removesuffix("_FILE") in SECRETS else name
        for name in names
    }


@pytest.mark.parametrize("service", CONSOLE)
def test_services_have_each_required_setting_and_none_that_is_unknown(compose, service):
    names = given(compose, service)

    assert {"SECRET_KEY", "STATE_FILE"} < REQUIRED
    assert names - DOCUMENTED == set()
    assert (REQUIRED | {"DATABASE_URL"}) - without_file(names) == set()
    assert compose["services"][service]["environment"]["DEBUG"] == "false"


def test_example_of_settings_names_no_unknown_one_and_all_that_is_required():
    names = set(of_example(commented=True))

    assert names - DOCUMENTED == set()
    assert (REQUIRED | {"DATABASE_URL"}) - without_file(names) == set()
    assert of_example()["DEBUG"] == "false"


@pytest.mark.parametrize("service", CONSOLE)
def test_secrets_are_files_that_make_secrets_writes_and_no_variable(compose, service):
    has = compose["services"][service]
    written = (DEPLOY / "make_secrets").read_text()

    assert set(has["environment"]) & set(SECRETS) == set()
    for name, value in has["environment"].items():
        if name.removesuffix("_FILE") in SECRETS:
            secret = value.removeprefix("/run/secrets/")
            assert secret in has["secrets"]
            assert compose["secrets"][secret] == {"file": f"secrets/{secret}"}
    for secret in compose["secrets"]:
        assert f"keep {secret}\n" in written or f"$folder/{secret}," in written


def test_each_volume_file_and_secret_exists_or_is_made(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./secrets/"):
                assert f"keep {Path(source).name}\n" in (DEPLOY / "make_secrets").read_text()
            elif source.startswith("."):
                assert (DEPLOY / source).is_file()
            else:
                assert source in compose["volumes"]


def test_stops_wait_for_readers_and_for_calls_under_way(compose):
    services = compose["services"]

    assert seconds(services["web"]["stop_grace_period"]) > 20
    assert seconds(services["workers"]["stop_grace_period"]) > supervisor.STOP_SECONDS


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_what_the_workers_remember_outlives_their_container(compose):
    workers = compose["services"]["workers"]
    [volume] = workers["volumes"]
    name, folder = volume.split(":")

    assert Path(workers["environment"]["STATE_FILE"]).parent == Path(folder)
    assert name in compose["volumes"]


def test_all_that_serves_is_started_again_and_runs_after_the_migrations(compose):
    services = compose["services"]

    assert {name for name, has in services.items() if has["restart"] != "always"} == {"migrate"}
    for name in ("web", "workers"):
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"
    pooled = services["migrate"]["environment"]["DATABASE_URL_FILE"]
    assert pooled == "/run/secrets/database_url"


def test_commands_are_the_consoles_own(compose):
    for name in ("migrate", "workers"):
        program, script, command = compose["services"][name]["command"][:3]
        assert (program, script) == ("python", "manage.py")
        assert (
            command == "migrate"
            or (ROOT / "integration/management/commands" / f"{command}.py").is_file()
        )


def test_only_the_proxy_can_be_reached_from_outside(compose):
    assert [name for name, has in compose["services"].items() if "ports" in has] == ["proxy"]


def test_pool_of_pgbouncer_is_one_that_the_console_can_live_with():
    parser = configparser.RawConfigParser()
    parser.read(DEPLOY / "pgbouncer/pgbouncer.ini")

    assert parser["pgbouncer"]["pool_mode"] == "transaction"
    assert parser["pgbouncer"]["auth_file"] == "/etc/pgbouncer/userlist.txt"
    assert "host=postgres" in parser["databases"]["booon"]
