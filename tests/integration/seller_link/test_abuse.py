"""A stranger's door: what a link opens, to whom, and what nobody gets by it."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from booon_console.fields import reveal
from integration.models import ApiCall, Event, LinkToken, SellerLink, WebhookEndpoint
from integration.onboarding import seller_links
from integration.seller_link import door
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import make_location, make_seller
from tests.integration.conftest import bodies
from tests.integration.onboarding.test_flow import LOG_IN, answer_all
from tests.integration.seller_link.conftest import (
    PASSWORD,
    enter,
    make,
    make_token,
    post,
    seen_in,
    text_of,
    tokens_in,
    typed,
)

pytestmark = pytest.mark.django_db
MARKS = "<img src=x onerror=alert(1)>'\"{{7*7}}"
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", re.I)


def raw(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())


# Guessing and replay ---------------------------------------------------------------------------


def test_secret_is_kept_as_its_digest_alone():
    link, secret = make()

    assert len(secret) == 48
    assert SellerLink.objects.get().digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in raw("integration_sellerlink") + raw("integration_event")


@pytest.mark.parametrize("code", ["", "x", "0" * 48, "\x00", "ä" * 48])
def test_wrong_code_opens_nothing_and_tells_nothing(code):
    link, _ = make()
    known, unknown = (
        Client().post(f"/link/{place}/", {"code": code}) for place in (link.pk, "0" * 16)
    )

    assert (known.status_code, unknown.status_code) == (403, 403)
    assert without_ids(known) == without_ids(unknown)
    assert door.COOKIE not in known.cookies
    assert not Event.objects.filter(sentence__startswith="Opened").exists()


def without_ids(answer):
    text = answer.content.decode()
    return re.sub(r'/link/[0-9a-f]+/|name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_page_is_the_same_for_an_id_that_there_is_not():
    link, _ = make()
    known, unknown = (Client().get(f"/link/{place}/") for place in (link.pk, "nobody"))

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert without_ids(known) == without_ids(unknown).replace("/link/nobody/", "")
    assert "Acme" not in known.content.decode()


def test_whoever_guesses_often_is_asked_to_wait():
    link, secret = make()
    guesses = [Client().post(link.path, {"code": "x"}).status_code for _ in range(21)]
    other = Client(REMOTE_ADDR="203.0.113.9").post(link.path, {"code": secret})

    assert guesses == [403] * 20 + [429]
    assert other.status_code == 302


def test_whole_address_is_taken_for_the_code():
    link, secret = make()

    assert Client().post(link.path, {"code": f" https://x/{link.pk}/#{secret} "}).status_code == 302


def test_cookie_is_of_its_link_alone_and_no_script_reads_it():
    link, secret = make()
    other, _ = make(code="other", name="Other")
    browser = Client()
    browser.post(link.path, {"code": secret})
    cookie = browser.cookies[door.COOKIE]

    said = (cookie["path"], cookie["samesite"], cookie["httponly"], cookie["secure"])
    assert said == (link.path, "Lax", True, True)
    assert secret not in cookie.value
    replayed = Client()
    replayed.cookies[door.COOKIE] = cookie.value
    assert "Open your link" in replayed.get(other.path).content.decode()


@pytest.mark.parametrize("salt", ["booon_browser", "x"])
def test_cookie_that_we_did_not_sign_for_this_opens_nothing(salt):
    link, _ = make()
    browser = Client()
    browser.cookies[door.COOKIE] = signing.dumps([link.pk, "x"], salt=salt)

    assert "Open your link" in browser.get(link.path).content.decode()
    assert post(browser, link, "give", **typed()).status_code == 403
    assert not Seller.objects.exists()


def test_posts_need_the_csrf_token():
    link, secret = make()
    browser = Client(enforce_csrf_checks=True)

    assert browser.post(link.path, {"code": secret}).status_code == 403
    assert door.COOKIE not in browser.cookies


def test_secret_reaches_no_log(caplog):
    link, secret = make()
    Client().get(link.path)
    Client().post(link.path, {"code": secret[:-1] + "!"})
    enter(link, secret)

    assert secret[:20] not in caplog.text


# Ended links -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "state/"])
def test_ended_link_shows_nothing_to_whoever_is_in(page):
    link, secret = make()
    browser = enter(link, secret)

    seller_links.revoke(link, actor="asha")

    answer = browser.get(f"{link.path}{page}")
    assert answer.status_code == 410
    assert "Acme" not in answer.content.decode()
    assert Client().post(link.path, {"code": secret}).status_code == 410


@pytest.mark.parametrize("page", ["give", "again", "say", "token", "correct", "remove", "pasted"])
def test_link_takes_nothing_after_a_week(page):
    seller = make_seller()
    location = make_location(seller=seller)
    link, secret = make(seller)
    browser = enter(link, secret)
    before = raw("sellers_seller") + raw("integration_webhookendpoint")

    SellerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    endpoint = location.endpoints.first()
    data = {"location": location.pk, "what": "channel", "endpoint": endpoint.pk}
    answer = post(browser, link, page, **typed(**data))

    assert answer.status_code == 410
    assert raw("sellers_seller") + raw("integration_webhookendpoint") == before


def test_new_link_ends_the_one_before(easyecom):
    link, secret = make()
    browser = enter(link, secret)

    make()

    assert browser.get(link.path).status_code == 410
    assert SellerLink.objects.filter(revoked_at=None).count() == 1


# Two at once -----------------------------------------------------------------------------------


def test_second_of_two_people_overwrites_nothing_unseen(easyecom):
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()
    one, other = enter(link, secret), enter(link, secret)
    post(one, link, "give", **typed())

    answer = post(other, link, "give", **typed(api_password="other-canary"))

    assert answer.status_code == 422
    assert "Somebody else was faster" in answer.content.decode()
    assert reveal(Seller.objects.get().api_password) == PASSWORD


def test_seller_that_staff_onboarded_meanwhile_is_not_taken_over(easyecom):
    link, secret = make()
    seller = make_seller(code="acme", api_username="theirs@acme.test")

    answer = post(enter(link, secret), link, "give", **typed())

    assert answer.status_code == 422
    seller.refresh_from_db()
    assert seller.api_username == "theirs@acme.test"
    assert not Location.objects.exists()


# A leaked link ---------------------------------------------------------------------------------


def test_leaked_link_reads_back_no_secret(easyecom):
    answer_all(easyecom)
    seller = make_seller(x_api_key="x-key-canary")
    location = make_location(seller=seller)
    link, secret = make(seller, may_change_log_in=True)
    mine = enter(link, secret)
    make_token(mine, link, location, "inventory")
    (token,) = tokens_in(text_of(mine, link))

    thief = enter(link, secret)
    seen = text_of(thief, link) + thief.get(f"{link.path}state/").content.decode()

    assert "canary" not in seen
    assert token not in seen
    assert seller.api_username not in seen
    assert Event.objects.filter(sentence="Opened the link in another browser.").count() == 1


def test_leaked_link_leads_no_live_location_into_another_account():
    seller = make_seller()
    make_location(seller=seller)
    link, secret = make(seller)
    browser = enter(link, secret)
    page = text_of(browser, link)

    post(browser, link, "give", **typed(seen=seen_in(page), location_keys=""))

    assert 'name="api_password"' not in page
    before = seller.api_username
    seller.refresh_from_db()
    assert seller.api_username == before
    assert reveal(seller.api_password).startswith("password-canary")


def test_location_that_goes_live_meanwhile_keeps_its_log_in():
    """The form was drawn while the log-in could still be given."""
    seller = make_seller()
    location = make_location(seller=seller, live=False)
    link, _ = make(seller)
    seen = seller_links.version(seller)
    now = timezone.now()
    Location.objects.filter(pk=location.pk).update(located_at=now, catalog_seen_at=now, live_at=now)
    given = {
        "code": seller.code,
        "name": seller.name,
        "api_username": "thief@else.test",
        "api_password": "x",
        "locations": [{"location_key": location.location_key}],
    }

    with pytest.raises(seller_links.Changed):
        seller_links.take_in(link, given, seen=seen)


def test_working_webhook_is_not_cut_off_by_two_new_tokens(easyecom):
    seller = make_seller()
    location = make_location(seller=seller)
    endpoint = location.endpoints.get(topic="inventory")
    location.deliveries.create(endpoint=endpoint, topic="inventory", received_at=timezone.now())
    link, secret = make(seller)
    browser = enter(link, secret)

    make_token(browser, link, location, "inventory")
    refused = make_token(browser, link, location, "inventory")

    before = endpoint.token_digest
    endpoint.refresh_from_db()
    assert refused.status_code == 422
    assert endpoint.old_digest == before
    assert endpoint.takes_old(timezone.now() + timedelta(hours=47))


def test_link_gives_no_carrier_and_no_limit_of_the_account(easyecom):
    answer_all(easyecom)
    link, secret = make()
    more = {"rate_per_second": "900", "daily_quota": "9", "carrier_username": "x", "code": "evil"}

    post(enter(link, secret), link, "give", **typed(**more))

    seller = Seller.objects.get()
    assert (seller.code, seller.rate_per_second, seller.daily_quota) == ("acme", 5, None)
    assert CarrierRegistration.objects.get().username == ""


# Other sellers ---------------------------------------------------------------------------------


def others():
    seller = make_seller(code="secretive", name="Secretive & Sons")
    return make_location(seller=seller, name="Hidden hall", location_key="zz77000011112")


@pytest.mark.parametrize("key", ["zz77000011112", "ZZ77000011112"])
def test_another_sellers_key_is_not_taken_and_not_told_whose_it_is(key):
    theirs = others()
    link, secret = make()

    answer = post(enter(link, secret), link, "give", **typed(location_keys=key))

    text = answer.content.decode()
    assert "can&#x27;t be used here" in text
    assert not [word for word in ("ecretive", "Hidden", theirs.city) if word in text]
    theirs.refresh_from_db()
    assert theirs.seller.code == "secretive"
    assert not Seller.objects.filter(code="acme").exists()


@pytest.mark.parametrize("key", ["zz77000011112", "ZZ77000011112"])
def test_own_key_is_not_corrected_to_another_sellers(key):
    others()
    own = make_location(seller=make_seller(), live=False, blocked_reason="credentials_refused")
    link, secret = make(own.seller)

    said = {"location": own.pk, f"at{own.pk}-location_key": key}
    answer = post(enter(link, secret), link, "correct", **said)

    text = answer.content.decode()
    assert "can&#x27;t be used here" in text and "ecretive" not in text
    before = own.location_key
    own.refresh_from_db()
    assert own.location_key == before


@pytest.mark.parametrize(
    ("state", "is_taken"), [("registered", False), ("sending", False), ("not_sent", True)]
)
def test_key_whose_carrier_was_ever_sent_is_not_taken_in_other_letters(easyecom, state, is_taken):
    """The guard of the carrier goes by the key, and outlives the location."""
    answer_all(easyecom)
    CarrierRegistration.objects.create(
        location_key="UDR1", carrier_id=1, state=state, company_carrier_id="7"
    )
    link, secret = make()

    post(enter(link, secret), link, "give", **typed(location_keys="udr1"))

    assert Location.objects.filter(location_key="udr1").exists() is is_taken


def test_key_that_is_no_key_is_refused_in_the_same_words():
    others()
    link, secret = make()
    browser = enter(link, secret)

    said = [
        re.findall(r'class="error">([^<]+)', answer.content.decode())
        for key in ("zz77000011112", "x" * 200)
        for answer in [post(browser, link, "give", **typed(location_keys=key, is_sure="on"))]
    ]

    assert said[0] == said[1] != []


@pytest.mark.parametrize("page", ["again", "say", "correct", "remove", "token"])
def test_another_sellers_rows_are_not_there(page):
    theirs = others()
    own = make_location(seller=make_seller())
    link, secret = make(own.seller)
    data = {
        "location": theirs.pk,
        "what": "channel",
        "endpoint": theirs.endpoints.first().pk,
        f"at{theirs.pk}-location_key": "en100",
    }

    assert post(enter(link, secret), link, page, **data).status_code == 404
    assert Location.objects.filter(pk=theirs.pk).exists()
    assert not theirs.declarations.exists()
    assert not LinkToken.objects.exists()


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 40, "\x00", "²"])
def test_row_that_is_none_is_not_there(number):
    link, secret = make(make_seller())
    browser = enter(link, secret)

    for page in ("again", "say", "remove", "token"):
        data = {"location": number, "endpoint": number, "what": "channel"}
        assert post(browser, link, page, **data).status_code == 404


def test_link_of_nobody_yet_reaches_no_row():
    theirs = others()
    link, secret = make()
    browser = enter(link, secret)

    assert post(browser, link, "again", location=theirs.pk).status_code == 404
    assert "Hidden" not in text_of(browser, link)


# Marks and floods ------------------------------------------------------------------------------


def test_marks_in_names_and_in_easyecoms_words_are_text():
    seller = make_seller(name=MARKS)
    make_location(
        seller=seller,
        live=False,
        name=MARKS,
        city=MARKS,
        located_at=timezone.now(),
        blocked_reason="refused",
        blocked_detail=MARKS,
    )
    link, secret = make(seller)
    browser = enter(link, secret)

    for text in (text_of(browser, link), browser.get(f"{link.path}state/").content.decode()):
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert INLINE.findall(text.replace("onerror=alert(1)&gt;", "")) == []


def test_page_has_the_strict_policy_and_is_kept_by_nobody():
    link, secret = make()
    answer = enter(link, secret).get(link.path)

    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["X-Frame-Options"] == "DENY"


def test_log_ins_at_easyecom_are_bounded_and_counted_before_they_are_tried(easyecom):
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()
    browser = enter(link, secret)
    post(browser, link, "give", **typed())
    SellerLink.objects.update(hour_tries=seller_links.TRIES_AN_HOUR)
    before = ApiCall.objects.count()
    seen = seen_in(text_of(browser, link))

    answer = post(browser, link, "give", **typed(seen=seen, api_password="guess"))
    again = post(browser, link, "again", location=Location.objects.get().pk)

    assert (answer.status_code, again.status_code) == (422, 422)
    assert "Those were many tries" in answer.content.decode()
    assert ApiCall.objects.count() == before
    assert reveal(Seller.objects.get().api_password) == PASSWORD


def test_each_location_counts_as_a_try(easyecom):
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()

    post(enter(link, secret), link, "give", **typed(location_keys="en1 en2 en3"))

    link.refresh_from_db()
    assert link.tries == 3
    assert len(bodies(easyecom, LOG_IN)) <= 3


def test_link_takes_no_more_locations_than_it_may():
    link, secret = make()
    keys = " ".join(f"en{n}" for n in range(seller_links.MOST_LOCATIONS + 1))

    answer = post(enter(link, secret), link, "give", **typed(location_keys=keys))

    assert "more locations than this link takes" in answer.content.decode()
    assert not Location.objects.exists()


def test_acts_are_bounded_by_the_minute():
    seller = make_seller()
    location = make_location(seller=seller)
    link, secret = make(seller)
    browser = enter(link, secret)
    before = Event.objects.count()

    codes = {
        post(browser, link, "say", location=location.pk, what="channel", said=said).status_code
        for said in ["yes", "no"] * 20
    }

    assert codes == {302, 429}
    assert Event.objects.count() - before <= 30
    assert WebhookEndpoint.objects.filter(location=location).count() == 2
