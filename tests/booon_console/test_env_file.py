"""A developer's .env: made once, for one person's eyes, with secrets that work."""

import stat
from pathlib import Path

import environ
from cryptography.fernet import Fernet

from booon_console import env_file


def read(path: Path) -> dict[str, str]:
    class Reader(environ.Env):
        ENVIRON: dict[str, str] = {}

    Reader.read_env(path)
    return Reader.ENVIRON


def test_a_missing_file_is_written_with_working_secrets(tmp_path: Path) -> None:
    assert env_file.write(tmp_path / ".env")

    values = read(tmp_path / ".env")
    assert values["DEBUG"] == "true"
    assert len(values["SECRET_KEY"]) >= 50
    assert Fernet(values["FIELD_KEYS"]).encrypt(b"a secret")


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    env_file.write(tmp_path / ".env")

    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DEBUG=false\n")

    assert not env_file.write(tmp_path / ".env")
    assert (tmp_path / ".env").read_text() == "DEBUG=false\n"


def test_no_two_files_share_a_secret(tmp_path: Path) -> None:
    for name in ("one", "two"):
        env_file.write(tmp_path / name)

    one, two = read(tmp_path / "one"), read(tmp_path / "two")
    assert one["SECRET_KEY"] != two["SECRET_KEY"]
    assert one["FIELD_KEYS"] != two["FIELD_KEYS"]
