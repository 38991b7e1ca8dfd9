"""The log of the collector: JSON, one line an event, the level from the environment."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import structlog

from contract.errors import ConfigurationError


def configure_logs(environ: Mapping[str, str]) -> int:
    """Whatever structlog logs from now on goes to stdout, from the level on that is returned, as `logging` counts them.

    Raises `ConfigurationError` for a level that there is not.
    """
    name = environ.get("LOG_LEVEL", "INFO").upper()
    level = logging.getLevelNamesMapping().get(name)
    if level is None:
        raise ConfigurationError(f"LOG_LEVEL: there is no level {name}")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    return level
