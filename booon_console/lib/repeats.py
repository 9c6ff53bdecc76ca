"""How often the same thing came, so that it is told once a minute and not twice a second.

Processes that were forked from one that made a `Repeats` count together. They take no lock, which
one that is killed would keep: a count may be short by one where two come at the same instant.
"""

import mmap
import struct
from hashlib import blake2b

# A key, when it was last told (seconds), and how often it came since.
SLOT = struct.Struct("=QdQ")
SLOTS = 64
SECONDS = 60.0


class Repeats:
    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, SLOT.size * SLOTS)

    def due(self, what: str, now: float) -> int:
        """How often it came since it was last told, with this time; 0 where that is no minute ago.

        `now` is in seconds, of a clock that all processes of this host share.
        """
        key = int.from_bytes(blake2b(what.encode(), digest_size=8).digest(), "big")
        place = self.place(key)
        found, told_at, count = SLOT.unpack_from(self.memory, place)
        is_due = found != key or now - told_at >= SECONDS
        times = 1 if found != key else count + 1
        SLOT.pack_into(self.memory, place, key, now if is_due else told_at, 0 if is_due else times)
        return times if is_due else 0

    def place(self, key: int) -> int:
        """Of this key's slot, else of the one that was told longest ago."""
        places = range(0, SLOT.size * SLOTS, SLOT.size)
        slots = {place: SLOT.unpack_from(self.memory, place) for place in places}
        mine = [place for place, slot in slots.items() if slot[0] == key]
        return mine[0] if mine else min(places, key=lambda place: slots[place][1])
