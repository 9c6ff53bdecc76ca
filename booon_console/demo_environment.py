"""Placeholder until the demo lands."""


def enter() -> None:
    return None
