"""One process of the server: its own producer, opened before the first request and closed behind the last."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from contract import generated
from contract.errors import ClickstreamError, ConfigurationError
from producers.collector.app import App, Rules, World
from producers.collector.asgi import Bounds, Collector
from producers.collector.key_sets import fetcher
from producers.collector.producer_intake import ProducerIntake
from producers.collector.settings import ServerSettings, rules_of
from producers.collector.tokens import JwksTokens
from producers.sdk.clock import Clock
from producers.sdk.new_event import new_producer_id
from producers.sdk.producer import EventProducer
from producers.sdk.settings import ProducerSettings
from producers.sdk.spool.directory import SpoolDirectory
from producers.sdk.stream import Stream

_SPOOL = 1024**3  # bytes on disk, a worker
_SEGMENT, _LEAST_SEGMENT = 16 * 1024**2, 64 * 1024  # bytes of a file of a spool: what is delivered is freed so
_LEAST_FREE = 64 * 1024**2  # bytes of a disk on which a spool can be written
_log = structlog.get_logger()


class Worker:
    """`stream` is made in the process that uses it."""

    def __init__(self, settings: ServerSettings, *, stream: Callable[[], Stream], clock: Clock) -> None:
        self._settings = settings
        self._stream = stream
        self._clock = clock
        self._producer: EventProducer | None = None

    def application(self) -> Collector:
        """What an ASGI server serves."""
        bounds = Bounds(
            held_bytes=self._settings.held_bytes,
            body_seconds=self._settings.body_seconds,
            trusted_proxies=self._settings.trusted_proxies,
            retry_after=self._settings.retry_after,
        )
        return Collector(opened=self._opened, closed=self._closed, bounds=bounds)

    def check(self) -> None:
        """Raise `ConfigurationError` for settings that no worker could start with; nothing is begun."""
        self._rules()
        spool_of(self._settings)
        self._stream()

    async def _opened(self) -> App:
        settings, rules = self._settings, self._rules()
        self._producer = await asyncio.to_thread(self._open_producer)
        intake = ProducerIntake(
            self._producer,
            answer_seconds=settings.answer_seconds,
            memory_bytes=settings.producer_bytes,
            can_write=self._can_write,
        )
        world = World(intake=intake, now=self._clock.now, entropy=os.urandom, openapi=openapi())
        gc.collect()
        gc.freeze()  # what was made until now lives as long as the process: it need not be looked at again and again
        return App(world, rules)

    def _rules(self) -> Rules:
        return rules_of(
            self._settings,
            monotonic=self._clock.monotonic,
            tokens=_tokens(self._settings),
            user_agents=_user_agents() if self._settings.parse_user_agent else None,
            workers=self._settings.workers,
        )

    def _open_producer(self) -> EventProducer:
        settings = self._settings
        producer_settings = ProducerSettings(
            overflow="raise",
            memory_bytes=settings.producer_bytes,
            delivery_seconds=settings.answer_seconds,
            close_seconds=settings.close_seconds,
        )
        return EventProducer(
            self._stream(),
            clock=self._clock,
            producer_id=new_producer_id(settings.name),
            settings=producer_settings,
            spool=spool_of(settings),
            earliest=settings.earliest,
        )

    async def _closed(self) -> None:
        if self._producer is None:
            return
        try:
            await asyncio.to_thread(self._producer.close, self._settings.close_seconds)
        except ClickstreamError as error:  # with a spool the rest lies there for the next process
            _log.warning("collector_closed_early", producer_id=self._producer.producer_id, reason=str(error))

    def _can_write(self) -> bool:
        root = self._settings.spool_root
        return not root or (os.access(root, os.W_OK) and shutil.disk_usage(root).free >= _LEAST_FREE)


def openapi() -> bytes:
    """The description of the HTTP interface, as the contract has it."""
    return Path(generated.__file__).with_name("openapi.json").read_bytes()


def spool_of(settings: ServerSettings) -> SpoolDirectory | None:
    """The folder that all workers share, each with a spool of its own. Raises `ConfigurationError`."""
    if not settings.spool_root:
        if settings.spool_bytes is not None or settings.spool_sync is not None:
            raise ConfigurationError("spool_bytes, spool_sync: there is no spool; set spool_root as well")
        return None
    most = _SPOOL if settings.spool_bytes is None else settings.spool_bytes
    segment = min(_SEGMENT, max(_LEAST_SEGMENT, most // 8))
    return SpoolDirectory(Path(settings.spool_root), max_bytes=most, segment_bytes=segment, fsync=_sync_of(settings))


def _sync_of(settings: ServerSettings) -> str | float:
    said = "batch" if settings.spool_sync is None else settings.spool_sync
    try:
        return said if said == "batch" else float(said)
    except ValueError:
        raise ConfigurationError(f"spool_sync is {said!r}; say batch, or seconds") from None


def _tokens(settings: ServerSettings) -> JwksTokens | None:
    if not settings.jwks:
        return None
    fetch: Callable[[], Mapping[str, Any]] = fetcher(settings.jwks)
    try:
        return JwksTokens(fetch, issuer=settings.jwt_issuer, audience=settings.jwt_audience, monotonic=time.monotonic)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"jwks {settings.jwks}: {error}") from error


def _user_agents() -> Callable[[str], Any]:
    from producers.collector.user_agents import device_of  # noqa: PLC0415 - its rules take 40 MB where nobody asks

    return device_of
