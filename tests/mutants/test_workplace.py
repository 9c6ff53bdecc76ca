"""What was tried stays tried, and what lived is tried again once other tests may catch it."""

import json

from tests.mutants import workplace
from tests.mutants.scores import Mutant
from tests.mutants.workplace import Workplace

MODULE = "integration/feed/signing.py"
SIGN = "integration.feed.signing.x_sign__mutmut_"


def place_at(path, monkeypatch, codes):
    """A folder in which so much came of the mutants of `sign`. The third is listed."""
    place = Workplace("feed")
    place.path = path
    place.meta_path(MODULE).parent.mkdir(parents=True)
    keep(place, codes)
    monkeypatch.setattr(
        place, "diff", lambda mutant, _: f"--- a\n+++ b\n-    old\n+    new {mutant.name[-1]}\n"
    )
    listed = {(f"{MODULE}:sign", "new 3"): "It is the same."}
    monkeypatch.setattr(workplace, "listed_equivalents", lambda: listed)
    return place


def keep(place, codes):
    kept = {f"{SIGN}{number}": code for number, code in codes.items()}
    place.meta_path(MODULE).write_text(json.dumps({"exit_code_by_key": kept}))


def codes_of(place):
    return {int(each.name[-1]): each.exit_code for each in place.mutants(MODULE)}


def test_what_has_lived_is_tried_again_with_other_tests_unless_it_is_equivalent(
    tmp_path, monkeypatch
):
    place = place_at(tmp_path, monkeypatch, {1: 1, 2: 0, 3: 0, 4: 33, 5: -24, 6: None})

    place.forget_where_tests_changed()

    assert codes_of(place) == {1: 1, 2: None, 3: 0, 4: None, 5: -24, 6: None}


def test_what_has_lived_stays_so_with_the_same_tests(tmp_path, monkeypatch):
    place = place_at(tmp_path, monkeypatch, {})
    place.forget_where_tests_changed()
    keep(place, {2: 0, 3: 0})

    place.forget_where_tests_changed()

    assert codes_of(place) == {2: 0, 3: 0}


def test_mutant_may_be_caught_where_it_has_lived_and_is_not_listed(tmp_path, monkeypatch):
    place = place_at(tmp_path, monkeypatch, {})

    for number, code, may in ((1, 1, False), (2, 0, True), (3, 0, False), (4, None, False)):
        assert place.may_be_caught(Mutant(f"{SIGN}{number}", code), MODULE) == may


def test_copies_of_what_was_deleted_go_and_so_does_data_that_has_changed(tmp_path, monkeypatch):
    tree, place = tmp_path / "tree", Workplace("feed")
    place.path = tmp_path / "place"
    monkeypatch.setattr(workplace, "ROOT", tree)
    copies = place.path / "mutants" / "integration"
    for name, original, copy in (
        ("kept.csv", "1", "1"),
        ("changed.csv", "2", "1"),
        ("gone.csv", None, "1"),
        ("mutated.py", "x", "y"),
        ("mutated.py.meta", None, "{}"),
        ("gone.py", None, "x"),
    ):
        for folder, text in ((tree / "integration", original), (copies, copy)):
            folder.mkdir(parents=True, exist_ok=True)
            if text is not None:
                (folder / name).write_text(text)

    place.drop_what_is_gone()

    left = sorted(path.name for path in copies.iterdir())
    assert left == ["kept.csv", "mutated.py", "mutated.py.meta"]
