from collections.abc import Iterator

import pytest

from integration.sandbox.server import Sandbox
from tests.integration.sandbox.helpers import Caller, Receiver, account, calling, receiving


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.tell("accounts", **account())
        sandbox.tell("settings", cool_down_seconds=0)
        yield sandbox


@pytest.fixture
def stranger(sandbox: Sandbox) -> Iterator[Caller]:
    """Speaks to the sandbox without a token."""
    with calling(sandbox.address) as caller:
        yield caller


@pytest.fixture
def caller(sandbox: Sandbox) -> Iterator[Caller]:
    """Holds a token of the first location."""
    with calling(sandbox.address) as caller:
        yield caller.authorize()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
