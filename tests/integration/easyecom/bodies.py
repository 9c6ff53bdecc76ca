"""The bodies that stand in for EasyEcom's: its shapes, with values of our own."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "data" / "easyecom"


def body(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def told(**fields: Any) -> bytes:
    return json.dumps(fields).encode()
