"""What came of a module's mutants is counted by function, and kept."""

from tests.mutants import scores
from tests.mutants.drawing import drawn
from tests.mutants.packages import PACKAGES, package_of, path_of
from tests.mutants.scores import Mutant, Score

MODULE = "integration.sync.rate_limit"
TAKE = f"{MODULE}.x_take__mutmut_"


def mutants(*codes):
    """Of one function, numbered from 1."""
    return [Mutant(f"{TAKE}{number}", code) for number, code in enumerate(codes, 1)]


def test_mutant_is_named_by_its_function_or_method():
    assert Mutant(f"{MODULE}.x_take__mutmut_12", 0).function == "take"
    assert Mutant(f"{MODULE}.xǁStateǁmove_on__mutmut_1", 0).function == "State.move_on"


def test_failed_tests_errors_and_endless_loops_catch_and_passed_or_no_tests_let_live():
    score = scores.score_of(mutants(1, 2, 3, -24, -9, 0, 5, 33), set(), Score())

    assert score == Score(5, {"take": 3})
    assert (score.counted, score.percent) == (8, 62.5)


def test_equivalent_mutants_are_not_counted():
    score = scores.score_of(mutants(1, 0, 0), {f"{TAKE}2"}, Score())

    assert score == Score(1, {"take": 1}, {"take": 1})
    assert score.percent == 50.0


def test_function_that_was_not_tried_again_is_as_it_was_kept():
    tried = [Mutant(f"{MODULE}.x_share__mutmut_1", 0), Mutant(f"{MODULE}.x_share__mutmut_2", 1)]
    before = Score(7, {"take": 1, "share": 2, "gone": 4}, {"take": 1})

    score = scores.score_of([*mutants(None, None, None, None), *tried], set(), before)

    assert score == Score(3, {"take": 1, "share": 1}, {"take": 1})


def test_percents_are_rounded_down_so_that_a_hundred_means_all():
    assert scores.percent(1999, 2000) == 99.9
    assert scores.percent(2000, 2000) == 100.0
    assert scores.percent(0, 0) == 100.0


def test_page_says_what_was_measured_and_what_was_not():
    written = scores.page({"integration/sync/rate_limit.py": Score(9, {"take": 1})})

    measured = len(PACKAGES["sync"].paths())
    assert f"| sync | 1 of {measured} | 10 | 9 | 90.0 % |" in written
    assert "| `integration/sync/rate_limit.py` | whole | 90.0 % | 10 | 0 | `take` 1 |" in written
    assert "- `integration/sync/leases.py`" in written
    assert "- `integration/sync/rate_limit.py`" not in written


def test_page_says_which_modules_were_measured_by_sample_and_by_how_much():
    by_sample = Score(53, {"take": 6}, {"take": 1}, sampled_from=374)
    written = scores.page(
        {"integration/sync/leases.py": Score(40), "integration/sync/rate_limit.py": by_sample}
    )

    measured = len(PACKAGES["sync"].paths())
    assert f"| sync | 2 of {measured}, 1 by sample | 99 | 93 | 93.9 % |" in written
    sample = "a sample: 60 of 374 | 89.8 % | 59 | 1 | `take` 6 |"
    assert f"| `integration/sync/rate_limit.py` | {sample}" in written
    assert "| `integration/sync/leases.py` | whole | 100.0 % | 40 | 0 |  |" in written


def test_page_says_where_only_the_modules_own_tests_were_met():
    own = scores.page({"integration/sync/leases.py": Score(9, {"claim": 1}, by_own_tests=True)})
    drawn_too = Score(9, {}, {}, sampled_from=50, by_own_tests=True)
    sample = scores.page({"integration/sync/leases.py": drawn_too})

    assert "| `integration/sync/leases.py` | whole, by its own tests | 90.0 % |" in own
    assert "| `integration/sync/leases.py` | a sample: 9 of 50, by its own tests |" in sample


def test_own_tests_are_those_that_are_named_after_the_module_or_all_where_none_are():
    of = {"leases": "sync", "rate_limit": "sync", "keys": "scopes", "authentication": "scopes"}
    paths = {path.rpartition("/")[2]: path for each in PACKAGES.values() for path in each.paths()}
    found = {
        name: PACKAGES[package].narrowed(paths[f"{name}.py"]).tests for name, package in of.items()
    }

    assert found == {
        "leases": ("tests/integration/sync/test_leases.py",),
        "rate_limit": (
            "tests/integration/sync/test_rate_limit.py",
            "tests/integration/sync/test_rate_limit_races.py",
        ),
        "keys": ("tests/integration/api/test_keys.py",),
        "authentication": PACKAGES["scopes"].tests,
    }


def test_sample_is_the_same_for_a_seed_and_all_where_there_are_no_more():
    names = [f"{TAKE}{number}" for number in range(100)]

    sample = drawn(names, 60, "1")
    assert len(sample) == 60 and sample < set(names)
    assert drawn(names[::-1], 60, "1") == sample
    assert drawn(names, 60, "2") != sample
    assert drawn(names, 100, "1") == drawn(names, 0, "1") == set(names)


def test_module_may_be_named_without_its_ending_and_without_integration():
    assert path_of("sync/leases") == "integration/sync/leases.py"
    assert path_of("sellers/scope") == "sellers/scope.py"
    assert path_of("integration/sync/leases.py") == "integration/sync/leases.py"
    assert path_of("sync/nothing") == "sync/nothing"


def test_every_kept_score_is_of_a_module_that_is_measured():
    assert [path for path in scores.kept() if package_of(path) is None] == []


def test_every_equivalent_mutant_names_a_module_and_a_reason():
    for (where, line), why in scores.listed_equivalents().items():
        assert package_of(where.partition(":")[0]) is not None, where
        assert line and why
