"""`python -m tests.postgres_answers URL`: exit 0 when a PostgreSQL lets us into that database.

The tests make others of their own beside it, from within it.
"""

import sys

import psycopg


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


if __name__ == "__main__":
    sys.exit(0 if answers(sys.argv[1]) else 1)
