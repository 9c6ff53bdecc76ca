"""Which sellers a host's drain carries: each is one drain's, and none is left out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import Shard, SyncJob, Worker
from integration.sync import engine, holds, shards
from integration.sync.scheduler import Scheduler
from integration.sync.shards import EVERYTHING, Part
from tests.factories import make_location, make_order, make_seller

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def add_host(name, now, *, beat_ago=1.0, pulse_ago=1.0):
    Worker.objects.create(
        id=name,
        host=name,
        started_at=now,
        pulsed_at=now - timedelta(seconds=pulse_ago),
        beat_at=now - timedelta(seconds=beat_ago),
    )


def order_in(number, **due):
    """An order of a seller of that shard."""
    while (seller := make_seller()).pk % 16 != number:
        seller.delete()
    order = make_order(make_location(seller=seller))
    if due:
        SyncJob.objects.filter(order=order).update(**due)
    return order


def numbers_of(claim):
    return set(claim.part.numbers) if claim else set()


def rows():
    """Who has which shard, and until when."""
    columns = ("number", "running_in", "running_until")
    return {number: held for number, *held in Shard.objects.values_list(*columns)}


FREE = ["", None]


def test_claim_is_written_down_with_whose_it_is_and_until_when():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)

    claim = shards.claim("two", now)

    ends = now + timedelta(seconds=60)
    assert (claim.worker_id, claim.until, claim.part.of) == ("two", ends, 16)
    assert rows() == {n: ["two", ends] if n in claim.part.numbers else FREE for n in range(16)}


def test_release_frees_what_was_claimed_and_leaves_all_other_hands():
    now = timezone.now()
    add_host("one", now)
    Shard.objects.filter(number__in=[4, 7]).update(
        running_in="two", running_until=now + timedelta(seconds=30)
    )
    claim = shards.claim("one", now)
    # The host's own, of another claim.
    Shard.objects.filter(number=7).update(
        running_in="one", running_until=now + timedelta(seconds=31)
    )
    before = rows()

    assert claim.release() == 14

    assert rows() == dict.fromkeys(range(16), FREE) | {4: before[4], 7: before[7]}
    assert claim.release() == 0


def test_what_a_cluster_had_that_is_gone_is_free_and_nothing_of_others():
    now = timezone.now()
    soon = now + timedelta(seconds=30)
    Shard.objects.filter(number__in=[1, 5]).update(running_in="one", running_until=soon)
    Shard.objects.filter(number=6).update(running_in="two", running_until=soon)

    shards.release_all("one")

    assert rows() == dict.fromkeys(range(16), FREE) | {6: ["two", soon]}


@pytest.mark.parametrize("count", [1, 4, 15, 16, 17, 64])
def test_there_are_as_many_shards_as_are_set_and_those_that_stay_keep_their_hands(count):
    soon = timezone.now() + timedelta(seconds=30)
    Shard.objects.filter(number=0).update(running_in="one", running_until=soon)

    shards.install(count)

    assert rows() == dict.fromkeys(range(count), FREE) | {0: ["one", soon]}


MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("ends_in", "is_free"), [(MOMENT, False), (0 * MOMENT, False), (-MOMENT, True)]
)
def test_shard_is_its_drains_until_its_end_and_free_after_it(ends_in, is_free):
    now = timezone.now()
    Shard.objects.filter(number=3).update(running_in="one", running_until=now + ends_in)

    assert shards.free_part(now) == Part(frozenset(n for n in range(16) if n != 3 or is_free), 16)
    assert shards.has_drain("one", now) == (not is_free)
    assert not shards.has_drain("two", now)


def test_host_that_is_alone_has_every_shard_and_looks_for_work_as_before():
    now = timezone.now()
    add_host("one", now)

    claim = shards.claim("one", now)

    assert numbers_of(claim) == set(range(16))
    jobs = SyncJob.objects.all()
    assert claim.part.jobs(jobs) is jobs
    assert EVERYTHING.jobs(jobs) is jobs


def test_host_has_one_drain_while_another_could_take_what_is_free():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)
    claim = shards.claim("one", now)

    assert shards.claim("one", now) is None
    assert claim.release() == 8
    assert len(numbers_of(shards.claim("one", now))) == 8


def test_host_takes_what_is_left_over_too_where_no_other_could():
    now = timezone.now()
    Shard.objects.filter(number__gte=4).update(running_until=now + timedelta(seconds=60))
    first = shards.claim("one", now)
    Shard.objects.filter(number=9).update(running_until=None)
    later = now + timedelta(seconds=1)

    second = shards.claim("one", later)

    assert (numbers_of(first), numbers_of(second)) == ({0, 1, 2, 3}, {9})
    assert shards.claim("one", later) is None
    assert first.release() == 4
    assert second.release() == 1


def test_host_that_joins_later_gets_its_part_at_the_others_next_turn():
    now = timezone.now()
    add_host("one", now)
    first = shards.claim("one", now)
    add_host("two", now)
    assert shards.claim("two", now) is None
    first.release()

    assert len(numbers_of(shards.claim("one", now))) == 8
    assert len(numbers_of(shards.claim("two", now))) == 8


def test_host_takes_no_more_than_its_part_while_the_others_are_at_work():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)
    soon = now + timedelta(seconds=60)
    Shard.objects.filter(number__lt=2).update(running_until=soon, running_in="two")

    assert len(numbers_of(shards.claim("one", now))) == 8


def test_two_hosts_have_half_each_and_half_of_what_is_busy():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)
    for number in (1, 2, 3, 5):
        order_in(number, due_at=now)

    one, two = (numbers_of(shards.claim(name, now)) for name in ("one", "two"))

    assert (len(one), len(two)) == (8, 8)
    assert one | two == set(range(16))
    assert len(one & {1, 2, 3, 5}) == 2


def test_three_hosts_leave_nothing_over():
    now = timezone.now()
    for name in ("one", "two", "three"):
        add_host(name, now)

    parts = [numbers_of(shards.claim(name, now)) for name in ("one", "two", "three")]

    assert sorted(number for part in parts for number in part) == list(range(16))
    assert max(map(len, parts)) == 6


def test_who_waits_longest_goes_first():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)
    late, later = now - timedelta(seconds=9), now - timedelta(seconds=3)
    order_in(2, due_at=later)
    order_in(11, due_at=late)

    assert numbers_of(shards.claim("one", now)) & {2, 11} == {11}
    assert numbers_of(shards.claim("two", now)) & {2, 11} == {2}


def test_what_no_other_host_takes_is_there_at_the_next_turn():
    now = timezone.now()
    for name in ("one", "two"):
        add_host(name, now)
    first = order_in(2, due_at=now - timedelta(seconds=9))
    order_in(11, due_at=now - timedelta(seconds=3))
    claim = shards.claim("one", now)
    assert 2 in claim.part.numbers
    SyncJob.objects.filter(order=first).update(due_at=None)
    claim.release()

    assert 11 in shards.claim("one", now).part.numbers


@pytest.mark.parametrize(("beat_ago", "count"), [(14.9, 8), (15.1, 16)])
def test_host_that_is_silent_has_no_part_after_15_seconds(beat_ago, count):
    now = timezone.now()
    add_host("silent", now, beat_ago=beat_ago)

    assert len(numbers_of(shards.claim("one", now))) == count


@pytest.mark.parametrize(("pulse_ago", "count"), [(14.9, 8), (15.1, 16)])
def test_shards_of_a_dead_host_are_free_after_15_seconds(pulse_ago, count):
    now = timezone.now()
    add_host("dead", now - timedelta(seconds=20))
    add_host("one", now)
    assert len(numbers_of(shards.claim("dead", now - timedelta(seconds=20)))) == 8
    Worker.objects.filter(pk="dead").update(pulsed_at=now - timedelta(seconds=pulse_ago))

    claim = shards.claim("one", now)

    assert len(numbers_of(claim)) == count


def test_host_that_was_thought_dead_releases_nothing_of_the_next_one():
    now = timezone.now()
    add_host("dead", now, pulse_ago=16, beat_ago=16)
    old = shards.claim("dead", now - timedelta(seconds=20))
    shards.claim("one", now)

    assert old.release() == 0
    assert set(Shard.objects.values_list("running_in", flat=True)) == {"one"}


def test_drain_lets_in_the_sellers_of_its_shards_only():
    mine, other = order_in(3), order_in(4)

    jobs = Scheduler(part=Part(frozenset([3, 5]), 16)).admit(64)

    assert [job.pk for job in jobs] == [mine.sync_job.pk]
    other.sync_job.refresh_from_db()
    assert other.sync_job.status == "pending"


def test_work_in_other_hands_is_no_reason_to_wake_anybody():
    now = timezone.now()
    order_in(3)
    assert engine.has_work(shards.free_part(now))

    Shard.objects.filter(number=3).update(running_until=now + timedelta(seconds=60))

    assert not engine.has_work(shards.free_part(now))
    assert engine.has_work()


def test_each_drain_has_its_own_sellers_stand_aside_and_come_back():
    one, two = order_in(3), order_in(4)
    hold = holds.hold(None, "Stocktake", actor="asha")
    part = Part(frozenset([3]), 16)

    engine.drain(1, part=part)
    codes = dict(SyncJob.objects.values_list("order", "error_code"))
    assert codes == {one.pk: "held", two.pk: ""}
    assert not holds.has_to_say(part)
    assert holds.has_to_say()

    holds.release(hold, "Done", actor="asha")
    assert holds.has_to_say(part)
    assert not holds.has_to_say(Part(frozenset([4]), 16))
