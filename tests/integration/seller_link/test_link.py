"""A seller onboards by their own link: typed, proved, said, pasted; in English and Hindi."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from booon_console.fields import reveal
from integration.models import Declaration, Delivery, Event, LinkToken, Refusal, WebhookEndpoint
from integration.onboarding import seller_links
from integration.seller_link.dates import moment_of
from integration.seller_link.messages import invitations, reminders
from integration.worker import retention
from sellers.models import CarrierRegistration, Location, LocationReason, Seller
from tests.factories import make_location, make_seller
from tests.integration.conftest import bodies
from tests.integration.onboarding.test_flow import CARRIER, LOCATIONS, LOG_IN, TOKEN, answer_all
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


def onboarded(easyecom, **fields):
    """A link whose seller has typed in their log-in, and a browser of theirs."""
    answer_all(easyecom)
    link, secret = make()
    browser = enter(link, secret)
    assert post(browser, link, "give", **typed(**fields)).status_code == 302
    link.refresh_from_db()
    return link, secret, browser


def test_seller_types_in_three_things_and_is_live(easyecom):
    link, _, browser = onboarded(easyecom)

    seller = Seller.objects.get(code="acme")
    assert (seller.name, seller.api_username) == ("Acme Traders", "api@acme.test")
    assert reveal(seller.api_password) == PASSWORD
    assert link.seller == seller
    assert Location.objects.get(seller=seller).is_live
    page = text_of(browser, link)
    for proof in ("EasyEcom took the log-in", "Main, Pune", "carrier is registered"):
        assert proof in page
    assert page.count('class="yes"') == 4
    assert PASSWORD not in page
    assert "ap•••@acme.test" in page and "api@acme.test" not in page


def test_events_say_that_it_was_the_seller_and_by_which_link(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    post(browser, link, "say", location=location.pk, what="api_mode")
    make_token(browser, link, location, "inventory")

    mine = Event.objects.filter(actor=f"seller · link {link.pk[:6]}").order_by("pk")
    said = [(event.kind, event.sentence) for event in mine]
    assert said == [
        ("link", "Opened the link."),
        ("onboarding", "Onboarding begun."),
        ("declared", "Says: API Mode is on."),
        ("token", "New token for the inventory webhook."),
    ]
    assert Declaration.objects.get().by == link.actor
    made = Event.objects.get(kind="link", actor="asha")
    assert made.sentence == f"Link {link.pk[:6]} for acme made, for 7 days."


def test_carrier_is_registered_once_however_often_the_form_comes(easyecom):
    link, secret, browser = onboarded(easyecom)
    post(browser, link, "give", **typed())
    post(enter(link, secret), link, "give", **typed(seen=seen_in(text_of(browser, link))))

    assert len(bodies(easyecom, CARRIER)) == 1
    assert CarrierRegistration.objects.get().state == "registered"
    assert Location.objects.count() == 1


def test_it_goes_on_where_it_was_on_another_device(easyecom):
    link, secret, browser = onboarded(easyecom)
    post(browser, link, "say", location=Location.objects.get().pk, what="channel")

    page = text_of(enter(link, secret), link)

    assert page.count('class="yes">Done') == 1
    assert "It is done" in page
    assert "ap•••@acme.test" in page


def test_further_locations_are_added_without_the_password(easyecom):
    link, _, browser = onboarded(easyecom)

    seen = seen_in(text_of(browser, link))
    form = {"location_keys": "en200 en300", "seen": seen}
    answer = post(browser, link, "give", **form)

    assert answer.status_code == 302
    keys = set(Location.objects.values_list("location_key", flat=True))
    assert keys == {"en100", "en200", "en300"}
    assert reveal(Seller.objects.get().api_password) == PASSWORD


def test_link_of_a_known_seller_keeps_name_and_limits(easyecom):
    answer_all(easyecom)
    seller = make_seller(code="known", name="Known Ltd", daily_quota=700)
    link, secret = make(seller)
    browser = enter(link, secret)
    seen = seen_in(text_of(browser, link))

    post(browser, link, "give", **typed(seen=seen))

    seller.refresh_from_db()
    assert (seller.name, seller.daily_quota) == ("Known Ltd", 700)
    assert reveal(seller.api_password) == PASSWORD


# What went wrong -------------------------------------------------------------------------------


def test_wrong_password_is_told_and_mended_on_the_page(easyecom):
    refusal = {"message": "Invalid credentials"}
    easyecom.post(LOG_IN, status=401, json=refusal)
    link, secret = make()
    browser = enter(link, secret)
    post(browser, link, "give", **typed(api_password="wrong-canary"))
    page = text_of(browser, link)

    assert "EasyEcom does not take this log-in" in page
    assert "don't fit together" in page
    assert "wrong-canary" not in page
    assert Location.objects.get().blocked_reason == LocationReason.CREDENTIALS_REFUSED

    Location.objects.update(login_started_at=timezone.now() - timedelta(minutes=2))
    easyecom.reset()
    answer_all(easyecom)
    post(browser, link, "give", **typed(seen=seen_in(page)))

    assert Location.objects.get().is_live


def test_swapped_fields_are_asked_about_before_anything_is_sent(easyecom):
    link, secret = make()
    browser = enter(link, secret)
    swapped = typed(api_username="ne29488101841", location_keys="api@acme.test")

    answer = post(browser, link, "give", **swapped)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This looks like a Location Key. Are two fields swapped?" in text
    assert "This looks like an e-mail address. Are two fields swapped?" in text
    assert "Nothing was sent to EasyEcom" in text
    assert PASSWORD not in text
    assert not Seller.objects.exists()
    link.refresh_from_db()
    assert link.tries == 0


def test_account_token_in_the_place_of_the_key_is_not_shown_back():
    link, secret = make()
    pasted = "A" * 40

    answer = post(enter(link, secret), link, "give", **typed(location_keys=pasted))

    assert "the Account Token" in answer.content.decode()
    assert pasted not in answer.content.decode()


def test_whoever_is_sure_is_believed(easyecom):
    answer_all(easyecom)
    link, secret = make()
    odd = typed(api_username="booon-user", is_sure="on")

    assert post(enter(link, secret), link, "give", **odd).status_code == 302
    assert Seller.objects.get().api_username == "booon-user"


def test_missing_right_is_named(easyecom):
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.get(LOCATIONS, status=403, json={"message": "Permission denied for module"})
    link, secret = make()
    browser = enter(link, secret)

    post(browser, link, "give", **typed())

    page = text_of(browser, link)
    assert "The API user lacks a right" in page
    assert "may not see its locations" in page


def test_try_again_asks_for_the_next_step_once_more(easyecom):
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.get(LOCATIONS, status=403, json={"message": "Permission denied"})
    link, secret = make()
    browser = enter(link, secret)
    post(browser, link, "give", **typed())
    easyecom.reset()
    answer_all(easyecom)

    answer = post(browser, link, "again", location=Location.objects.get().pk)

    link.refresh_from_db()
    assert answer.status_code == 302
    assert Location.objects.get().is_live
    assert link.tries == 2
    asked = Event.objects.get(sentence="Asked for the next step of the onboarding.")
    assert asked.actor == link.actor


def test_mistyped_key_is_corrected_where_nothing_came_of_it(easyecom):
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()
    browser = enter(link, secret)
    post(browser, link, "give", **typed(location_keys="en999"))
    location = Location.objects.get()
    assert "The Location Key is mistyped" in text_of(browser, link)
    Location.objects.update(login_started_at=timezone.now() - timedelta(minutes=2))
    easyecom.reset()
    answer_all(easyecom)

    said = {"location": location.pk, f"at{location.pk}-location_key": "en100"}
    answer = post(browser, link, "correct", **said)

    assert answer.status_code == 302
    location.refresh_from_db()
    assert (location.location_key, location.is_live) == ("en100", True)
    assert Event.objects.filter(sentence="Corrected the location key: en999 → en100.").exists()


def refused(easyecom, **fields):
    """A link, a browser and the locations of a seller whose log-in EasyEcom does not take."""
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()
    browser = enter(link, secret)
    post(browser, link, "give", **typed(**fields))
    Location.objects.update(login_started_at=timezone.now() - timedelta(minutes=2))
    easyecom.reset()
    answer_all(easyecom)
    return link, browser, list(Location.objects.order_by("pk"))


def test_key_that_was_typed_in_the_wrong_letter_case_is_corrected(easyecom):
    link, browser, [location] = refused(easyecom, location_keys="UDR11110000002")

    said = {"location": location.pk, f"at{location.pk}-location_key": "udr11110000002"}
    answer = post(browser, link, "correct", **said)

    assert answer.status_code == 302
    location.refresh_from_db()
    assert location.location_key == "udr11110000002"
    assert location.token_issued_at


def test_comma_behind_a_corrected_key_is_no_part_of_it(easyecom):
    link, browser, [location] = refused(easyecom, location_keys="en999")
    field = f"at{location.pk}-location_key"

    two = post(browser, link, "correct", location=location.pk, **{field: "en100, en200"})
    one = post(browser, link, "correct", location=location.pk, **{field: "en100,"})

    assert "One Location Key belongs here." in two.content.decode()
    assert one.status_code == 302
    assert Location.objects.get().location_key == "en100"


def test_own_key_in_other_letters_is_said_to_be_there_already(easyecom):
    link, browser, _ = refused(easyecom, location_keys="UDR11110000002")
    seen = seen_in(text_of(browser, link))

    answer = post(browser, link, "give", location_keys="udr11110000002", seen=seen)

    assert "given already, as UDR11110000002. Correct its key" in answer.content.decode()
    assert Location.objects.count() == 1


@pytest.mark.parametrize("keys", ["en200,en300", "en200, en300,", "en200;en300", "en200\r\nen300"])
def test_keys_stand_below_each_other_or_have_commas_between_them(easyecom, keys):
    onboarded(easyecom, location_keys=keys)

    assert set(Location.objects.values_list("location_key", flat=True)) == {"en200", "en300"}


def test_refused_log_in_is_told_once_where_it_is_typed_in_again(easyecom):
    link, browser, _ = refused(easyecom, location_keys="en200 en300")

    page = text_of(browser, link)
    step, places = page.split('<div id="places"')

    assert page.count("EasyEcom does not take this log-in") == 1
    assert "EasyEcom does not take this log-in" in step
    assert 'class="undone">not taken<' in step and ">given<" not in step
    assert "<details open>\n<summary>Type it in again</summary>" in step
    assert "Go on below." not in places and 'href="#log-in">Go on at step 1.' in places
    assert places.count("This location waits for the log-in of step 1") == 2


def test_whoever_gave_a_log_in_that_is_refused_is_led_to_where_it_stands(easyecom):
    easyecom.post(LOG_IN, status=401, json={"message": "Invalid credentials"})
    link, secret = make()

    answer = post(enter(link, secret), link, "give", **typed())

    assert answer.url == f"{link.path}#log-in"


def test_log_in_that_another_location_takes_is_not_what_is_wrong():
    seller = make_seller()
    now = timezone.now()
    make_location(seller=seller, live=False, token="t", token_issued_at=now, located_at=now)
    make_location(seller=seller, live=False, blocked_reason="credentials_refused")
    link, secret = make(seller)

    page = text_of(enter(link, secret), link)

    assert "At another location it takes the same API user." in page
    assert ">given<" in page and ">not taken<" not in page


def test_log_in_that_the_link_may_not_change_is_booons():
    seller = make_seller()
    make_location(seller=seller, login_trouble="refused")
    make_location(seller=seller, live=False, blocked_reason="credentials_refused")
    link, secret = make(seller)

    page = text_of(enter(link, secret), link)

    assert "It can&#x27;t be changed by this link. Tell Booon." in page
    assert ">not taken<" not in page


@pytest.mark.parametrize("column", ["token_issued_at", "located_at"])
def test_key_of_which_something_came_is_not_corrected(column):
    seller = make_seller()
    location = make_location(seller=seller, live=False, **{column: timezone.now()})
    link, secret = make(seller)

    said = {"location": location.pk, f"at{location.pk}-location_key": "en100"}
    answer = post(enter(link, secret), link, "correct", **said)

    assert answer.status_code == 422
    assert Location.objects.get().location_key == location.location_key


# Webhooks --------------------------------------------------------------------------------------


def test_token_is_shown_in_the_browser_that_made_it_and_nowhere_else(easyecom):
    link, secret, browser = onboarded(easyecom)
    location = Location.objects.get()

    make_token(browser, link, location, "inventory")
    make_token(browser, link, location, "manifested")

    assert len(set(tokens_in(text_of(browser, link)))) == 2
    assert len(tokens_in(text_of(browser, link))) == 2
    assert tokens_in(text_of(enter(link, secret), link)) == []
    LinkToken.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert tokens_in(text_of(browser, link)) == []


def test_tokens_that_are_pasted_are_shown_no_more(easyecom):
    link, _, browser = onboarded(easyecom)
    make_token(browser, link, Location.objects.get(), "inventory")

    post(browser, link, "pasted")

    assert tokens_in(text_of(browser, link)) == []
    assert not LinkToken.objects.exists()


def test_tokens_are_hidden_once_both_are_made(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    make_token(browser, link, location, "inventory")
    assert "show them no more" not in text_of(browser, link)

    make_token(browser, link, location, "manifested")

    assert "They are pasted: show them no more" in text_of(browser, link)


def test_form_of_a_token_that_is_sent_twice_makes_one(easyecom):
    link, _, browser = onboarded(easyecom)
    endpoint = WebhookEndpoint.objects.get(topic="inventory")

    for _ in range(2):
        post(browser, link, "token", endpoint=endpoint.pk, seen="")

    assert Event.objects.filter(kind="token").count() == 1
    assert len(tokens_in(text_of(browser, link))) == 1


def test_lost_token_that_nobody_used_ends_with_the_new_one(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    make_token(browser, link, location, "inventory")

    make_token(browser, link, location, "inventory")

    endpoint = WebhookEndpoint.objects.get(topic="inventory")
    assert (endpoint.old_digest, endpoint.old_until) == ("", None)
    assert len(tokens_in(text_of(browser, link))) == 1


def come(endpoint):
    Delivery.objects.create(
        endpoint=endpoint,
        location=endpoint.location,
        topic=endpoint.topic,
        received_at=timezone.now() - timedelta(seconds=3),
    )


def test_first_webhook_is_seen_with_its_age(easyecom):
    link, _, browser = onboarded(easyecom)
    assert "No webhook came yet. Change the stock" in text_of(browser, link)

    come(WebhookEndpoint.objects.get(topic="inventory"))

    assert "The first webhook reached us " in text_of(browser, link)
    assert "seconds ago." in text_of(browser, link)


def test_each_tap_leads_back_to_what_was_tapped(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    endpoint = WebhookEndpoint.objects.get(topic="manifested")

    answers = [
        *(post(browser, link, "say", location=location.pk, what=each) for each in Declaration.What),
        make_token(browser, link, location, "manifested"),
    ]

    page = text_of(browser, link)
    places = [answer.url.partition("#")[2] for answer in answers]
    assert places == [
        *(f"said-{location.pk}-{each}" for each in Declaration.What),
        f"webhook-{endpoint.pk}",
    ]
    assert [place for place in places if f'id="{place}"' not in page] == []


ANOTHER_TOKEN = "with another token than this webhook's. Paste its token there again"


@pytest.mark.parametrize("cause", ["wrong_token", "no_token", "two_tokens"])
def test_webhook_that_comes_with_another_token_is_told_until_one_comes_with_it(easyecom, cause):
    link, _, browser = onboarded(easyecom)
    endpoint = WebhookEndpoint.objects.get(topic="inventory")
    make_token(browser, link, endpoint.location, "inventory")
    assert ANOTHER_TOKEN not in text_of(browser, link)
    now = timezone.now()
    Refusal.objects.create(endpoint_id=endpoint.pk, cause=cause, hour=now, last_at=now)

    assert text_of(browser, link).count(ANOTHER_TOKEN) == 1

    Delivery.objects.create(
        endpoint=endpoint,
        location=endpoint.location,
        topic=endpoint.topic,
        received_at=now + timedelta(seconds=1),
    )
    assert ANOTHER_TOKEN not in text_of(browser, link)


def test_refusal_of_before_the_token_was_made_is_told_no_more(easyecom):
    link, _, browser = onboarded(easyecom)
    endpoint = WebhookEndpoint.objects.get(topic="inventory")
    before = timezone.now() - timedelta(minutes=1)
    Refusal.objects.create(endpoint_id=endpoint.pk, cause="no_token", hour=before, last_at=before)
    assert ANOTHER_TOKEN in text_of(browser, link)

    make_token(browser, link, endpoint.location, "inventory")

    assert ANOTHER_TOKEN not in text_of(browser, link)


def test_all_is_done_without_the_webhook_of_an_order_but_not_without_its_token(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    for what in Declaration.What:
        post(browser, link, "say", location=location.pk, what=what)
    make_token(browser, link, location, "inventory")
    come(WebhookEndpoint.objects.get(topic="inventory"))
    assert "1 step is left" in text_of(browser, link)

    make_token(browser, link, location, "manifested")

    assert "All done." in text_of(browser, link)
    assert "The first comes with your first shipped order" in text_of(browser, link)


def test_part_that_a_script_renews_has_the_places_alone(easyecom):
    link, _, browser = onboarded(easyecom)

    part = browser.get(f"{link.path}state/").content.decode()

    assert "Main" in part and "<html" not in part


# Language --------------------------------------------------------------------------------------


def test_page_speaks_the_browsers_language_and_the_one_that_was_chosen(easyecom):
    link, secret = make()
    browser = enter(link, secret, accept_language="hi-IN,en;q=0.5")
    hindi = text_of(browser, link)

    answer = post(browser, link, "language", language="en")

    assert 'lang="hi"' in hindi and "Acme Traders को Booon से जोड़ें" in hindi
    assert answer.status_code == 302
    assert "Connect Acme Traders with Booon" in text_of(browser, link)


HINDI_MONTHS = [
    *("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून"),
    *("जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"),
]


@pytest.mark.parametrize(("month", "name"), [*enumerate(HINDI_MONTHS, 1)])
def test_months_are_spelled_as_in_hindi(month, name):
    moment = datetime(2026, month, 5, 5, 8, tzinfo=UTC)

    with translation.override("hi"):
        assert moment_of(moment) == f"5 {name} 2026, 10:38 IST"


def test_end_of_the_link_is_told_with_its_year_and_zone():
    link, secret = make()
    link.expires_at = datetime(2027, 12, 5, 5, 8, tzinfo=UTC)
    link.save()
    english, hindi = enter(link, secret), enter(link, secret, accept_language="hi")
    messages_of = [*invitations(link, secret).values(), *reminders(link, 3).values()]

    assert "open until 5 December 2027, 10:38 IST." in text_of(english, link)
    assert "5 दिसंबर 2027, 10:38 IST" in text_of(hindi, link)
    assert sum("5 December 2027, 10:38 IST" in said for said in messages_of) == 2
    assert sum("5 दिसंबर 2027, 10:38 IST" in said for said in messages_of) == 2


def test_events_stay_english_whatever_the_page_speaks(easyecom):
    answer_all(easyecom)
    link, secret = make()
    browser = enter(link, secret, accept_language="hi")
    post(browser, link, "give", **typed())
    post(browser, link, "say", location=Location.objects.get().pk, what="channel")

    assert all(event.sentence.isascii() for event in Event.objects.filter(kind="declared"))
    assert "EasyEcom ने लॉग-इन मान लिया" in text_of(browser, link)


def test_what_staff_said_the_seller_does_not_take_back(easyecom):
    link, _, browser = onboarded(easyecom)
    location = Location.objects.get()
    said = Declaration.objects.create(
        location=location, what="channel", by="asha", at=timezone.now()
    )

    post(browser, link, "say", location=location.pk, what="channel", said="no")

    assert "Booon says: done" in text_of(browser, link)
    assert Declaration.objects.get() == said


def test_tries_are_counted_by_the_hour_and_in_all():
    link, _ = make()

    assert seller_links.count_tries(link, seller_links.TRIES_AN_HOUR)
    assert not seller_links.count_tries(link, 1)
    link.refresh_from_db()
    assert (link.tries, link.hour_tries) == (30, 30)

    link.hour_at -= timedelta(hours=1, seconds=1)
    link.tries = seller_links.TRIES_IN_ALL - 1
    link.save()
    assert not seller_links.count_tries(link, 2)
    assert seller_links.count_tries(link, 1)
    link.refresh_from_db()
    assert (link.tries, link.hour_tries) == (150, 1)


def test_token_that_was_shown_is_gone_with_the_night_at_the_latest(easyecom):
    link, _, browser = onboarded(easyecom)
    make_token(browser, link, Location.objects.get(), "inventory")
    now = timezone.now()

    retention.delete_old(now)
    assert LinkToken.objects.exists()
    retention.delete_old(now + seller_links.HELD_FOR + timedelta(minutes=1))

    assert not LinkToken.objects.exists()
