"""Says whether a server listens at an address: `python -m booon_console.port HOST PORT`.

Servers that share a port (SO_REUSEPORT, as granian does) would answer by turns, old code and new.
"""

import socket
import sys

USAGE = (
    "usage: python -m booon_console.port HOST PORT\n"
    "PORT is a number from 1 to 65535. Exit 0: it is free. 1: it is taken. 2: not asked rightly.\n"
)


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


def main(arguments: list[str]) -> None:
    """Ends the process with 1 where the port is taken, and with 2 where nothing was asked."""
    match arguments:
        case [host, text] if (number := number_of(text)) and host:
            if not is_free(host, number):
                sys.exit(f"{host} port {number} is taken: another server listens there.")
        case _:
            sys.stderr.write(USAGE)
            sys.exit(2)


def number_of(text: str) -> int | None:
    """None of what is no port."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len("65535")
    return int(text) if is_number and 0 < int(text) < 65536 else None


if __name__ == "__main__":
    main(sys.argv[1:])
