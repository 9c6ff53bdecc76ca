"""What this host remembers of its database, in a file outside it; knows no Django."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """`job` and `call` are the highest ids seen committed, `cursor` the last one that Booon was
    given; `at` is seconds since 1970."""

    incarnation: str
    job: int
    call: int
    at: float
    cursor: int = 0


def read(path: Path) -> State | None:
    """None where there is none, or none that can be read."""
    try:
        found = json.loads(path.read_bytes())
        return State(
            str(found["incarnation"]),
            int(found["job"]),
            int(found["call"]),
            float(found["at"]),
            # What wrote it may be older than the cursors in it.
            int(found.get("cursor", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(path: Path, state: State) -> None:
    """Whole or not at all, whatever ends this process or its host. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(number, "w") as file:
            json.dump(asdict(state), file)
            file.flush()
            os.fsync(number)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
