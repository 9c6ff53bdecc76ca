"""`python -m tests.other_python`: prints the path of a second Python, with the locked packages.

It is the newest that is taken beside the one that runs this, in an environment of its own. Where
there is none, or its packages can't be had, one loud line, and the path is this one's: the run
goes on. `python -m tests.other_python said` says which Pythons a run had.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements-dev.txt"
FOLDER = ROOT / ".venv.other"
OLDEST, NEWEST = 11, 14
STDERR = 2
# The version, of a Python that can make an environment.
QUESTION = "import ensurepip, sys, venv; print(*sys.version_info[:2], sep='.')"
PIP = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")


def candidates(minor: int) -> Iterator[str]:
    """By that version's name. Of pyenv the program itself: its shim may be there and refuse."""
    name = f"python3.{minor}"
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(map(str, root.glob(f"versions/3.{minor}.*/bin/{name}")), reverse=True)
    if found := shutil.which(name):
        yield found


def newest_other() -> str:
    """The empty string where there is none."""
    for minor in range(NEWEST, OLDEST - 1, -1):
        if minor != sys.version_info.minor:
            for path in candidates(minor):
                if answer(path, QUESTION) == f"3.{minor}":
                    return path
    return ""


def answer(path: str, question: str) -> str:
    """The empty string from a program that can't be asked."""
    try:
        asked = subprocess.run([path, "-c", question], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return asked.stdout.strip()


def made(path: str) -> str:
    """The environment's Python. Raises CalledProcessError or OSError."""
    python, stamp = FOLDER / "bin/python", FOLDER / "installed"
    wanted = f"{path} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        # What they say is nobody's path.
        subprocess.run([path, "-m", "venv", "--clear", FOLDER], check=True, stdout=STDERR)
        install = [python, *PIP, "--require-hashes", "-r", REQUIREMENTS]
        subprocess.run(install, check=True, stdout=STDERR)
        stamp.write_text(wanted)
    return str(python)


def chosen() -> str:
    path = newest_other()
    if not path:
        return without("there is no other from 3.11 to 3.14")
    try:
        return made(path)
    except (OSError, subprocess.CalledProcessError):
        return without(f"{path} can't have the locked packages")


def without(why: str) -> str:
    shutil.rmtree(FOLDER, ignore_errors=True)
    sys.stderr.write(f"##### NOT TESTED WITH A SECOND PYTHON: {why} #####\n")
    return sys.executable


def said() -> str:
    first = version_of(sys.executable)
    is_there = (FOLDER / "installed").exists()
    other = version_of(str(FOLDER / "bin/python")) if is_there else f"{first}, THE SAME"
    return f"Python {first}; all on PostgreSQL with Python {other}"


def version_of(path: str) -> str:
    return answer(path, "import platform; print(platform.python_version())")


if __name__ == "__main__":
    sys.stdout.write(f"{said() if sys.argv[1:] == ['said'] else chosen()}\n")
