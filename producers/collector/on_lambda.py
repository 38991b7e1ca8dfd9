"""The collector as a function: its settings, its producer, and how long each request may take."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contract import generated
from contract.errors import ConfigurationError
from producers.collector.app import App, World
from producers.collector.enrichment import Device
from producers.collector.flushed_intake import FlushedIntake
from producers.collector.settings import Name, Seconds, Settings, StreamName, rules_of
from producers.sdk.clock import Clock
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.stream import Stream

SENDERS = 1
"""An environment has one request at a time."""

_OF_THE_API = "tokens are the HTTP API's to check (--collector_jwt_issuer, --collector_jwt_audience); take it away"
_OF_NO_USE = {
    "jwks": _OF_THE_API,
    "jwt_issuer": _OF_THE_API,
    "jwt_audience": _OF_THE_API,
    "trusted_proxies": "the HTTP API says itself who asked; take it away",
    "anyone": "behind an HTTP API a write key is always asked for; take it away, and set write_keys",
}
"""Settings that a function has no use for, and what to do about each."""


class FunctionSettings(Settings, frozen=True, kw_only=True):
    """`write_keys_parameter`: of SSM, whose value is `write_keys` where that is not given itself.

    Tokens are the HTTP API's to check, before the function is asked. `answer_seconds`: of the function's time.
    """

    stream: StreamName
    name: Name = "collector"
    write_keys_parameter: str = ""
    answer_seconds: Seconds = 15.0


class Deadline:
    """Until when the request under way must be answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0

    def within(self, seconds: float) -> None:
        """From now on."""
        self._until = self._clock.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds; none where there was no request."""
        return self._until - self._clock.monotonic()


def write_keys_of(settings: FunctionSettings, ssm: Callable[[], Any]) -> str:
    """The hashes, from where the settings say. Raises `ConfigurationError` for both or neither."""
    if bool(settings.write_keys) is bool(settings.write_keys_parameter):
        raise ConfigurationError("set either write_keys or write_keys_parameter")
    if settings.write_keys:
        return settings.write_keys
    name = settings.write_keys_parameter
    try:
        return str(ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(f"the write keys' hashes cannot be read from parameter {name}: {error}") from error


def app_of(
    settings: FunctionSettings,
    *,
    stream: Stream,
    clock: Clock,
    deadline: Deadline,
) -> App:
    """For all requests of an environment. Raises `ConfigurationError`."""
    for name, what_to_do in _OF_NO_USE.items():
        if getattr(settings, name):
            raise ConfigurationError(f"{name}: {what_to_do}")

    def producer() -> EventProducer:
        return EventProducer(
            stream,
            clock=clock,
            producer_id=new_producer_id(settings.name),
            settings=ProducerSettings(
                linger=0.0, senders=SENDERS, overflow="raise", delivery_seconds=settings.answer_seconds
            ),
            earliest=settings.earliest,
        )

    openapi = resources.files(generated).joinpath("openapi.json").read_bytes()
    intake = FlushedIntake(producer, remaining=deadline.remaining)
    world = World(intake=intake, now=clock.now, entropy=os.urandom, openapi=openapi)
    user_agents = _user_agents() if settings.parse_user_agent else None
    return App(world, rules_of(settings, monotonic=clock.monotonic, user_agents=user_agents))


def _user_agents() -> Callable[[str], Device]:
    from producers.collector.user_agents import device_of  # noqa: PLC0415 - its rules take 40 MB where nobody asks

    return device_of
