"""What EasyEcom's look-up and its uniqueness do with Failed Orders is not known: each is tried."""

from collections.abc import Callable

from tests.faults import schedule
from tests.faults.run import Report, Run
from tests.faults.stand import Stand, World

# Sending the same number again is safe only where EasyEcom's uniqueness covers Failed Orders.
WORLDS = (
    *(World(sees, covers, "hold") for sees in (True, False) for covers in (True, False)),
    *(World(sees, True, "resend") for sees in (True, False)),
)


def live_in(stand: Stand, world: World, seed: int, say: Callable[[str], None]) -> Report:
    stand.become(world)
    return Run(stand, seed, schedule.WORLD, say).go()
