"""Logs go to stderr: for people while debugging, as JSON otherwise; never with a secret."""

import logging.config
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from booon_console.lib import faults

OURS = ("booon_console", "integration", "sellers")
SECRET_NAMES = re.compile(r"password|token|secret|jwt|authorization|api_?key|credential", re.I)
SECRET_VALUES = re.compile(r"Bearer\s+\S+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|gAAAAA[\w=-]{20,}")


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Masks by name, and by value where a secret slipped into a sentence."""
    for key, value in event.items():
        if SECRET_NAMES.search(key):
            event[key] = "•••"
        elif isinstance(value, str):
            event[key] = SECRET_VALUES.sub("•••", value)
    return event


def logging_config(*, is_json: bool, level: str) -> None:
    """Sets up logging and structlog for this process.

    DEBUG is for the console's own lines: at that level Django writes whole pages' variables into
    the log, with the keys and buyers that they show.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "plain": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.ExceptionRenderer(faults.text),
                        without_secrets,
                        renderer,
                    ],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "root": {"handlers": ["stderr"], "level": "INFO" if level == "DEBUG" else level},
            "loggers": {
                **{package: {"level": level} for package in OURS},
                "django_structlog": {"level": "WARNING"},
                "django-q": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
                "urllib3": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
