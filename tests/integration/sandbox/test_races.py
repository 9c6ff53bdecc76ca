import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.sandbox.server import Sandbox
from tests.examples import examples
from tests.integration.sandbox.helpers import account, calling, order

FAULTS = ("", "drop", "drop_after_commit", "committed_400", "html", "truncated", "status")


@pytest.fixture
def hasty_threads():
    """Threads change places as often as they can, so that what a lock forgets shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_orders_of_one_number_at_once_make_one_order(caller):
    barrier = threading.Barrier(8)

    def create(_):
        with calling(caller.address) as mine:
            mine.session.headers.update(caller.session.headers)
            codes = []
            for n in range(10):
                barrier.wait(timeout=30)
                codes.append(mine.create(f"BN-{n}").json()["code"])
            return codes

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(code for answers in pool.map(create, range(8)) for code in answers)

    assert codes == {200: 10, 400: 70}
    assert len(caller.state("orders")) == 10
    assert sum(line["committed"] for line in caller.ledger("create_order")) == 10


@pytest.mark.usefixtures("hasty_threads")
def test_stock_survives_orders_at_once(caller):
    caller.control("levels", location_key="ne29488101841", sku="mob000", quantity=1000)

    def create(worker):
        with calling(caller.address) as mine:
            mine.session.headers.update(caller.session.headers)
            for n in range(20):
                mine.create(f"BN-{worker}-{n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(8)))

    assert caller.state("stock")["ne29488101841"]["mob000"] == 1000 - 8 * 20 * 2
    assert [line["n"] for line in caller.ledger()] == list(range(1, len(caller.ledger()) + 1))


@pytest.fixture(scope="module")
def house():
    with Sandbox() as sandbox:
        yield sandbox


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(FAULTS)), max_size=12))
def test_ledger_tells_what_took_effect_whatever_goes_wrong(house, tries):
    house.tell("reset")
    house.tell("accounts", **account())
    with calling(house.address) as caller:
        caller.authorize()
        for number, fault in tries:
            attempt(caller, number, fault)
        committed = Counter(
            line["order_number"] for line in caller.ledger("create_order") if line["committed"]
        )
        standing = Counter(row["order_number"] for row in caller.state("orders"))

    assert committed == standing
    assert all(count == 1 for count in standing.values())
    assert len(tries) == len([x for x in house.world.ledger.lines if x.kind == "create_order"])


def attempt(caller, number, fault):
    if fault:
        caller.control("faults", kind="create_order", fault=fault, committed=fault == "html")
    try:
        caller.post("/webhook/v2/createOrder", order(number))
    except requests.RequestException:
        return
