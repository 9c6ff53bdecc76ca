from datetime import UTC, datetime, timedelta

from booon_console.lib.charts import LINE_HEIGHT, LINE_WIDTH, MARGIN, sparkline

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_number_stands_until_the_next_and_the_last_until_now():
    line = sparkline([(NINE, 0), (NINE + HOUR, 10)], NINE + 2 * HOUR)

    left, half, right = float(MARGIN), LINE_WIDTH / 2, float(LINE_WIDTH - MARGIN)
    low, high = float(LINE_HEIGHT - MARGIN), float(MARGIN)
    corners = [(left, low), (half, low), (half, high), (right, high)]
    assert line.points == " ".join(f"{across},{down}" for across, down in corners)
    assert line.summary == "2 changes, between 0 and 10, now 10."


def test_level_that_never_changed_is_a_line_in_the_middle():
    line = sparkline([(NINE, 1500)], NINE)

    assert {point.split(",")[1] for point in line.points.split()} == {str(LINE_HEIGHT / 2)}
    assert line.summary == "1 change, between 1,500 and 1,500, now 1,500."


def test_nothing_is_drawn_of_nothing():
    assert sparkline([], NINE) is None
