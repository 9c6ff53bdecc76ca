"""The short run: that it does as much as it says, and that the console holds."""

from tests.faults.run import Run
from tests.faults.schedule import SHORT
from tests.faults.stand import World, standing


def test_console_loses_and_doubles_nothing_under_faults():
    told: list[str] = []
    with standing(World(), workers=2) as stand:
        report = Run(stand, 20261125, SHORT, told.append).go()

    assert report.findings == [], told
    # A quarter of an hour beside two others on a slow machine was seen; endless would be more.
    assert report.seconds < 40 * 60
    assert report.orders >= SHORT.orders
    assert report.killed >= SHORT.kills
    assert report.faults.total() >= SHORT.faults
