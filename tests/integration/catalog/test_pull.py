"""The product pull: its watermark, its place, and what disappears."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.utils import timezone

from integration.catalog import pull as catalog_pull
from integration.easyecom import Kind, ProductPage, Rejected
from integration.models import Listing, Product, ProductPull, Rest, SyncJob
from sellers.models import Location
from tests.factories import make_location
from tests.integration.catalog.test_paging import PRODUCTS, job_for, product
from tests.integration.conftest import run

pytestmark = pytest.mark.django_db

AGO = timezone.now() - timedelta(days=3)
SECOND = "/Products/GetProductMaster?cursor=second"
LAST = {"data": [], "nextUrl": None}


@pytest.fixture
def location() -> Location:
    return make_location()


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "RETRY_DELAYS", [0])
    yield


def page(*skus: str, next_url: str | None = None) -> dict[str, object]:
    return {"data": [product(sku) for sku in skus] or "No Data Found", "nextUrl": next_url}


def pulled(location: Location, **fields: object) -> ProductPull:
    """As after a full pull three days ago."""
    values = {"watermark": AGO, "full_began_at": AGO} | fields
    return ProductPull.objects.create(location=location, **values)


def known(location: Location, *skus: str, seen_at: datetime = AGO) -> None:
    Product.objects.bulk_create(
        Product(seller=location.seller, location=location, sku=sku, seen_at=seen_at) for sku in skus
    )


def gone() -> set[str]:
    rows = Product.objects.filter(gone_at__isnull=False, is_active=False)
    return set(rows.values_list("sku", flat=True))


def full(location: Location) -> SyncJob:
    job, _ = SyncJob.objects.get_or_create(
        kind="products", location=location, seller=location.seller
    )
    catalog_pull.want_full([location.pk])
    return job


def test_first_pull_is_full_and_the_watermark_is_when_it_began(easyecom, location):
    easyecom.get(PRODUCTS, json=page("A", next_url=SECOND))
    easyecom.get(f"{PRODUCTS}?cursor=second", json=page("B"))
    before = timezone.now()

    run(job_for(location, "products"))

    pull = ProductPull.objects.get()
    first_seen = Product.objects.get(sku="A").seen_at
    assert before <= pull.watermark == pull.full_began_at <= first_seen
    assert (pull.began_at, pull.pages, pull.products) == (None, 2, 2)
    assert "updated_after" not in str(easyecom.calls[0].request.url)


def test_next_pull_asks_for_what_changed_since_an_hour_before_the_watermark(easyecom, location):
    pulled(location)
    easyecom.get(PRODUCTS, json=page())

    run(job_for(location, "products"))

    query = parse_qs(urlsplit(str(easyecom.calls[0].request.url)).query)
    # India is five and a half hours ahead.
    asked = AGO - timedelta(hours=1) + timedelta(hours=5, minutes=30)
    assert query["updated_after"] == [f"{asked:%Y-%m-%d %H:%M:%S}"]
    pull = ProductPull.objects.get()
    assert pull.watermark > AGO and pull.full_began_at == AGO


@pytest.mark.parametrize(
    "fields",
    [
        {"full_wanted": True},
        {"full_began_at": timezone.now() - timedelta(days=7)},
        {"full_began_at": None},
    ],
)
def test_pull_is_full_when_asked_for_and_once_a_week(easyecom, location, fields):
    pulled(location, **fields)
    easyecom.get(PRODUCTS, json=page("A"))

    run(job_for(location, "products"))

    assert "updated_after" not in str(easyecom.calls[0].request.url)
    pull = ProductPull.objects.get()
    assert pull.full_began_at == pull.watermark > AGO
    assert not pull.full_wanted


def test_page_failing_midway_costs_neither_place_nor_watermark(easyecom, location):
    pulled(location)
    easyecom.get(PRODUCTS, json=page("A", next_url=SECOND))
    easyecom.get(f"{PRODUCTS}?cursor=second", status=502, body="<html>")

    job = run(job_for(location, "products"), seconds=1)

    assert (job.status, job.next_page) == (SyncJob.Status.PENDING, SECOND)
    pull = ProductPull.objects.get()
    assert pull.watermark == AGO and pull.began_at > AGO

    began_at = pull.began_at
    easyecom.replace("GET", f"{PRODUCTS}?cursor=second", json=page("B"))
    asked = len(easyecom.calls)
    run(job)

    assert [str(call.request.url) for call in easyecom.calls][asked:] == [
        f"{PRODUCTS}?cursor=second"
    ]
    pull.refresh_from_db()
    assert pull.watermark == began_at


def test_place_that_easyecom_refuses_is_asked_again_and_then_given_up(easyecom, location):
    pulled(location)
    easyecom.get(PRODUCTS, json=page("A", next_url=SECOND))
    refusal = {"code": 400, "message": "Invalid cursor", "data": []}
    easyecom.get(f"{PRODUCTS}?cursor=second", json=refusal)

    job = run(job_for(location, "products"))

    assert (job.status, job.error_code) == (SyncJob.Status.FAILED, "refused")
    asked = [call for call in easyecom.calls if "cursor" in str(call.request.url)]
    assert len(asked) == catalog_pull.PATIENCE + 1
    pull = ProductPull.objects.get()
    assert (job.next_page, pull.began_at, pull.watermark) == ("", None, AGO)


def test_place_where_a_day_of_tries_failed_is_given_up(easyecom, location):
    job = job_for(location, "products", next_page=SECOND, setbacks=catalog_pull.PATIENCE)
    pulled(location, began_at=timezone.now() - timedelta(hours=25))
    easyecom.get(PRODUCTS, json=page("A"))

    run(job)

    assert ProductPull.objects.get().watermark > AGO
    assert "cursor" not in str(easyecom.calls[0].request.url)


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_pages_that_go_round_end_the_pull_without_moving_its_watermark(easyecom, location, length):
    pulled(location, full_wanted=True)
    known(location, "OLD")
    pages = [f"/Products/GetProductMaster?cursor={n}" for n in range(length)]
    easyecom.get(PRODUCTS, json=page("A", next_url=pages[0]))
    for n, following in enumerate([*pages[1:], pages[0]]):
        easyecom.get(f"{PRODUCTS}?cursor={n}", json=page(f"S{n}", next_url=following))

    job = run(job_for(location, "products"))

    assert (job.status, job.error_code, job.next_page) == ("failed", "page_loop", "")
    assert len(easyecom.calls) <= 4 * length
    pull = ProductPull.objects.get()
    assert (pull.watermark, pull.began_at) == (AGO, None)
    assert gone() == set()


def test_long_way_of_pages_is_no_circle(easyecom, location):
    easyecom.get(PRODUCTS, json=page("A", next_url=f"{PRODUCTS}?cursor=0"))
    for n in range(40):
        following = f"{PRODUCTS}?cursor={n + 1}" if n < 39 else None
        easyecom.get(f"{PRODUCTS}?cursor={n}", json=page(f"S{n}", next_url=following))

    job = run(job_for(location, "products"), seconds=8)

    assert job.status == SyncJob.Status.SUCCEEDED
    assert Product.objects.count() == 41


def test_full_pull_deactivates_what_disappeared_and_says_when(easyecom, location):
    pulled(location)
    known(location, "STAYS", "GOES")
    easyecom.get(PRODUCTS, json=page("STAYS"))
    before = timezone.now()

    run(full(location))

    assert gone() == {"GOES"}
    assert Product.objects.get(sku="GOES").gone_at >= before
    assert ProductPull.objects.get().gone == 1


def test_incremental_pull_deactivates_nothing(easyecom, location):
    pulled(location)
    known(location, "A", "B")
    easyecom.get(PRODUCTS, json=page("A"))

    run(job_for(location, "products"))

    assert gone() == set()


def test_product_that_is_seen_again_comes_back(easyecom, location):
    pulled(location)
    known(location, "A")
    Product.objects.update(is_active=False, gone_at=AGO)
    easyecom.get(PRODUCTS, json=page("A"))

    run(job_for(location, "products"))

    row = Product.objects.get()
    assert (row.is_active, row.gone_at) == (True, None)


def test_full_pull_that_shows_nothing_at_all_is_no_evidence(easyecom, location):
    pulled(location)
    known(location, "A")
    easyecom.get(PRODUCTS, json=page())

    run(full(location))

    assert gone() == set()
    assert ProductPull.objects.get().full_began_at == AGO


def test_row_that_can_not_be_read_has_not_disappeared(easyecom, location):
    pulled(location)
    known(location, "BROKEN")
    broken = product("BROKEN", sub_products="none of our shapes")
    easyecom.get(PRODUCTS, json={"data": [product("A"), broken], "nextUrl": None})

    run(full(location))

    assert gone() == set()
    assert ProductPull.objects.get().skipped == 1


def test_product_that_another_location_showed_of_late_stays(easyecom, location):
    other = make_location(seller=location.seller)
    pulled(location)
    pulled(other)
    known(location, "BOTH", "NOBODY", seen_at=AGO - timedelta(days=1))
    known(other, "THEIRS", seen_at=AGO + timedelta(minutes=1))
    easyecom.get(PRODUCTS, json=page("BOTH"))

    run(full(location))

    assert gone() == {"NOBODY"}


def test_product_goes_when_no_location_shows_it_any_more(easyecom, location):
    other = make_location(seller=location.seller)
    known(location, "A", "LOST")
    for each in (location, other):
        pulled(each)
        easyecom.get(PRODUCTS, json=page("A"))
        run(full(each))

    assert gone() == {"LOST"}


def test_location_that_was_never_pulled_whole_keeps_what_it_showed(easyecom, location):
    other = make_location(seller=location.seller)
    pulled(location)
    known(other, "FIRST-PAGE", seen_at=timezone.now())
    easyecom.get(PRODUCTS, json=page("A"))

    run(full(location))

    assert gone() == set()


def test_location_that_is_silent_for_weeks_holds_nothing_up(easyecom, location):
    long_ago = timezone.now() - timedelta(days=60)
    silent = make_location(seller=location.seller)
    pulled(silent, full_began_at=long_ago)
    pulled(location)
    known(silent, "LOST", seen_at=timezone.now() - timedelta(days=29))
    easyecom.get(PRODUCTS, json=page("A"))

    run(full(location))

    assert gone() == {"LOST"}


def test_another_sellers_products_are_left_alone(easyecom, location):
    stranger = make_location()
    pulled(location)
    known(stranger, "A")
    easyecom.get(PRODUCTS, json=page("B"))

    run(full(location))

    assert gone() == set()


def test_combos_and_variants_are_kept(easyecom, location):
    rows = [
        product("KURTA", product_type="variant_parent"),
        product("KURTA-M", product_type="child_product", parent_sku="KURTA"),
        product("SET", product_type="combo_product", sub_products=[{"sku": "A", "quantity": 2}]),
    ]
    easyecom.get(PRODUCTS, json={"data": rows, "nextUrl": None})

    run(job_for(location, "products"))

    kept = Product.objects.order_by("sku").values_list("sku", "kind", "parent_sku", "components")
    assert list(kept) == [
        ("KURTA", "variant_parent", "", []),
        ("KURTA-M", "child_product", "KURTA", []),
        ("SET", "combo_product", "", [{"sku": "A", "quantity": 2}]),
    ]


def test_full_pull_asked_for_while_one_is_under_way_follows_it(easyecom, location):
    job = job_for(location, "products", next_page=SECOND)
    pulled(location, began_at=timezone.now(), is_full=True)
    easyecom.get(f"{PRODUCTS}?cursor=second", json=page("A"))
    catalog_pull.want_full([location.pk])

    run(job)

    assert ProductPull.objects.get().full_wanted

    easyecom.get(PRODUCTS, json=page("B"))
    catalog_pull.want_pulls()
    run(job)

    assert not ProductPull.objects.get().full_wanted
    assert Product.objects.filter(sku="B").exists()


def test_listing_of_a_product_that_disappeared_is_unmatched(easyecom, location):
    pulled(location)
    known(location, "GOES")
    now = timezone.now()
    Listing.objects.create(
        seller=location.seller,
        sku="GOES",
        title="T",
        price=1,
        product=Product.objects.get(),
        created_at=now,
        updated_at=now,
    )
    easyecom.get(PRODUCTS, json=page("A"))

    run(full(location))

    assert Listing.objects.get().product is None


# By its functions --------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BEFORE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def test_catalog_is_known_as_of_the_newest_pull_of_the_sellers_locations(location):
    assert catalog_pull.read_at(location.seller_id) is None

    pulled(location, watermark=BEFORE)
    pulled(make_location(seller=location.seller), watermark=NOW)
    pulled(make_location(seller=location.seller), watermark=None)
    pulled(make_location(), watermark=NOW + timedelta(days=1))

    assert catalog_pull.read_at(location.seller_id) == NOW


def test_full_pull_is_wanted_of_locations_that_were_never_pulled_too_and_of_no_others(location):
    not_live, other = make_location(live=False), make_location()
    jobs = [job_for(each, "products") for each in (location, not_live, other)]
    SyncJob.objects.update(due_at=None, status="succeeded")

    assert catalog_pull.want_full([location.pk, not_live.pk]) == 1

    wanted = dict(ProductPull.objects.values_list("location", "full_wanted"))
    assert wanted == {location.pk: True, not_live.pk: True}
    due = [SyncJob.objects.get(pk=job.pk).due_at is not None for job in jobs]
    assert due == [True, False, False]

    other_pull = pulled(other)
    catalog_pull.want_full([location.pk])
    other_pull.refresh_from_db()
    assert other_pull.full_wanted is False


@pytest.mark.parametrize(("next_target", "has_more"), [("", False), (SECOND, True)])
def test_first_page_that_was_asked_for_elsewhere_begins_a_full_pull(
    location, next_target, has_more
):
    job = job_for(location, "products")
    pulled(location, pages=9, products=9, skipped=9, milestone="m", full_wanted=True)
    found = ProductPage(products=(), next_target=next_target)

    assert catalog_pull.start_with(job, found, NOW) is has_more

    pull = ProductPull.objects.get()
    assert (pull.pages, pull.products, pull.skipped, pull.full_wanted) == (1, 0, 0, False)
    assert (pull.is_full, pull.began_at) == (True, NOW if has_more else None)
    assert pull.watermark == (AGO if has_more else NOW)
    assert pull.ended_at == (None if has_more else NOW)
    assert SyncJob.objects.get(pk=job.pk).next_page == next_target


@pytest.mark.parametrize(
    ("kind", "next_page", "setbacks", "is_over"),
    [
        (Kind.GET_PRODUCTS, SECOND, 2, False),
        (Kind.GET_PRODUCTS, SECOND, 3, True),
        (Kind.GET_PRODUCTS, "", 0, True),
    ],
)
def test_page_that_is_refused_is_asked_for_again_or_ends_the_pull_with_its_words(
    location, kind, next_page, setbacks, is_over
):
    job = job_for(location, "products")
    job.next_page, job.setbacks = next_page, setbacks
    pulled(location, began_at=BEFORE)

    rest = catalog_pull.settle(job, kind, Rejected("No such cursor."), NOW)

    pull = ProductPull.objects.get()
    if is_over:
        assert rest == Rest("failed", None, "refused", "No such cursor.")
        assert (pull.began_at, pull.watermark, job.next_page) == (None, AGO, "")
    else:
        assert rest is None
        assert (pull.began_at, job.next_page) == (BEFORE, SECOND)


def test_refusal_of_a_log_in_leaves_the_place(location):
    job = job_for(location, "products")
    job.next_page = SECOND
    pulled(location, began_at=BEFORE)

    rest = catalog_pull.settle(job, Kind.LOG_IN, Rejected("No."), NOW)

    assert rest == Rest("failed", None, "refused", "No.")
    assert (ProductPull.objects.get().began_at, job.next_page) == (BEFORE, SECOND)


@pytest.mark.parametrize(
    ("ago", "setbacks", "is_stuck"),
    [
        (timedelta(days=1), 3, False),
        (timedelta(days=1, seconds=1), 2, False),
        (timedelta(days=1, seconds=1), 3, True),
    ],
)
def test_pull_that_fails_for_a_day_begins_anew(location, ago, setbacks, is_stuck):
    job = job_for(location, "products")
    job.setbacks, job.next_page = setbacks, SECOND
    pulled(location, began_at=NOW - ago, is_full=True)

    catalog_pull.next_call(job, NOW)

    pull = ProductPull.objects.get()
    assert (pull.began_at is None, job.next_page) == (is_stuck, "" if is_stuck else SECOND)
