"""Bulk runs: many rows that are retried or replayed, selected, forecast, started and reported."""
