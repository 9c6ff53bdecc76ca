"""`python -m tests.postgres_answers URL`: exit 0 when a PostgreSQL lets us in there.

The database that the URL names need not exist: the tests make one of their own.
"""

import sys
from urllib.parse import urlsplit

import psycopg


def answers(url: str) -> bool:
    server = urlsplit(url)._replace(path="/postgres").geturl()
    try:
        psycopg.connect(server, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
