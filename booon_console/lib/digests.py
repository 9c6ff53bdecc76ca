"""Secrets that are only recognised again are kept as digests."""

import hashlib


def digest_of(secret: str) -> str:
    """SHA-256, 64 hex digits. Never raises: a header can hold any byte, so no codec may stumble,
    nor make two secrets one."""
    return hashlib.sha256(secret.encode(errors="backslashreplace")).hexdigest()
