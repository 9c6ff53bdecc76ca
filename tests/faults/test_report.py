"""docs/trust.md says what was run, and keeps the section of the other size."""

from collections import Counter
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.isolation import Isolation
from tests.faults.report import Figures
from tests.faults.run import Report
from tests.faults.stand import World


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    page = tmp_path / "trust.md"
    monkeypatch.setattr(report, "PAGE", page)
    return page


def run_of(seed: int, **fields: object) -> Report:
    counts = {
        "orders": 500,
        "kills": Counter(web=3),
        "hits": Counter({"call_opened@create_order": 4, "call_opened@TR-7": 3}),
        "faults": Counter(lost=300),
    }
    return Report(seed=seed, world=World(), **(counts | fields))


def test_page_tells_what_was_run_and_what_came_of_it(page):
    report.publish(Figures("short", run_of(7)))

    told = page.read_text()
    assert "seed 7" in told
    assert "| orders accepted | 500 |" in told
    assert "| processes killed by SIGKILL | 10 |" in told
    assert "| **doubled** | **0** |" in told
    assert "| F4 | call_opened | worker | 4 |" in told
    assert "| F11 | one order that kills its worker again and again | worker | 3 |" in told


def test_page_tells_what_was_broken(page):
    found = ["doubled: north TR-1: EasyEcom has it 2 times."]

    report.publish(Figures("short", run_of(7, findings=found)))

    told = page.read_text()
    assert "| **doubled** | **1** |" in told
    assert "EasyEcom has it 2 times." in told


def test_short_run_leaves_the_long_one_as_it_is(page):
    long = Figures("long", run_of(1), isolation=Isolation(0.5, 1.5, 2.5), recovery={"claimed": 95})
    report.publish(long)
    report.publish(Figures("short", run_of(7)))
    report.publish(Figures("short", run_of(8)))

    told = page.read_text()
    assert told.count("## The long run") == told.count("## The short run") == 1
    assert "seed 1," in told
    assert "seed 8," in told
    assert "seed 7," not in told
    assert "0.5 s alone, 1.5 s beside one failing on every call" in told
    assert "| claimed | 95 s |" in told
