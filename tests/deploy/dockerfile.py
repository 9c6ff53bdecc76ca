"""Just enough of a Dockerfile's grammar for ours."""

import fnmatch
import json
from pathlib import Path

from tests.deploy import DEPLOY


def instructions() -> list[tuple[str, str]]:
    """Keyword and arguments of each, lines that go on joined, comments left out."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in text.splitlines())
        if word
    ]


def last(keyword: str) -> str:
    return [rest for word, rest in instructions() if word == keyword][-1]


def command(keyword: str) -> list[str]:
    """Of CMD, ENTRYPOINT or HEALTHCHECK in its form as a list."""
    words = last(keyword)
    return json.loads(words[words.index("[") :])


def copied() -> list[str]:
    """What the image takes from the checkout."""
    rows = [
        rest.split() for word, rest in instructions() if word == "COPY" and "--from" not in rest
    ]
    return [source for row in rows for source in row[:-1]]


def reaches_the_build(path: Path) -> bool:
    """By the last line of the ignore file that speaks of its top."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    kept = True
    for line in lines:
        if line and not line.startswith("#") and fnmatch.fnmatch(path.parts[0], line.lstrip("!")):
            kept = line.startswith("!")
    return kept
