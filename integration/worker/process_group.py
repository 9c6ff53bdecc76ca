"""A command in a process group of its own that ends when we do, however we end."""

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

# Leads the group. It reads from a pipe whose other end we alone hold open and never write to:
# the read ends when we do, by SIGKILL too. It outlives signals meant for the command.
GUARD = 'trap "" HUP INT TERM; read -r _; kill -KILL 0'
KILL_SECONDS = 5.0


def start_guard(reads: int) -> subprocess.Popen[bytes]:
    nowhere = subprocess.DEVNULL
    command = ["/bin/sh", "-c", GUARD]
    return subprocess.Popen(command, stdin=reads, stdout=nowhere, stderr=nowhere, process_group=0)


class ProcessGroup:
    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Raises OSError when the system can't start it; then nothing is left behind."""
        # No child inherits an end of a pipe that is not given to it by name.
        guard_reads, self._our_life = os.pipe()
        # The command and all its children hold this one's other end: its end is theirs.
        self._their_end, their_life = os.pipe()
        guard = None
        try:
            guard = self._guard = start_guard(guard_reads)
            # Where the guard has gone there is no group to join, so nothing starts unguarded.
            self._main = subprocess.Popen(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                process_group=guard.pid,
                pass_fds=[their_life],
            )
        except OSError:
            self._close()
            if guard is not None:
                guard.wait()
            raise
        finally:
            os.close(guard_reads)
            os.close(their_life)

    @property
    def pid(self) -> int:
        """The command's own process, not the group."""
        return self._main.pid

    def is_alive(self) -> bool:
        """False also without its guard: what is unguarded must not go on."""
        return self._main.poll() is None and self._guard.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM to the command alone; its children are its own affair."""
        self._main.terminate()

    def kill(self) -> None:
        """SIGKILL to all of the group; returns when they have ended."""
        with suppress(ProcessLookupError):
            os.killpg(self._guard.pid, signal.SIGKILL)
        self._main.wait()
        self._guard.wait()
        select.select([self._their_end], [], [], KILL_SECONDS)
        self._close()

    def _close(self) -> None:
        os.close(self._our_life)
        os.close(self._their_end)
