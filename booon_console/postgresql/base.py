"""Django's PostgreSQL, with one pool of connections for each compartment of the web server."""

from typing import Any

from django.db.backends.postgresql import base

from booon_console.bulkhead import COMPARTMENTS, compartment


class DatabaseWrapper(base.DatabaseWrapper):
    _connection_pools: dict[str, Any] = {}

    @property
    def pool(self) -> Any:
        return self.pool_of(compartment())

    def pool_of(self, name: str) -> Any:
        """Django keeps its pools by alias, and this object is one thread's."""
        alias, self.alias = self.alias, f"{self.alias} {name}"
        try:
            return super().pool
        finally:
            self.alias = alias

    def close_pool(self) -> None:
        for name in COMPARTMENTS:
            if pool := self.pool_of(name):
                pool.close()
                del self._connection_pools[f"{self.alias} {name}"]
