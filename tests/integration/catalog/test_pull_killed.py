"""A large catalog over real HTTP: how fast it comes, and what a killed worker leaves behind."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from integration.models import Product, ProductPull, SyncJob
from integration.sandbox.server import Sandbox
from integration.sync import engine, gateway
from tests.factories import make_location, make_seller
from tests.integration.catalog.test_paging import job_for
from tests.integration.processes import wait_for
from tests.integration.served import own_database, query

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

EMAIL, PASSWORD, KEY = "api@acme.test", "password-canary", "en2948810184"
PAGES = 100
PATIENCE = 60
# With processes of a busy machine, where nothing is timed.
LONG_PATIENCE = 300

# The lease is short, so that whoever comes next need not wait for it.
DRAIN = """
import sys
import django
django.setup()
from django.conf import settings
from integration.sync import engine
settings.EASYECOM_BASE_URL = sys.argv[1]
settings.SYNC_LEASE = 1
engine.drain(240)
"""
SEED = """
import sys
import django
django.setup()
from django.core.management import call_command
from tests.factories import make_location, make_seller
from tests.integration.catalog.test_paging import job_for
call_command("migrate", verbosity=0)
email, password, key = sys.argv[1:]
seller = make_seller(api_username=email, api_password=password, rate_per_second=50, burst=50)
job_for(make_location(seller=seller, location_key=key, token=""), "products")
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """50 calls a second are allowed, and each takes 20 ms more."""
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        yield sandbox
    gateway.session_of.cache_clear()


def stock_up(sandbox: Sandbox, page_size: int) -> None:
    sandbox.tell("settings", product_page_cap=page_size, latency_seconds=0.02)
    sandbox.tell(
        "accounts",
        email=EMAIL,
        password=PASSWORD,
        rate=50,
        burst=50,
        locations=[{"location_key": KEY}],
        products=PAGES * page_size,
    )


def statuses(sandbox: Sandbox) -> Counter[int]:
    """How the calls for a page of products were answered."""
    lines = sandbox.ask("ledger")["lines"]
    return Counter(line["status"] for line in lines if line["kind"] == "get_products")


@pytest.mark.django_db(transaction=True)
def test_twenty_thousand_products_come_in_under_a_minute(sandbox, settings):
    stock_up(sandbox, page_size=200)
    settings.EASYECOM_BASE_URL = sandbox.address
    seller = make_seller(api_username=EMAIL, api_password=PASSWORD, rate_per_second=50, burst=50)
    location = make_location(seller=seller, location_key=KEY, token="")
    job = job_for(location, "products")
    began = time.monotonic()

    while engine.has_work() and time.monotonic() - began < PATIENCE:
        engine.drain(10)

    assert time.monotonic() - began < PATIENCE
    job.refresh_from_db()
    assert job.status == SyncJob.Status.SUCCEEDED
    assert Product.objects.filter(is_active=True).count() == PAGES * 200
    pull = ProductPull.objects.get()
    assert (pull.pages, pull.products, pull.began_at) == (PAGES, PAGES * 200, None)
    assert statuses(sandbox) == {200: PAGES}


def test_pull_whose_worker_is_killed_goes_on_where_it_was(sandbox, tmp_path):
    stock_up(sandbox, page_size=10)
    with own_database(tmp_path) as url:
        child(url, SEED, EMAIL, PASSWORD, KEY).wait(LONG_PATIENCE)
        killed = child(url, DRAIN, sandbox.address)
        wait_for(lambda: statuses(sandbox).total() > PAGES // 3, LONG_PATIENCE)
        killed.kill()
        killed.wait()
        ((before, began_at),) = query(url, "SELECT pages, began_at FROM integration_productpull")
        wait_for_the_lease(url)

        assert child(url, DRAIN, sandbox.address).wait(LONG_PATIENCE) == 0

        ((pages, watermark),) = query(url, "SELECT pages, watermark FROM integration_productpull")
        assert PAGES // 4 < before < PAGES and pages == PAGES
        assert watermark == began_at
        assert query(url, "SELECT count(*) FROM integration_product") == [(PAGES * 10,)]
        # The page whose answer died with the worker is asked for once more, and no other.
        assert PAGES <= statuses(sandbox).total() <= PAGES + 1


def wait_for_the_lease(url: str) -> None:
    (lease,) = query(url, "SELECT status FROM integration_syncjob")
    assert lease == ("running",)
    sql = "SELECT 1 FROM integration_syncjob WHERE lease_until < {now}"
    is_postgres = url.startswith("postgres")
    now = "clock_timestamp()" if is_postgres else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    wait_for(lambda: query(url, sql.format(now=now)), LONG_PATIENCE)


def child(url: str, script: str, *arguments: str) -> subprocess.Popen[bytes]:
    environ = os.environ | {"TEST_DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
    return subprocess.Popen([sys.executable, "-c", script, *arguments], env=environ)
