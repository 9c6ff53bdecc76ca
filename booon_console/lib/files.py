"""Whether this process may keep a file somewhere."""

import os
import pwd
from pathlib import Path


def trouble_with(path: Path) -> str:
    """Why this file could not be read or replaced by the user of this process; "" where it could.

    It is replaced whole, so what counts is its folder; one that is missing would be made.
    """
    folder = next(each for each in path.absolute().parents if os.path.exists(each))
    if not os.path.isdir(folder) or os.path.isdir(path):
        return f"{path} can't be a file."
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{path} can't be written by {user()}."
    if os.path.exists(path) and not os.access(path, os.R_OK):
        return f"{path} can't be read by {user()}."
    return ""


def user() -> str:
    """Of this process, as people know it; in a container it may have a number alone."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
