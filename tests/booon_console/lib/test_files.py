"""Whether a file could be kept: what counts is its folder."""

import os

import pytest

from booon_console.lib.files import trouble_with

ACCESS = os.access


@pytest.fixture
def asked(monkeypatch):
    """What is asked of the system, which root is refused nothing by; it refuses what is here."""
    refused = []

    def access(path, mode):
        return path not in refused and ACCESS(path, mode)

    monkeypatch.setattr(os, "access", access)
    return refused


def test_file_in_a_folder_of_ours_can_be_kept(tmp_path):
    assert trouble_with(tmp_path / "state.json") == ""
    assert trouble_with(tmp_path / "not" / "there" / "state.json") == ""


def test_folder_or_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "a file").touch()

    assert trouble_with(tmp_path) == f"{tmp_path} can't be a file."
    below = tmp_path / "a file" / "state.json"
    assert trouble_with(below) == f"{below} can't be a file."


def test_folder_that_is_still_to_be_made_is_looked_for_above(tmp_path, asked):
    path = tmp_path / "not" / "there" / "state.json"
    asked.append(tmp_path)

    assert trouble_with(path).startswith(f"{path} can't be written by ")


def test_file_of_somebody_else_is_said(tmp_path, asked):
    """As root's, where a worker was once started by hand: this host would know nothing."""
    path = tmp_path / "state.json"
    path.touch()
    asked.append(path)

    assert trouble_with(path).startswith(f"{path} can't be read by ")


def test_user_without_a_name_is_told_by_number(tmp_path, asked, monkeypatch):
    asked.append(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_001)

    said = trouble_with(tmp_path / "state.json")

    assert said.endswith("can't be written by user 4000000001.")
