"""The log: one JSON object per line on the standard error output, without values of records."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

_DEEPEST = 30
_TELLING = ("secret", "password", "token", "authorization", "cookie", "credential", "recovery", "api_key")
"""Words in the name of a field that may hold what nobody else should know."""
_SECRETS = re.compile(r"(trl_|/link/|://[^/@\s:]+:)[^/@\s]+")
"""Tokens, secrets in addresses of letters, and passwords in addresses of servers."""
HIDDEN = "…"
_TALKATIVE = ("httpx", "httpcore", "asyncio")
"""Libraries that write addresses with their queries."""


def start_logging() -> None:
    """From now on events are written as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def without_values(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error becomes its type and the places it went through: its text may quote what somebody typed."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["places"] = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
        ]
    return event


def without_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net: whatever somebody logs, tokens and passwords do not get through."""
    for name, value in event.items():
        if any(word in name.lower() for word in _TELLING):
            event[name] = HIDDEN
        elif isinstance(value, str):
            event[name] = _SECRETS.sub(rf"\1{HIDDEN}", value)
    return event
