"""Many rows retried or replayed at once: frozen, foreseen, carried a few at a time."""
