import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from integration.worker.process_group import ProcessGroup
from tests.integration.processes import children, members, wait_for

# A parent whose child outlives it unless the whole group is killed.
FAMILY = ["/bin/sh", "-c", "sleep 60 & wait"]


@pytest.fixture
def family() -> Iterator[ProcessGroup]:
    group = ProcessGroup(FAMILY, os.environ)
    wait_for(lambda: len(members(os.getpgid(group.pid))) == 3)
    yield group
    if group.is_alive():
        group.kill()


def test_command_runs_in_a_group_of_its_own(family: ProcessGroup):
    assert family.is_alive()
    assert os.getpgid(family.pid) != os.getpgid(0)


def test_kill_leaves_none_of_the_group(family: ProcessGroup):
    group = os.getpgid(family.pid)

    family.kill()

    wait_for(lambda: members(group) == [])
    assert not family.is_alive()


def test_asking_to_stop_reaches_the_command_alone(family: ProcessGroup):
    group = os.getpgid(family.pid)

    family.ask_to_stop()
    wait_for(lambda: not family.is_alive())

    assert len(members(group)) == 2
    family.kill()
    wait_for(lambda: members(group) == [])


def test_group_without_its_guard_counts_as_dead(family: ProcessGroup):
    group = os.getpgid(family.pid)
    os.kill(group, signal.SIGKILL)

    wait_for(lambda: not family.is_alive())

    family.kill()
    wait_for(lambda: members(group) == [])


def test_sigterm_to_the_group_leaves_the_guard_at_its_post(family: ProcessGroup):
    group = os.getpgid(family.pid)
    os.killpg(group, signal.SIGTERM)

    wait_for(lambda: members(group) == [group])

    family.kill()


def test_command_that_does_not_exist_leaves_nothing_behind():
    descriptors = os.listdir("/proc/self/fd")

    with pytest.raises(OSError):
        ProcessGroup(["/no/such/command"], os.environ)

    assert os.listdir("/proc/self/fd") == descriptors
    assert children(os.getpid()) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_group_ends_with_whoever_started_it(how: int):
    start = f"""
import os, time
from integration.worker.process_group import ProcessGroup
from tests.integration.processes import children, members, wait_for
group = ProcessGroup({FAMILY!r}, os.environ)
print(os.getpgid(group.pid), flush=True)
time.sleep(60)
"""
    owner = subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE)
    with owner:
        assert owner.stdout is not None
        group = int(owner.stdout.readline())
        wait_for(lambda: len(members(group)) == 3)

        owner.send_signal(how)
        owner.wait()

    wait_for(lambda: members(group) == [], seconds=10)
