"""Every input that once failed is named by a test."""

from pathlib import Path

TESTS = Path(__file__).parent
CASES = TESTS / "data" / "cases"


def test_each_case_is_named_by_a_test():
    said = "".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    cases = [path.relative_to(CASES).as_posix() for path in CASES.glob("*/*")]

    assert len(cases) > 20
    assert [case for case in cases if case not in said] == []
