"""The REST API for Booon's platform."""
