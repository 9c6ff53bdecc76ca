import os

from booon_console.lib.repeats import SLOTS, Repeats


def test_same_thing_is_told_once_a_minute_with_how_often_it_came():
    repeats = Repeats()

    told = [repeats.due("task failed", 1000 + n / 2) for n in range(241)]

    assert told[0] == 1
    assert (told[120], told[240]) == (120, 120)
    assert sum(told) == 241


def test_other_things_are_told_beside_it():
    repeats = Repeats()

    assert repeats.due("one", 1000) == 1
    assert repeats.due("two", 1000) == 1
    assert repeats.due("one", 1001) == 0


def test_more_things_than_it_has_places_for_are_all_told():
    repeats = Repeats()

    assert {repeats.due(str(n), 1000 + n) for n in range(2 * SLOTS)} == {1}


def test_processes_of_one_cluster_count_together():
    repeats = Repeats()
    repeats.due("task failed", 1000)

    for _ in range(2):
        pid = os.fork()
        if not pid:
            repeats.due("task failed", 1001)
            os._exit(0)
        os.waitpid(pid, 0)

    assert repeats.due("task failed", 1060) == 3
