"""Writes a developer's .env where there is none: `make setup` calls it.

It runs before the requirements are there, on the standard library alone.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / ".env"

TEXT = """\
# A developer's settings, for this checkout only. Never committed. docs/settings.md lists others.
DEBUG=true
SECRET_KEY={secret_key}
# Opens what is encrypted in the database: keep it as long as that database.
FIELD_KEYS={field_key}
"""


def new_secret_key() -> str:
    return secrets.token_urlsafe(50)


def new_field_key() -> str:
    """A Fernet key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def write(path: Path = PATH) -> bool:
    """False, and nothing touched, when the file is there already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with open(handle, "w", encoding="utf-8") as file:
        file.write(TEXT.format(secret_key=new_secret_key(), field_key=new_field_key()))
    return True


if __name__ == "__main__" and write():
    sys.stdout.write("Wrote .env with secrets of its own, for debugging on this machine.\n")
