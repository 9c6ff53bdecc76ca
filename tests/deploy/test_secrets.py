"""deploy/make_secrets: what compose.yaml's containers read."""

import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.deploy import DEPLOY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path / "secrets")
    return tmp_path / "secrets"


def make(folder: Path) -> str:
    command = [DEPLOY / "make_secrets", folder]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_secrets_are_of_the_kind_that_the_settings_want(folder):
    Fernet((folder / "field_keys").read_text())
    assert len((folder / "secret_key").read_text()) >= 50
    password = (folder / "postgres_password").read_text()
    for name in ("database_url", "pooled_database_url", "pgbouncer_users"):
        assert password in (folder / name).read_text()


def test_folder_is_for_its_owner_alone_and_its_files_can_be_read_by_a_container(folder):
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}


def test_secrets_that_are_there_are_left_alone(folder):
    before = {path.name: path.read_text() for path in folder.iterdir()}

    make(folder)

    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_two_folders_share_no_secret(folder, tmp_path):
    make(tmp_path / "other")

    for name in ("secret_key", "field_keys", "postgres_password"):
        assert (folder / name).read_text() != (tmp_path / "other" / name).read_text()


def test_what_only_booon_knows_is_asked_for_until_it_is_there(folder):
    assert "easyecom_carrier_password" in make(folder)

    (folder / "easyecom_carrier_password").write_text("of the carrier")
    assert make(folder) == ""
