"""Every Kinesis event source mapping of the endpoint: reads its shards and drives its function."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from contract.errors import ConfigurationError
from infra.local.checkpoints import Checkpoints
from infra.local.stream_source import LaneStep, Position, ShardSource
from infra.local.stream_source_lane import Backoff, Invoke
from infra.local.stream_source_records import SourceRecord
from infra.local.stream_source_response import NotInvoked, Outcome, Succeeded
from infra.local.stream_source_settings import SourceSettings, read_source
from infra.local.stream_source_shard import StepRunner

_POLL_SECONDS: Final = 0.1
_INVOCATIONS_AT_ONCE: Final = 32
_STUCK_AFTER: Final = 5  # failures of one batch within a drain, after which the drain goes on without it


class Streams(Protocol):
    """The endpoint's streams and the mappings that read them."""

    def mappings(self) -> Sequence[Mapping[str, Any]]:
        """Every Kinesis event source mapping."""
        ...

    def shards(self, stream_arn: str) -> Sequence[str]:
        """The shards of a stream; none when it is not there."""
        ...

    def read(self, stream_arn: str, shard: str, *, start: Position, limit: int) -> Sequence[SourceRecord]:
        """The records that follow `start`, in order."""
        ...

    def behind(self, stream_arn: str, shard: str, *, start: Position) -> int:
        """How many records follow `start`."""
        ...


class _Mapping:
    """A mapping as it runs: a source for each shard, and its counts."""

    def __init__(self, settings: SourceSettings, checkpoints: Checkpoints, *, now: float) -> None:
        self.settings, self.checkpoints = settings, checkpoints
        self.sources: dict[str, ShardSource] = {}
        self.enabled = True
        self.counts = {"invocations": 0, "errors": 0, "records": 0, "discarded": 0}
        self.error = ""
        self._wanted = settings
        self._positions = checkpoints.read(settings.uuid)
        self._first_start = self._positions.get("start") or _start(settings, now=now)
        if "start" not in self._positions:
            self.remember("start", self._first_start)

    def source(self, shard: str, *, backoff: Backoff) -> ShardSource:
        """The source of `shard`, which begins where it was left."""
        if shard not in self.sources:
            position = _position(self._positions.get(shard) or self._first_start)
            self.sources[shard] = ShardSource(self.settings, start=position, backoff=backoff)
        return self.sources[shard]

    def remember(self, shard: str, text: str) -> None:
        self._positions[shard] = text
        self.checkpoints.write(self.settings.uuid, self._positions)

    def change(self, settings: SourceSettings) -> None:
        """Go on with other settings once nothing is under way: what is not done is read again."""
        self._wanted = settings
        if settings != self.settings and not any(source.busy for source in self.sources.values()):
            self.settings = settings
            self.sources.clear()

    @property
    def runs(self) -> bool:
        """Whether new steps may begin: not while it is disabled, or waits to change."""
        return self.enabled and self._wanted == self.settings


class StreamSourceRunner:
    """Polls in the background; a drain waits until everything is through, or keeps failing."""

    def __init__(
        self,
        *,
        streams: Streams,
        steps: StepRunner,
        checkpoints: Checkpoints,
        clock: Callable[[], float],
        backoff: Backoff | None = None,
    ) -> None:
        self._streams, self._steps, self._checkpoints, self._clock = streams, steps, checkpoints, clock
        self._backoff = backoff or Backoff()
        self._mappings: dict[str, _Mapping] = {}
        self._refused: dict[str, str] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=_INVOCATIONS_AT_ONCE, thread_name_prefix="stream-source")
        self._thread = threading.Thread(target=self._watch, name="stream-source-runner", daemon=True)

    def begin(self) -> None:
        """Watch the mappings from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop; what is not done is read again after a restart."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def poll(self, *, flush: bool = False) -> None:
        """Look for mappings and records, and begin every step that is due."""
        with self._lock:
            if self._stopped.is_set():
                return
            self._discover()
            for mapping in self._mappings.values():
                if mapping.runs:
                    self._poll(mapping, flush=flush)

    def notice(self) -> None:
        """A mapping was made just now: what is put from now on is its, wherever it starts."""
        with self._lock:
            self._discover()

    def begin_drain(self) -> None:
        """Forgive what failed before: only failures from now on let a drain go on without a batch."""
        with self._lock:
            for source in self._sources():
                for lane in source.lanes:
                    lane.stuck = 0

    def settled(self) -> bool:
        """Whether nothing is left to do but what keeps failing; closes the batching windows."""
        self.poll(flush=True)
        with self._lock:
            return all(_is_settled(source) for source in self._sources())

    def failing(self) -> list[dict[str, Any]]:
        """The batches that keep failing."""
        with self._lock:
            return [
                {"function": mapping.settings.function_arn, "shard": shard, "error": lane.error}
                for mapping in self._mappings.values()
                for shard, source in mapping.sources.items()
                for lane in source.lanes
                if lane.stuck >= _STUCK_AFTER
            ]

    def health(self) -> dict[str, Any]:
        """Each mapping by its id: its function, counts, lag in records and what last went wrong."""
        with self._lock:
            shown = {uuid: self._health(mapping) for uuid, mapping in self._mappings.items()}
        return {**shown, **{uuid: {"error": error} for uuid, error in self._refused.items()}}

    def _health(self, mapping: _Mapping) -> dict[str, Any]:
        settings = mapping.settings
        lag = sum(
            source.unfinished + self._streams.behind(settings.stream_arn, shard, start=source.read_to)
            for shard, source in mapping.sources.items()
        )
        described = {"function": settings.function_arn, "stream": settings.stream_arn, "enabled": mapping.enabled}
        return {**described, **mapping.counts, "lag": lag, "error": mapping.error}

    def _sources(self) -> list[ShardSource]:
        enabled = (mapping for mapping in self._mappings.values() if mapping.enabled)
        return [source for mapping in enabled for source in mapping.sources.values()]

    def _discover(self) -> None:
        found = {str(described["UUID"]): described for described in self._streams.mappings()}
        for uuid in [uuid for uuid in self._mappings if uuid not in found]:
            del self._mappings[uuid]
            self._checkpoints.forget(uuid)
        self._refused = {}
        for uuid, described in found.items():
            try:
                self._take_up(uuid, read_source(described), enabled=described.get("State") != "Disabled")
            except ConfigurationError as error:
                self._refused[uuid] = str(error)

    def _take_up(self, uuid: str, settings: SourceSettings, *, enabled: bool) -> None:
        if uuid not in self._mappings:
            self._mappings[uuid] = _Mapping(settings, self._checkpoints, now=self._clock())
        mapping = self._mappings[uuid]
        mapping.enabled = enabled
        mapping.change(settings)

    def _poll(self, mapping: _Mapping, *, flush: bool) -> None:
        for shard in self._streams.shards(mapping.settings.stream_arn):
            source = mapping.source(shard, backoff=self._backoff)
            limit = source.wanted()
            if limit:
                arn = mapping.settings.stream_arn
                records = self._streams.read(arn, shard, start=source.read_to, limit=limit)
                source.add(records, now=self._clock())
            for step in source.steps(now=self._clock(), flush=flush):
                mapping.counts["invocations"] += isinstance(step.step, Invoke)
                self._pool.submit(self._run, mapping, shard, source, step)

    def _run(self, mapping: _Mapping, shard: str, source: ShardSource, step: LaneStep) -> None:
        outcome: Outcome
        try:
            outcome = self._steps.run(step.step, source.settings)
        except Exception as error:  # noqa: BLE001 - a bug here must not stop the shard in silence
            outcome = NotInvoked(error=f"{type(error).__name__}: {error}")
        with self._lock:
            before = source.unfinished
            moved = source.settle(step.lane, outcome, now=self._clock())
            _count(mapping, step, outcome, done=before - source.unfinished)
            if moved and self._mappings.get(mapping.settings.uuid) is mapping:
                mapping.remember(shard, _text(source.checkpoint))
        self._wake.set()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(_POLL_SECONDS)
            self._wake.clear()
            self.poll()


def _is_settled(source: ShardSource) -> bool:
    stuck = [lane.stuck >= _STUCK_AFTER for lane in source.lanes]
    done = all(lane.empty or is_stuck for lane, is_stuck in zip(source.lanes, stuck, strict=True))
    return done and (source.caught_up or any(stuck))


def _count(mapping: _Mapping, step: LaneStep, outcome: Outcome, *, done: int) -> None:
    kind = "records" if isinstance(step.step, Invoke) else "discarded"
    mapping.counts[kind] += done
    error = getattr(outcome, "error", "")
    mapping.counts["errors"] += bool(error)
    if not isinstance(outcome, Succeeded):
        mapping.error = error or "the function reported failed records"


def _start(settings: SourceSettings, *, now: float) -> str:
    """Where a new mapping begins; for LATEST that is the time it is first seen."""
    # Arrivals are whole milliseconds: what comes in this one belongs to it.
    times = {"LATEST": math.floor(now * 1_000) / 1_000, "AT_TIMESTAMP": settings.starting_timestamp}
    return _text(Position(since=times.get(settings.starting_position, 0.0)))


def _text(position: Position) -> str:
    return position.after or f"since:{position.since!r}"


def _position(text: str) -> Position:
    if text.startswith("since:"):
        return Position(since=float(text.removeprefix("since:")))
    return Position(after=text)
