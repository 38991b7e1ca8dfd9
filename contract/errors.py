"""Errors, sorted by what the caller must do about them.

ClickstreamError
├── InvalidEvent        the data is wrong  -> quarantine it, never retry
├── TransientError      the world is busy  -> retry with backoff
└── ConfigurationError  we are wrong       -> stop at start-up
"""


class ClickstreamError(Exception):
    """Base of every error this system raises on purpose."""


class InvalidEvent(ClickstreamError):
    """A payload does not satisfy the contract. `reason` and `rule` are those of the rule table."""

    def __init__(self, reason: str, rule: str, payload: bytes) -> None:
        super().__init__(f"{reason} ({rule})")
        self.reason = reason
        self.rule = rule
        self.payload = payload


class TransientError(ClickstreamError):
    """A dependency refused the work for now."""


class ConfigurationError(ClickstreamError):
    """The process was started with settings it cannot run with."""
