"""Says whether a server listens at an address: `python -m booon_console.port HOST PORT`.

Servers that share a port (SO_REUSEPORT, as granian does) would answer by turns, old code and new.
"""

import socket
import sys


def is_free(host: str, port: int) -> bool:
    """False where a server listens there, or the address is none of this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as found:
        # What a server that has just ended leaves behind does not count.
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
        except OSError:
            return False
    return True


if __name__ == "__main__" and not is_free(sys.argv[1], int(sys.argv[2])):
    sys.exit(f"{sys.argv[1]} port {sys.argv[2]} is taken: another server listens there.")
