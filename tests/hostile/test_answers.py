"""The classifier against the oracle: a short run, Hypothesis, and rules left out on purpose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.easyecom import reading
from tests.examples import examples
from tests.hostile import answers, oracle
from tests.integration.easyecom.test_reading import CALLS
from tests.integration.easyecom.test_reading_properties import ANSWER, STATUS


@pytest.mark.parametrize("seed", [1, 77])
def test_no_answer_is_misread(seed):
    counts = answers.run(2_500, seed)

    assert (counts["wrong"], counts["raised"]) == (0, 0), counts["failures"]
    assert all(counts["classes"][name] > 5 for name in (oracle.DUPLICATE, oracle.DONE))


@settings(max_examples=examples(400), deadline=None)
@given(call=st.sampled_from(CALLS), status=STATUS, body=ANSWER)
def test_whatever_is_answered_is_read_as_the_pages_say(call, status, body):
    assert answers.objection(call, status, {}, body) == ""


# Without _unreadable the next rule comes to the same, in other words.
RULES = [rule for rule in reading._TABLE if rule is not reading._unreadable]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_that_is_left_out_is_missed(monkeypatch, rule):
    left = tuple(other for other in reading._TABLE if other is not rule)
    monkeypatch.setattr(reading, "_TABLE", left)

    assert any(answers.objection(*answers.answer_of(1, number)) for number in range(30_000))


def test_refusal_that_is_taken_for_a_success_is_noticed(monkeypatch):
    monkeypatch.setattr(reading._Answer, "code", 200)

    assert answers.run(300, seed=1)["wrong"] > 10


def test_seed_replays():
    assert answers.answer_of(4, 9) == answers.answer_of(4, 9) != answers.answer_of(5, 9)
