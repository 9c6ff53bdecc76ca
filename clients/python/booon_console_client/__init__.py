"""The Booon console's API for Booon's platform."""

from booon_console_client import answers
from booon_console_client.client import Client
from booon_console_client.errors import (
    Conflict,
    ConsoleError,
    FieldError,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    TooLate,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from booon_console_client.version import CONSOLE_VERSION, __version__
from booon_console_client.webhooks import Message, NotGenuine, verify

__all__ = [
    "CONSOLE_VERSION",
    "Client",
    "Conflict",
    "ConsoleError",
    "FieldError",
    "Invalid",
    "Message",
    "NotFound",
    "NotGenuine",
    "RateLimited",
    "Refused",
    "TooLarge",
    "TooLate",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "__version__",
    "answers",
    "verify",
]
