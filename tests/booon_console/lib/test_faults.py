"""What the log says of an exception."""

import json
import logging
import sys

from django.db import IntegrityError

from booon_console import logs
from booon_console.lib import faults


def store(value: str) -> None:
    raise IntegrityError(f"Key (phone)=({value}) already exists.")


def put(value: str) -> None:
    try:
        store(value)
    except IntegrityError as fault:
        raise RuntimeError(f"{value} was not stored") from fault


def caught(call, *args: str) -> Exception:
    try:
        call(*args)
    except Exception as fault:
        return fault
    raise AssertionError


def test_frames_say_file_line_and_function():
    fault = caught(store, "9876501234")

    line = store.__code__.co_firstlineno + 1
    assert faults.frames(fault)[-1] == f"tests/booon_console/lib/test_faults.py:{line} store"


def test_place_in_a_package_starts_with_its_name():
    assert faults.place("/opt/venv/lib/site-packages/django/db/utils.py") == "django/db/utils.py"
    assert faults.place("/usr/lib/python3.11/json/decoder.py") == "decoder.py"


def test_databases_fault_is_told_by_places_and_without_values():
    fault = caught(put, "9876501234")

    told = faults.text((type(fault), fault, fault.__traceback__))

    assert "9876501234" not in told
    assert told.startswith("IntegrityError\n  tests/booon_console/lib/test_faults.py:")
    assert "\nthen RuntimeError\n  tests/booon_console/lib/test_faults.py:" in told


def test_other_faults_are_told_with_their_words():
    fault = caught(json.loads, "{")

    told = faults.text((type(fault), fault, fault.__traceback__))

    assert told.startswith("Traceback (most recent call last):")
    assert told.endswith("(char 1)")


def test_log_of_an_unexpected_fault_has_no_value_of_the_database(monkeypatch, capsys):
    fault = caught(put, "9876501234")
    before = logging.getLogger().handlers[:], logging.getLogger().level
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    try:
        logs.logging_config(is_json=True, level="INFO")
        logging.getLogger("django.request").error("Internal Server Error", exc_info=fault)
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = before

    said = capsys.readouterr().err
    assert "9876501234" not in said
    assert "test_faults.py" in said
