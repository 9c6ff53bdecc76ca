"""A whole run, small: that it does what it says, and that the console holds."""

from tests.faults import schedule
from tests.faults.run import Run
from tests.faults.stand import World, standing


def test_console_loses_and_doubles_nothing_under_faults():
    told: list[str] = []
    with standing(World(), workers=2) as stand:
        report = Run(stand, 20261125, schedule.TINY, told.append).go()

    assert report.findings == [], told
    assert report.orders >= schedule.TINY.orders
    assert report.killed >= schedule.TINY.kills
    assert report.faults.total() >= schedule.TINY.faults
