"""Every test can fail: what `tests/weak.py` looks for is not there, and is found where it is."""

from textwrap import dedent

import pytest

from tests.weak import all_weaknesses, weaknesses

HEAD = """
    import time
    import pytest
    from integration.sync import rate_limit
    from integration.sync.values import Level, price_of
"""


def found(body: str) -> list[str]:
    return [each.what for each in weaknesses(dedent(HEAD) + dedent(body))]


@pytest.fixture(scope="module")
def of_all() -> list[str]:
    """Reading all tests takes seconds on a machine that is busy."""
    return all_weaknesses()


def test_no_test_is_weak(of_all):
    assert of_all == []


@pytest.mark.parametrize(
    "body",
    [
        "def test_x(): price_of(3)",
        "def look(): return price_of(3)\ndef test_x(): look()",
    ],
)
def test_test_that_asserts_nothing_is_found(body):
    assert found(body) == ["asserts nothing"]


@pytest.mark.parametrize(
    "body",
    [
        "def test_x(): assert price_of(3) == 4",
        "def test_x():\n    with pytest.raises(ValueError): price_of(3)",
        "def test_x(mock):\n    with django_assert_num_queries(1): price_of(3)",
        "def look(): assert price_of(3)\ndef see(): look()\ndef test_x(): see()",
        "@pytest.fixture\ndef seen():\n    yield 1\n    assert price_of(3)\ndef test_x(seen): pass",
        "def test_x(mock): mock.assert_called_once_with(3)",
    ],
)
def test_what_asserts_by_itself_or_by_a_helper_is_let_be(body):
    assert found(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "def test_x(): assert price_of(3) == price_of(3.0)",
        "def test_x(row): assert row.price == rate_limit.price_of(row)",
        "def test_x(row):\n    expected = [price_of(row)]\n    assert row.prices == expected",
    ],
)
def test_expected_value_of_our_own_code_is_found(body):
    assert found(body) == ["compares with what our code gives"]


@pytest.mark.parametrize(
    "body",
    [
        "def test_x(): assert price_of(3) == Level(4)",
        "def test_x(): assert 4 == price_of(3)",
        "def test_x(): assert price_of(3) == price_of(4) == 5",
        "def test_x(row): assert price_of(row) == Level.objects.get().price",
        "def test_x(): assert price_of(3) < price_of(4)",
    ],
)
def test_value_that_is_written_out_or_read_from_rows_is_let_be(body):
    assert found(body) == []


def test_replacing_what_is_called_is_found():
    body = """
    def test_x(monkeypatch):
        monkeypatch.setattr(rate_limit, "take", lambda: 3)
        assert rate_limit.take() == 3
    """
    assert found(body) == ["replaces take, which it calls"]


def test_replacing_what_stands_around_is_let_be():
    body = """
    def test_x(monkeypatch):
        monkeypatch.setattr(rate_limit, "now", lambda: 3)
        assert rate_limit.take() == 3
    """
    assert found(body) == []


def test_sleep_is_found_in_a_helper_too():
    assert found("def helper(): time.sleep(1)") == ["sleeps"]


def test_comment_with_a_reason_allows():
    assert found("def helper(): time.sleep(1)  # weak: nothing else can be waited for") == []
    assert found("def helper(): time.sleep(1)  # weak:") == ["sleeps"]
