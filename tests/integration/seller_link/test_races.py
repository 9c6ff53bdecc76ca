"""Two people with one link, at the same moment."""

import pytest

from integration.models import SellerLink, SyncJob
from integration.onboarding import seller_links, sellers
from sellers.models import Location, Seller
from tests import races
from tests.factories import make_location, make_seller
from tests.integration.seller_link.conftest import make

pytestmark = races.marks


def given(password):
    form = sellers.SellerIn(
        data={
            "code": "acme",
            "name": "Acme Traders",
            "api_username": "api@acme.test",
            "api_password": password,
            "locations": [{"location_key": "en100"}],
        }
    )
    form.is_valid(raise_exception=True)
    return form.validated_data


def taken(link, password):
    try:
        return len(seller_links.take_in(link, given(password), seen=""))
    except seller_links.Changed:
        return "changed"


def test_second_of_two_first_forms_changes_nothing():
    link, _ = make()

    found = races.meet(lambda: taken(link, "one"), lambda: taken(link, "other"))

    assert found == (1, "changed")
    assert (Seller.objects.count(), Location.objects.count()) == (1, 1)
    assert sellers.readable(Seller.objects.get(), "api_password") == "one"


def test_tries_that_come_at_once_are_all_counted():
    link, _ = make()
    SellerLink.objects.update(tries=seller_links.TRIES_IN_ALL - 1)

    found = races.meet(
        lambda: seller_links.count_tries(link, 1), lambda: seller_links.count_tries(link, 1)
    )

    assert found == (True, False)
    assert SellerLink.objects.get().tries == seller_links.TRIES_IN_ALL


def test_link_that_is_ended_at_the_same_moment_takes_nothing_in():
    link, _ = make()

    def late():
        with pytest.raises(seller_links.Ended):
            seller_links.take_in(link, given("x"), seen="")
        return "ended"

    assert races.meet(lambda: seller_links.revoke(link, actor="asha"), late) == (True, "ended")
    assert not Seller.objects.exists()


def test_key_is_not_corrected_under_a_call_that_is_under_way():
    location = make_location(seller=make_seller(), live=False)
    link, _ = make(location.seller)
    SyncJob.objects.want_location(location)

    def claim():
        Location.objects.select_for_update(no_key=True).get(pk=location.pk)
        return SyncJob.objects.update(
            status="running",
            lease_token="00000000-0000-0000-0000-000000000001",
            lease_until=link.expires_at,
        )

    def correct():
        with pytest.raises(seller_links.NotFree):
            seller_links.correct_key(link, location, "en100")
        return "not free"

    assert races.meet(claim, correct) == (1, "not free")
    location.refresh_from_db()
    assert location.location_key != "en100"
