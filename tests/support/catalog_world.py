"""The surroundings of consumers/catalog in memory: they can be killed, be busy, and be met by another invocation."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consumers.catalog.batch import Ports
from consumers.catalog.changes import Message
from consumers.catalog.core import Catalog
from consumers.catalog.kept import QUARANTINE
from consumers.catalog.putting import Putter, Refused
from consumers.catalog.records import Record
from consumers.catalog.resources import StateResources
from consumers.catalog.versions import StateVersions
from consumers.state_table import Item, MemoryState
from consumers.token_bucket import TokenBucket
from contract.errors import TransientError
from tests.factories import FakeClock

ARNS = {"items": "arn:items", "users": "arn:users"}


class Killed(BaseException):
    """As when Lambda ends the sandbox."""


@dataclass(slots=True)
class Fate:
    """Counts effects; the n-th kills the function, before or after it happens."""

    at: int | None = None
    after: bool = False
    effects: int = 0

    def meet(self, effect: Callable[[], Any]) -> Any:
        self.effects += 1
        is_last = self.effects == self.at
        if is_last and not self.after:
            raise Killed
        done = effect()
        if is_last:
            raise Killed
        return done


@dataclass(slots=True)
class Bucket:
    fate: Fate
    objects: dict[str, bytes] = field(default_factory=dict)
    busy: bool = False

    def put(self, key: str, body: bytes) -> None:
        if self.busy:
            raise TransientError("the bucket is busy")
        self.fate.meet(lambda: self.objects.update({key: body}))

    def bytes_of(self, prefix: str = "") -> list[bytes]:
        """Lines of gzip objects, object by object."""
        found = (gzip.decompress(body) for key, body in sorted(self.objects.items()) if key.startswith(prefix))
        return [line for body in found for line in body.removesuffix(b"\n").split(b"\n")]

    def lines(self, prefix: str = "") -> list[dict[str, Any]]:
        """The same lines as JSON."""
        return [json.loads(line) for line in self.bytes_of(prefix)]


@dataclass(slots=True)
class FakePersonalize:
    """`meanwhile` runs once, after a call was begun and before it is done."""

    fate: Fate
    put_records: dict[str, dict[str, Any]] = field(default_factory=lambda: {"arn:items": {}, "arn:users": {}})
    calls: list[tuple[str, str, list[str]]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)  # id -> message
    busy: int = 0  # calls
    meanwhile: Callable[[], Any] | None = None

    def put(self, dataset: str, arn: str, records: Sequence[Record]) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        self.calls.append((dataset, arn, [record.id for record in records]))
        if self.busy:
            self.busy -= 1
            raise TransientError("slow down")
        for record in records:
            if record.id in self.refuses:
                raise Refused(self.refuses[record.id])
        self.fate.meet(lambda: self.put_records[arn].update({r.id: r.properties for r in records}))

    def has(self, dataset: str) -> dict[str, Any]:
        """Properties by id."""
        return {name: json.loads(text or "{}") for name, text in self.put_records[ARNS[dataset]].items()}


@dataclass(frozen=True, slots=True)
class MortalState:
    """A state table whose writes are effects."""

    fate: Fate
    state: MemoryState = field(default_factory=MemoryState)

    def get(self, pk: str, sk: str) -> Item | None:
        return self.state.get(pk, sk)

    def query(self, pk: str, *, newest_first: bool = False, limit: int | None = None) -> Any:
        return self.state.query(pk, newest_first=newest_first, limit=limit)

    def put(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self.fate.meet(lambda: self.state.put(pk, sk, item))

    def create(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self.fate.meet(lambda: self.state.create(pk, sk, item))

    def replace(self, pk: str, sk: str, item: Mapping[str, Any], *, version: int) -> None:
        self.fate.meet(lambda: self.state.replace(pk, sk, item, version=version))

    def delete(self, pk: str, sk: str) -> None:
        self.fate.meet(lambda: self.state.delete(pk, sk))


@dataclass(slots=True)
class Kept:
    """Metrics, batch by batch."""

    batches: list[Mapping[Any, int]] = field(default_factory=list)

    def emit(self, values: Mapping[Any, int], now: datetime) -> None:
        assert now.tzinfo
        self.batches.append(values)


class MemoryQueue:
    """A queue that takes everything once it is flushed."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self._held: list[str] = []

    def add(self, body: str) -> None:
        self._held.append(body)

    def flush(self) -> None:
        self.bodies += self._held
        self._held = []


class CatalogWorld:
    """`catalog` is the function; two of them over the same world are two invocations."""

    def __init__(self, *, with_datasets: bool = True) -> None:
        self.fate = Fate()
        self.clock = FakeClock()
        self.raw, self.quarantine = Bucket(self.fate), Bucket(self.fate)
        self.personalize = FakePersonalize(self.fate)
        self.state = MortalState(self.fate)
        self.metrics = Kept()
        if with_datasets:
            self.make_datasets()

    def make_datasets(self) -> None:
        self.state.state.put("personalize", "resources", {"value": json.dumps({"datasets": ARNS})})

    @property
    def catalog(self) -> Catalog:
        putter = Putter(
            personalize=self.personalize,
            buckets={dataset: TokenBucket(10, self.clock) for dataset in ARNS},
            clock=self.clock,
            chance=lambda _, high: high,
        )
        ports = Ports(
            raw=self.raw,
            quarantine=self.quarantine,
            resources=StateResources(self.state),
            versions=StateVersions(self.state),
            putter=putter,
        )
        return Catalog(ports=ports, metrics=self.metrics, clock=self.clock)

    def consume(self, messages: Sequence[Message], *, seconds: float = 30.0) -> list[str]:
        """One invocation; the messages that it gives back."""
        answer = self.catalog.consume(messages, until=self.clock.monotonic() + seconds)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def outcomes(self) -> dict[str, int]:
        """Of the last batch, those that there were."""
        return {name: count for name, count in self.metrics.batches[-1].items() if count}

    def refused(self) -> list[tuple[str, str, str]]:
        """What lies in the quarantine: reason, rule and message."""
        return [(line["reason"], line["rule"], line["message"]) for line in self.quarantine.lines(QUARANTINE)]


def item(name: str, minute: int | None = None, **values: Any) -> dict[str, Any]:
    """A row; `minute` says how new it is."""
    dated = {} if minute is None else {"updated_at": f"2026-11-23T08:{minute:02}:00Z"}
    return {"item_id": name, **values, **dated}


def message(number: int | str, row: Any, *, kind: str = "Item Changed", **event: Any) -> Message:
    """An event of the bus, in the queue."""
    told = {"source": "clickstream.catalog", "detail-type": kind, "time": "2026-11-23T09:00:00Z", "detail": row}
    return body_of(f"m-{number}", json.dumps(told | event))


def body_of(name: str, body: str) -> Message:
    """A message of any body."""
    return {"messageId": name, "body": body, "attributes": {"SentTimestamp": "1795424400000"}}


def of_users(messages: Iterable[tuple[int | str, Any]]) -> list[Message]:
    return [message(number, row, kind="User Changed") for number, row in messages]
