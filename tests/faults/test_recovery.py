"""After a kill, and after a cluster was made to hang, the oldest due order goes on in time."""

from tests.faults.recovery import waits


def test_due_order_goes_on_within_three_minutes_and_a_hung_cluster_is_replaced_within_two():
    told: list[str] = []

    found = waits(told.append, ("call_opened",))

    assert found["call_opened"] <= 180, told
    assert found["idle workers killed"] <= 120, told
