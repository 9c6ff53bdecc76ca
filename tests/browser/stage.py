"""The demo, left standing, for a browser to walk over."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from integration.demo.clients import Sandbox

DEMO = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"]
IS_UP = "It stays up for you to try."
STOP_SECONDS = 60


@dataclass(frozen=True)
class Stage:
    """Where console and stand-in EasyEcom are, and who may log in."""

    console: str
    easyecom: str
    user: str
    password: str = field(repr=False)

    @property
    def sandbox(self) -> Sandbox:
        """What a seller does in EasyEcom."""
        return Sandbox(self.easyecom)


@contextmanager
def standing() -> Iterator[Stage]:
    """`manage.py demo`, until it stays up; it takes its processes with it when it ends."""
    with subprocess.Popen(
        DEMO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        try:
            yield stage_of(told_by(child))
        finally:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()


def told_by(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    told = ""
    for line in child.stdout:
        told += line
        if IS_UP in line:
            return told
    raise AssertionError(f"the demo ended early:\n{told}")


def stage_of(told: str) -> Stage:
    found = re.search(r"Admin +(\S+)/admin/ +\(log in as (\S+) / (\S+)\)\s+EasyEcom +(\S+)/ ", told)
    assert found, told
    return Stage(found[1], found[4], found[2], found[3])
