"""Bars placed by the server, and the same in words."""

from booon_console.lib.charts import HEIGHT, LOWEST, bar_chart


def test_highest_bar_fills_the_chart_and_the_others_keep_their_share():
    chart = bar_chart("Orders", [("10:00", 4), ("11:00", 2), ("12:00", 0)])

    assert [bar.height for bar in chart.bars] == [HEIGHT, HEIGHT / 2, 0]
    assert [bar.y + bar.height for bar in chart.bars] == [HEIGHT] * 3
    assert (chart.total, chart.most) == (6, 4)


def test_bars_reach_from_edge_to_edge_and_no_further():
    chart = bar_chart("Orders", [(f"{hour}:00", 1) for hour in range(24)])

    assert chart.bars[0].x == 0
    assert chart.width - 3 < chart.bars[-1].x + chart.bars[-1].width <= chart.width
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height for bar in chart.bars)


def test_bar_of_one_is_still_seen_beside_one_of_a_million():
    chart = bar_chart("Orders", [("10:00", 1_000_000), ("11:00", 1)])

    assert chart.bars[1].height == LOWEST


def test_chart_says_itself_in_words():
    assert bar_chart("Orders", [("10:00", 1), ("11:00", 123456)]).summary == (
        "Orders: 1,23,457 in all, the most at 11:00: 1,23,456."
    )
    assert bar_chart("Orders", [("10:00", 0)]).summary == "Orders: none."
    assert bar_chart("Orders", []).summary == "Orders: none."
