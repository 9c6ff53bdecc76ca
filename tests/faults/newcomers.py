"""Sellers that come on board in the middle of it: the one thing that may be sent once only."""

import json
import subprocess
from contextlib import suppress
from typing import Any

from tests.faults.children import COMMAND_SECONDS, Children


class Newcomer:
    """`manage.py onboard_seller`, with failpoints at first; again, without, until all are live."""

    def __init__(self, children: Children, file: str) -> None:
        self.children, self.file = children, file
        self.is_on_board = False
        self.child: subprocess.Popen[str] | None = children.begin("onboard_seller", file)

    def go_on(self) -> dict[str, Any]:
        """The command's report; without locations when it was killed before it could tell."""
        if self.child is not None:
            said, status = self.first_words(self.child)
            self.child = None
        else:
            ended = self.children.command("onboard_seller", self.file)
            said, status = ended.stdout, ended.returncode
        self.is_on_board = status == 0
        with suppress(ValueError):
            report: dict[str, Any] = json.loads(said)
            return report
        return {"locations": []}

    def first_words(self, child: subprocess.Popen[str]) -> tuple[str, int]:
        try:
            said, _ = child.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            said, _ = child.communicate()
        return said, child.returncode

    def end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.communicate()
