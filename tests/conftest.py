from collections.abc import Iterator
from typing import Any

import pytest

from tests.receiver import Receiver, listening


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with listening(settings) as receiver:
        yield receiver
