"""The front page: what needs a person now, and what flows."""
