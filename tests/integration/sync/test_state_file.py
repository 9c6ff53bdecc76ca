import pytest

from integration.sync import state_file
from integration.sync.state_file import State

STATE = State("0f3c", 12, 34, 1_764_000_000.5, 56)


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "made" / "for it" / "state.json"

    state_file.write(path, State("0f3c", 1, 2, 3.0))
    state_file.write(path, STATE)

    assert state_file.read(path) == STATE
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_file_of_before_cursors_is_no_stranger(tmp_path):
    path = tmp_path / "state.json"
    path.write_text('{"incarnation": "0f3c", "job": 12, "call": 34, "at": 1.5}')

    assert state_file.read(path) == State("0f3c", 12, 34, 1.5, 0)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"incarnation": "a"}', b"\xff", b"null"])
def test_what_can_not_be_read_is_not_there(tmp_path, content):
    (tmp_path / "state.json").write_bytes(content)

    assert state_file.read(tmp_path / "state.json") is None
    assert state_file.read(tmp_path / "other.json") is None


def test_failed_write_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    state_file.write(path, STATE)

    def full(*args):
        raise OSError

    monkeypatch.setattr(state_file.os, "replace", full)
    with pytest.raises(OSError):
        state_file.write(path, State("0f3c", 99, 99, 0.0))

    assert state_file.read(path) == STATE
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
