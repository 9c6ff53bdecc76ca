"""What may be set for the webhooks to Booon."""

import base64
import binascii
from urllib.parse import urlsplit

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PREFIX = "whsec_"
# Standard Webhooks, "Signature scheme".
SECRET_BYTES = range(24, 65)


def is_receiver(url: str, *, is_debug: bool) -> bool:
    """https, or http while debugging or on loopback; nothing in it that is secret or ignored."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    if not usable or "@" in parts.netloc or "#" in url or not url.isascii() or " " in url:
        return False
    is_near = is_debug or parts.hostname in LOOPBACK
    return parts.scheme == "https" or (parts.scheme == "http" and is_near)


def is_secret(text: str) -> bool:
    """As Standard Webhooks writes it: whsec_ and the bytes in base64."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith(PREFIX) and len(key) in SECRET_BYTES
