"""Numbers and spans as people in India read them."""

from datetime import UTC, datetime, timedelta

import pytest

from booon_console.lib.spoken import distance, grouped, ist, ist_at, span


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "12,34,567"), (100000000, "10,00,00,000")],
)
def test_numbers_are_grouped_as_in_india(number, text):
    assert grouped(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4, "4 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (3540, "59 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (129600, "36 h"),
        (172800, "48 h"),
        (176400, "2 d"),
        (86400 * 1000, "1,000 d"),
    ],
)
def test_span_is_told_in_one_unit_rounded_to_the_nearest(seconds, text):
    assert span(timedelta(seconds=seconds)) == text


def test_distance_looks_both_ways():
    assert distance(timedelta(hours=3)) == "3 h ago"
    assert distance(timedelta(minutes=-20)) == "in 20 min"
    assert distance(timedelta(seconds=3)) == "just now"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=7), "in 7 d"),
        (timedelta(hours=48), "in 48 h"),
        (timedelta(hours=1), "in 1 h"),
    ],
)
def test_what_was_made_a_moment_ago_lasts_as_long_as_it_was_made_for(length, text):
    assert distance(timedelta(seconds=3) - length) == text


def test_time_is_told_in_india_whatever_zone_it_was_kept_in():
    moment = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)

    assert ist(moment) == "24 Nov, 00:05 IST"
    assert ist_at(moment) == "00:05 IST on 24 November"
    assert ist(datetime(2026, 12, 5, 3, 0, tzinfo=UTC)) == "5 Dec, 08:30 IST"
