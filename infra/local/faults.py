"""Faults to order, for tests: which calls go wrong, decided by seeded chance, the same each time."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from contract.errors import ConfigurationError

# What may be ordered, by kind; a share is of all calls it is about, from 0 to 1.
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "put_records": frozenset({"throttle_share", "fail_share", "seed"}),
    "invoke": frozenset({"function", "crash_share", "crash_at", "within_ms", "timeout", "seed"}),
    "dynamodb": frozenset({"table", "refuse_share", "seed"}),
    "s3": frozenset({"prefix", "refuse_share", "seed"}),
}
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "put_records": frozenset(),
    "invoke": frozenset({"function"}),
    "dynamodb": frozenset({"table", "refuse_share"}),
    "s3": frozenset({"prefix", "refuse_share"}),
}
_WITHIN_MS: Final = 50.0
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class PutFault:
    """What goes wrong with one PutRecords: all of it, or the records at these places."""

    throttled: bool = False
    failed: AbstractSet[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class InvocationFault:
    """What goes wrong with one invocation: it is killed after a time, or runs and its answer is lost."""

    kill_after_seconds: float | None = None
    loses_answer: bool = False
    timeout_seconds: float | None = None


class Faults:
    """The order that holds now, and how often it struck."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order: dict[str, dict[str, Any]] = {}
        self._chance: dict[str, random.Random] = {}
        self._invocations = 0
        self._struck: dict[str, int] = {}
        self._killed = 0

    def order(self, document: Any) -> dict[str, Any]:
        """Replace the order as a whole, {} clears it; raises `ConfigurationError` for what is not known."""
        _check(document)
        with self._lock:
            self._order = {kind: dict(options) for kind, options in document.items()}
            self._chance = {kind: random.Random(options.get("seed", 0)) for kind, options in document.items()}  # noqa: S311
            self._invocations, self._struck, self._killed = 0, {}, 0
            return {"faults": sorted(self._order)}

    def shown(self) -> dict[str, Any]:
        """The order, how often each kind of it struck, and how many processes really died of it."""
        with self._lock:
            return {"order": self._order, "struck": dict(self._struck), "killed": self._killed}

    def note_kill(self) -> None:
        """A process was killed: not every invocation lasts as long as the moment that was drawn for it."""
        with self._lock:
            self._killed += 1

    def put_records(self, count: int) -> PutFault:
        """For a PutRecords of `count` records."""

        def decide(options: Mapping[str, Any], chance: random.Random) -> PutFault:
            if chance.random() < options.get("throttle_share", 0):
                return PutFault(throttled=True)
            share = options.get("fail_share", 0)
            return PutFault(failed=frozenset(place for place in range(count) if chance.random() < share))

        return self._decide("put_records", decide, PutFault())

    def invocation(self, function: str) -> InvocationFault:
        """For one invocation of `function`."""

        def decide(options: Mapping[str, Any], chance: random.Random) -> InvocationFault:
            if options["function"] != function:
                return InvocationFault()
            self._invocations += 1
            crashes = chance.random() < options.get("crash_share", 0)
            moment, timeout = chance.random() * 2, options.get("timeout")
            if not (crashes or self._invocations in options.get("crash_at", ())):
                return InvocationFault(timeout_seconds=timeout)
            if moment >= 1:
                return InvocationFault(loses_answer=True)
            return InvocationFault(kill_after_seconds=moment * options.get("within_ms", _WITHIN_MS) / 1_000)

        return self._decide("invoke", decide, InvocationFault())

    def refuses_table(self, tables: AbstractSet[str]) -> bool:
        """Whether a write to these tables is refused."""
        return self._decide("dynamodb", lambda o, chance: o["table"] in tables and _strikes(o, chance), False)

    def refuses_object(self, key: str) -> bool:
        """Whether the write of an object is refused."""
        return self._decide("s3", lambda o, chance: key.startswith(o["prefix"]) and _strikes(o, chance), False)

    def _decide(self, kind: str, decide: Callable[[Mapping[str, Any], random.Random], _T], nothing: _T) -> _T:
        with self._lock:
            options = self._order.get(kind)
            decided = nothing if options is None else decide(options, self._chance[kind])
            if decided != nothing:
                self._struck[kind] = self._struck.get(kind, 0) + 1
            return decided


def _strikes(options: Mapping[str, Any], chance: random.Random) -> bool:
    return bool(chance.random() < options["refuse_share"])


def _check(document: Any) -> None:
    if not isinstance(document, Mapping):
        raise ConfigurationError("faults are ordered by an object")
    for kind, options in document.items():
        if kind not in _KNOWN:
            raise ConfigurationError(f"no fault {kind}; there are: {', '.join(_KNOWN)}")
        if not isinstance(options, Mapping):
            raise ConfigurationError(f"fault {kind}: its options are an object")
        _check_options(kind, options)


def _check_options(kind: str, options: Mapping[str, Any]) -> None:
    unknown, missing = set(options) - _KNOWN[kind], _NEEDED[kind] - set(options)
    if unknown or missing:
        raise ConfigurationError(f"fault {kind}: unknown {sorted(unknown)}, missing {sorted(missing)}")
    for name, value in options.items():
        if not _is_valid(name, value):
            raise ConfigurationError(f"fault {kind}: {name} cannot be {value!r}")


def _is_valid(name: str, value: Any) -> bool:
    if name in {"function", "table", "prefix"}:
        return isinstance(value, str)
    if name == "crash_at":
        return isinstance(value, Sequence) and not isinstance(value, str) and all(_is_count(each) for each in value)
    if name == "seed":
        return isinstance(value, int) and not isinstance(value, bool)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= (1 if name.endswith("_share") else 1e6)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
