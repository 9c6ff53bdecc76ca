import pytest
from django.db import connection

from tests import only_on


@pytest.mark.django_db
@only_on.postgresql("SQLite has no connections to name")
def test_postgresql_shows_whose_connection_it_is():
    with connection.cursor() as cursor:
        cursor.execute("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        assert cursor.fetchone() == ("booon-console python",)
