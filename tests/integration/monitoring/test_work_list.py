"""The front page's list as work: what each seller has of a cause, who sees to it, what rests."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from booon_console.lib import clock
from booon_console.roles import OPERATOR, VIEWER
from integration.models import Delivery, Event, Order, SetAside, Tally
from integration.monitoring import statistics
from integration.monitoring.front_page import attention, order_needs, throughput, words
from integration.worker import retention
from sellers.models import StaffScope
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer, person

pytestmark = pytest.mark.django_db
HOME, SAY, BACK = (reverse(f"admin:{name}") for name in ("index", "set_aside", "take_back"))
WORD = {"owner": "", "rest": "tomorrow", "day": "", "reason": "They were asked by phone."}


@pytest.fixture
def user():
    return make_superuser()


@pytest.fixture
def staff(client, user):
    client.force_login(user)
    return client


def seller_of(code):
    return make_location(seller=make_seller(code=code, name=code.title()))


def block(location, reason="rejected", count=1, hours=1, **fields):
    since = clock.now() - timedelta(hours=hours)
    return [
        make_order(location, blocked_reason=reason, blocked_since=since, **fields)
        for _ in range(count)
    ]


def lines(user, key="orders:rejected"):
    """What the work list shows of a cause, by seller."""
    work = words.work_list(attention.needs(user), clock.now())
    return {
        line.code: line.count for need in work.needs if need.key == key for line in need.sellers
    }


def price(order, *prices, quantity=1, discount=0):
    order.lines.all().delete()
    for place, each in enumerate(prices):
        order.lines.create(
            line_id=f"{order.order_number}-{place}",
            sku="A",
            name="A",
            quantity=quantity,
            unit_price=each,
            discount=discount,
            position=place,
        )


def test_cause_says_for_each_seller_how_many_what_they_are_worth_and_which_come_first(user):
    anand, jaipur = seller_of("anand"), seller_of("jaipur")
    for n, order in enumerate(block(anand, count=4, hours=2, shipping_charge="40", discount="10")):
        Order.objects.filter(pk=order.pk).update(
            order_number=f"BN-{n}", blocked_since=clock.now() - timedelta(hours=9 - n)
        )
        price(order, Decimal("499.50"), 100, quantity=2, discount=5)
    price(block(jaipur, hours=1, shipping_charge=0)[0], 10)

    (need,) = [each for each in attention.needs(user) if each.key == "orders:rejected"]

    first, second = need.sellers
    assert (first.code, first.name, first.count) == ("anand", "Anand", 4)
    # Each: 2 × 499.50 − 5 + 2 × 100 − 5, with 40 for shipping and 10 less.
    assert first.worth == 4 * Decimal("1219")
    assert [each.number for each in first.oldest] == ["BN-0", "BN-1", "BN-2"]
    assert first.url.endswith("?blocked_reason=rejected&seller=anand")
    assert (second.code, second.count, second.worth) == ("jaipur", 1, Decimal(10))
    assert (need.count, need.worth) == (5, first.worth + second.worth)
    assert need.since == first.since


@pytest.mark.parametrize("page", [HOME, f"{SAY}?cause=orders:rejected&seller=anand"])
def test_each_order_that_is_named_leads_to_its_page(staff, page):
    orders = block(seller_of("anand"), count=2)

    text = staff.get(page).content.decode()

    urls = [reverse("admin:integration_order_change", args=[each.pk]) for each in orders]
    first, second = (
        f'<a href="{url}">{order}</a>' for url, order in zip(urls, orders, strict=True)
    )
    assert f"{first}, {second}" in text


def test_what_is_worth_most_for_longest_comes_first(user):
    anand, jaipur = seller_of("anand"), seller_of("jaipur")
    price(block(anand, "rejected", hours=1, shipping_charge=0)[0], 1000)
    price(block(jaipur, "rejected", hours=20, shipping_charge=0)[0], 100)
    price(block(anand, "awb_conflict", hours=3, shipping_charge=0)[0], 1100)

    keys = [need.key for need in attention.needs(user) if need.sellers]

    # 3,300 rupee-hours before 1,000 + 2,000.
    assert keys == ["orders:awb_conflict", "orders:rejected"]
    assert list(lines(user)) == ["jaipur", "anand"]


def test_beyond_a_number_nobody_waits_for_sums(user, monkeypatch):
    location = seller_of("anand")
    block(location, count=2)
    monkeypatch.setattr(order_needs, "MOST_SUMMED", 2)
    assert attention.needs(user)[0].worth is not None
    block(location)

    (need,) = [each for each in attention.needs(user) if each.sellers]

    assert (need.count, need.worth, need.sellers[0].oldest) == (3, None, ())


def test_five_sellers_are_shown_one_by_one_and_the_others_counted(staff):
    for n in range(7):
        block(seller_of(f"seller-{n}"), hours=10 + n)

    text = staff.get(HOME).content.decode()

    assert "and 2 more sellers" in text
    assert "Seller-6" in text and "Seller-1" not in text


def test_set_aside_goes_and_comes_back_in_time(staff, user):
    block(seller_of("anand"), count=3)
    block(seller_of("jaipur"))

    answer = staff.post(f"{SAY}?cause=orders:rejected&seller=anand", WORD | {"owner": user.pk})

    assert answer.status_code == 302 and answer.url == HOME
    assert lines(user) == {"jaipur": 1}
    text = staff.get(HOME).content.decode()
    assert "Set aside: 1." in text and "They were asked by phone." in text
    row = SetAside.objects.get()
    morning = timezone.localtime(row.until)
    assert (morning.hour, morning.minute) == (9, 0)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert morning.date() == tomorrow
    SetAside.objects.update(until=clock.now() - timedelta(seconds=1))
    assert lines(user) == {"anand": 3, "jaipur": 1}


@pytest.mark.parametrize(("more", "is_back"), [(13, False), (14, True)])
def test_set_aside_comes_back_when_many_more_wait(staff, user, more, is_back):
    location = seller_of("anand")
    block(location, count=3)
    staff.post(f"{SAY}?cause=orders:rejected&seller=anand", WORD)

    # 2 × 3 + 10 may wait.
    block(location, count=more)

    assert ("anand" in lines(user)) is is_back


def test_owner_and_reason_stand_on_the_line_that_stays(staff, user):
    block(seller_of("anand"))

    said = WORD | {"owner": user.pk, "rest": "", "waits_for_seller": "on"}
    staff.post(f"{SAY}?cause=orders:rejected&seller=anand", said)

    text = staff.get(HOME).content.decode()
    assert lines(user) == {"anand": 1}
    assert "<b>asha</b> sees to it." in text and "waits for the seller" in text
    form = staff.get(f"{SAY}?cause=orders:rejected&seller=anand").context["form"]
    assert (form.initial["owner"], form.initial["reason"]) == (user, WORD["reason"])


def test_every_word_is_an_event_with_the_one_who_said_it(staff, user):
    location = seller_of("anand")
    block(location)
    staff.post(f"{SAY}?cause=orders:rejected&seller=anand", WORD | {"owner": user.pk})
    staff.post(f"{SAY}?cause=orders:rejected&seller=anand", WORD | {"reason": "Asked again."})
    staff.post(f"{BACK}?cause=orders:rejected&seller=anand")

    first, second, third = Event.objects.filter(kind="work").order_by("pk")

    assert {each.actor for each in (first, second, third)} == {"asha"}
    assert {each.seller for each in (first, second, third)} == {location.seller}
    assert first.sentence.startswith("EasyEcom refused the order. (Anand) asha sees to it.")
    assert "Set aside until" in first.sentence and WORD["reason"] in first.sentence
    assert second.sentence.endswith("Asked again.")
    assert third.sentence == "Back in the work list: EasyEcom refused the order."
    assert not SetAside.objects.exists() and lines(user) == {"anand": 1}


def test_cause_without_sellers_is_set_aside_as_a_whole(staff, user):
    Delivery.objects.all().delete()
    make_location(login_trouble="refused")
    staff.post(f"{SAY}?cause=locations:log_in", WORD)

    work = words.work_list(attention.needs(user), clock.now())

    assert "locations:log_in" not in [need.key for need in work.needs]
    assert [need.key for need in work.resting] == ["locations:log_in"]
    assert work.resting_count == 1
    staff.post(f"{BACK}?cause=locations:log_in")
    work = words.work_list(attention.needs(user), clock.now())
    assert "locations:log_in" in [need.key for need in work.needs]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "no"}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"owner": "9999"}, "owner"),
        ({"rest": "year"}, "rest"),
        ({"rest": "date"}, "day"),
        ({"rest": "date", "day": "yesterday"}, "day"),
        ({"rest": "date", "day": "2020-01-01"}, "day"),
        ({"rest": "date", "day": "2120-01-01"}, "day"),
    ],
)
def test_what_is_not_right_is_named_and_nothing_is_set_aside(staff, typed, field):
    block(seller_of("anand"))

    answer = staff.post(f"{SAY}?cause=orders:rejected&seller=anand", WORD | typed)

    assert list(answer.context["form"].errors) == [field]
    assert not SetAside.objects.exists()


@pytest.mark.parametrize(("days", "is_taken"), [(1, True), (29, True), (31, False), (0, False)])
def test_day_of_ones_own_lies_within_thirty_days(staff, days, is_taken):
    block(seller_of("anand"))
    day = timezone.localtime(clock.now()).date() + timedelta(days=days)
    if days == 0:
        day -= timedelta(days=1)

    said = WORD | {"rest": "date", "day": day.isoformat()}
    staff.post(f"{SAY}?cause=orders:rejected&seller=anand", said)

    assert SetAside.objects.exists() is is_taken


@pytest.mark.parametrize(
    "line",
    ["?cause=", "?cause=orders:rejected", "?cause=orders:rejected&seller=nobody", "?cause=nothing"],
)
def test_line_that_is_not_there_is_not_found(staff, line):
    block(seller_of("anand"))

    assert staff.get(f"{SAY}{line}").status_code == 404
    assert staff.post(f"{BACK}{line}").status_code == 404


def test_form_without_a_line_leads_back_to_the_list(staff):
    assert staff.get(SAY).url == HOME
    assert staff.post(BACK).status_code == 404


def test_staff_of_some_sellers_speak_of_theirs_alone(client):
    ours, theirs = seller_of("ours"), seller_of("theirs")
    block(ours)
    block(theirs)
    make_location(seller=ours.seller, login_trouble="refused")
    viewer = make_viewer("set_need_aside")
    StaffScope.objects.create(user=viewer).sellers.add(ours.seller)
    client.force_login(viewer)

    assert client.get(f"{SAY}?cause=orders:rejected&seller=theirs").status_code == 404
    assert client.get(f"{SAY}?cause=locations:log_in").status_code == 404
    assert client.post(f"{SAY}?cause=orders:rejected&seller=ours", WORD).status_code == 302
    assert [row.seller for row in SetAside.objects.all()] == [ours.seller]
    text = client.get(HOME).content.decode()
    assert "Theirs" not in text and "cause=locations" not in text


def test_word_about_all_sellers_hides_nothing_from_staff_of_some_and_is_not_theirs(staff, client):
    ours = make_location(login_trouble="refused")
    staff.post(f"{SAY}?cause=locations:log_in", WORD)
    viewer = make_viewer()
    StaffScope.objects.create(user=viewer).sellers.add(ours.seller)
    client.force_login(viewer)

    text = client.get(HOME).content.decode()

    assert "EasyEcom refuses the log-in of locations" in text
    assert WORD["reason"] not in text and "Set aside: " not in text


@pytest.mark.parametrize(("role", "status"), [(VIEWER, 403), (OPERATOR, 200)])
def test_whoever_operates_sets_aside_and_whoever_looks_on_does_not(client, role, status):
    block(seller_of("anand"))
    person = make_viewer()
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)

    assert client.get(f"{SAY}?cause=orders:rejected&seller=anand").status_code == status
    assert ("Set aside…" in client.get(HOME).content.decode()) is (status == 200)


def test_taking_back_takes_a_post(staff):
    block(seller_of("anand"))

    assert staff.get(f"{BACK}?cause=orders:rejected&seller=anand").url == HOME


def test_today_stands_beside_yesterday_by_this_time(user):
    seller = seller_of("anand").seller
    now = statistics.hour_of(clock.now()).replace(hour=10) + timedelta(minutes=15)
    midnight = now.replace(hour=0, minute=0)
    for when, count in (
        (midnight, 5),
        (now.replace(minute=0), 3),
        (midnight - timedelta(hours=1), 1000),
        (midnight - timedelta(days=1), 6),
        # A quarter of this hour was over.
        (now.replace(minute=0) - timedelta(days=1), 8),
        (midnight - timedelta(days=1, hours=1), 1000),
    ):
        Tally.objects.create(seller=seller, kind="pushed", hour=when, count=count)

    figure, *others = throughput.days(user, now)

    assert (figure.label, figure.today, figure.yesterday) == ("Orders pushed", 8, 8)
    assert figure.change == 0
    assert all((each.today, each.yesterday, each.change) == (0, 0, None) for each in others)


@pytest.mark.parametrize(("today", "yesterday", "change"), [(3, 2, 50), (1, 3, -67), (0, 4, -100)])
def test_change_is_in_per_cent_of_yesterday(today, yesterday, change):
    assert throughput.DayFigure("", today, yesterday).change == change


@pytest.mark.parametrize(("days", "left"), [(59, 1), (61, 0)])
def test_word_goes_after_sixty_days(days, left):
    now = timezone.now()
    SetAside.objects.create(
        cause="orders:rejected", reason="R", count=1, by="asha", at=now - timedelta(days=days)
    )

    retention.delete_old(now)

    assert SetAside.objects.count() == left


def test_line_is_given_only_to_who_sees_its_seller(staff):
    ours, theirs = seller_of("ours"), seller_of("theirs")
    block(ours)
    make_location(seller=ours.seller, login_trouble="refused")
    for name, sellers in (("uma", [ours.seller]), ("vik", [theirs.seller]), ("zara", [])):
        person(name, sellers=sellers)

    of_one = staff.get(f"{SAY}?cause=orders:rejected&seller=ours").context["form"]
    of_all = staff.get(f"{SAY}?cause=locations:log_in").context["form"]

    offered = [
        set(form.fields["owner"].queryset.values_list("username", flat=True))
        for form in (of_one, of_all)
    ]
    assert [names & {"uma", "vik", "zara"} for names in offered] == [{"uma", "zara"}, {"zara"}]
