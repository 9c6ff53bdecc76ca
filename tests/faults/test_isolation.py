"""One seller's trouble is not another's."""

from tests.faults.isolation import measured


def test_failing_or_limited_seller_holds_nobody_up_for_ten_seconds():
    isolation = measured()

    assert isolation.worst <= 10, isolation
