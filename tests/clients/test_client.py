import copy
import traceback
from decimal import Decimal

import pytest
import requests
from booon_console_client import (
    Client,
    Conflict,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from django.db import OperationalError

from integration.catalog import listings
from integration.models import Listing, Order, Product
from integration.orders import corrections, intake
from tests.clients.conftest import KEY, set_levels
from tests.integration.api.conftest import BODY, SHIPMENT, body_with
from tests.integration.api.test_listings import BODY as LISTING


def test_an_order_is_given_changed_read_and_withdrawn(console):
    given = console.put_order("acme", "BN-1", BODY)
    again = console.put_order("acme", "BN-1", BODY | {"shipping_charge": "21.00"})

    assert (given["stage"], again["shipping_charge"]) == ("received", "21.00")
    assert console.get_order("acme", "BN-1") == again
    assert console.withdraw_order("acme", "BN-1")["stage"] == "withdrawn"
    assert Order.objects.get().stage == "withdrawn"


def test_a_shipment_is_given_and_read(console):
    console.put_order("acme", "BN-1", BODY)
    with pytest.raises(NotFound, match="no shipment details yet"):
        console.get_shipment("acme", "BN-1")

    kept = SHIPMENT | {"at_easyecom": None, "assigned_at": None, "replaced": []}
    assert console.put_shipment("acme", "BN-1", SHIPMENT)["shipment"] == kept
    assert console.get_shipment("acme", "BN-1")["shipment"] == kept


@pytest.mark.parametrize("sku", ["mob000", "a/b", "a/", "a b%2F?#&", "é", "a/../b", "%2e%2e", ".."])
def test_a_listing_is_kept_under_its_very_sku(console, sku):
    given = console.put_listing("acme", sku, LISTING)

    assert given["sku"] == sku == Listing.objects.get().sku
    assert console.get_listing("acme", sku) == given == next(console.listings(seller="acme"))
    assert console.delete_listing("acme", sku) is None
    assert not Listing.objects.exists()


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_elsewhere_is_refused_here(offline, name):
    with pytest.raises(ValueError, match="can't stand in an address"):
        offline.get_listing(name, "mob000")


def test_lists_go_over_all_pages_and_take_what_they_are_asked(console, location):
    set_levels(location, [(f"S-{n}", n) for n in range(501)])
    for number in ("BN-1", "BN-2"):
        console.put_order("acme", number, BODY)
    console.withdraw_order("acme", "BN-2")
    Product.objects.create(
        seller=location.seller, location=location, sku="P", seen_at="2026-11-24T10:00:00Z"
    )

    assert sorted(row["quantity"] for row in console.stock(seller="acme")) == list(range(501))
    assert [row["sku"] for row in console.stock(sku="S-7")] == ["S-7"]
    later = "2026-11-24T15:30:01+05:30"
    assert list(console.stock(updated_after=later)) == []
    assert [row["order_number"] for row in console.orders(stage="withdrawn")] == ["BN-2"]
    assert [row["sku"] for row in console.products()] == ["P"]


def test_the_next_page_is_asked_at_our_own_address_whatever_it_says(offline, monkeypatch):
    asked = []
    pages = iter([page("https://evil.test/x?cursor=abc&limit=500"), page(None)])

    def request(method, url, **options):
        asked.append((url, dict(options["params"])))
        return next(pages)

    monkeypatch.setattr(offline._session, "request", request)

    list(offline.stock())

    assert [url for url, _ in asked] == [f"{offline.base_url}/api/v1/stock/"] * 2
    assert asked[1][1] == {"cursor": ["abc"], "limit": ["500"]}


def page(following):
    answer = requests.Response()
    answer.status_code = 200
    answer.json = lambda: {"results": [], "next": following}
    answer._content = b"{}"
    return answer


def test_each_error_has_its_class_its_status_and_its_fields(console):
    console.put_order("acme", "BN-1", BODY)
    console.withdraw_order("acme", "BN-1")
    Order.objects.update(is_number_spent=True)

    with pytest.raises(Invalid) as invalid:
        console.put_order("acme", "BN-2", body_with("lines.0.quantity", 0))
    with pytest.raises(Conflict) as conflict:
        console.put_order("acme", "BN-1", BODY)
    with pytest.raises(NotFound) as unknown:
        console.get_order("nobody", "BN-1")
    with pytest.raises(TooLarge) as large:
        console.put_order("acme", "BN-3", BODY | {"discount": "x" * 2_100_000})
    with pytest.raises(Unauthorized) as stranger:
        next(Client(console.base_url, "another").orders())
    with pytest.raises(Invalid, match="stage"):
        next(console.orders(stage="lost"))

    assert [(each.field, bool(each.message)) for each in invalid.value.errors] == [
        ("lines.0.quantity", True)
    ]
    assert "lines.0.quantity: " in str(invalid.value)
    statuses = [each.value.status for each in (invalid, conflict, unknown, large, stranger)]
    assert statuses == [400, 409, 404, 413, 401]
    assert "Give it again under another number." in conflict.value.errors[0].message


def test_a_put_is_tried_again_after_a_503_as_late_as_it_asks(console, monkeypatch, naps):
    real, calls = intake.accept, []

    def stumble(*args, **options):
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError
        return real(*args, **options)

    monkeypatch.setattr(intake, "accept", stumble)

    assert console.put_order("acme", "BN-1", BODY)["order_number"] == "BN-1"
    assert (len(calls), naps) == (3, [30, 30])


def test_tries_end_and_a_delete_has_one_only(console, monkeypatch, naps):
    def fail(*args, **options):
        raise OperationalError

    monkeypatch.setattr(listings, "put", fail)
    with pytest.raises(Unavailable) as away:
        console.put_listing("acme", "A", LISTING)
    assert (away.value.status, away.value.retry_after, naps) == (503, 30, [30, 30, 30])

    console.put_order("acme", "BN-1", BODY)
    monkeypatch.setattr(corrections, "withdraw", fail)
    naps.clear()
    with pytest.raises(Unavailable):
        console.withdraw_order("acme", "BN-1")
    assert naps == []


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimited), (502, Unavailable), (302, Refused), (418, Refused)]
)
def test_what_stands_between_may_answer_without_json(offline, monkeypatch, status, kind):
    answer = requests.Response()
    answer.status_code, answer._content = status, b"<html>"
    monkeypatch.setattr(offline._session, "request", lambda *_, **options: answer)

    with pytest.raises(kind) as refused:
        offline.get_order("acme", "BN-1")

    assert type(refused.value) is kind
    assert (refused.value.status, refused.value.errors) == (status, [])


def test_no_answer_is_unreachable_and_the_key_is_nowhere(naps, caplog, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b")
    monkeypatch.setenv("NETRC", str(netrc))
    caplog.set_level("DEBUG")
    client = Client("http://127.0.0.1:9", KEY, sleep=naps.append)

    with pytest.raises(Unreachable) as gone:
        client.put_order("acme", "BN-1", copy.deepcopy(BODY))

    assert str(gone.value) == "PUT sellers/acme/orders/BN-1/: no answer (ConnectionError)."
    assert (gone.value.__cause__, gone.value.__context__) == (None, None)
    assert len(naps) == 3 and naps == sorted(naps)
    told = "".join(traceback.format_exception(gone.value)) + caplog.text
    assert KEY not in told + repr(client) + repr(client._session.auth) + repr(vars(client))


def test_the_key_is_shown_though_a_netrc_has_another(console, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login a password b")
    monkeypatch.setenv("NETRC", str(netrc))

    assert list(console.orders()) == []


@pytest.mark.parametrize("url", ["http://console.booon.test", "console.booon.test", "ftp://x"])
def test_the_key_goes_over_https_only(url):
    with pytest.raises(ValueError, match="https"):
        Client(url, KEY)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "é"])
def test_a_key_that_is_none_is_refused_without_repeating_it(key):
    with pytest.raises(ValueError, match="The API key is empty, or has"):
        Client("https://console.booon.test", key)


@pytest.mark.parametrize("charge", [float("nan"), float("inf"), Decimal("NaN")])
def test_number_that_json_has_not_is_refused_before_anything_is_sent(offline, naps, charge):
    with pytest.raises(ValueError):
        offline.put_order("acme", "BN-1", BODY | {"shipping_charge": charge})

    assert naps == []


def test_amount_may_be_a_decimal(console):
    given = console.put_order("acme", "BN-1", BODY | {"shipping_charge": Decimal("20.50")})

    assert given["shipping_charge"] == "20.50"
