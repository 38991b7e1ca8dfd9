"""What a function's answer says of its batch: done, done up to a record, or to be tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """Every record of the batch is done."""


@dataclass(frozen=True, kw_only=True)
class FailedFrom:
    """The records before `sequence_number` are done."""

    sequence_number: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The function ran and nothing of the batch is done."""

    error: str


@dataclass(frozen=True, kw_only=True)
class NotInvoked:
    """The function did not run; this uses up no retry. `busy`: for want of concurrency."""

    error: str
    busy: bool = False


Outcome = Succeeded | FailedFrom | Failed | NotInvoked


def read_response(payload: Any, *, sequence_numbers: Sequence[str]) -> Outcome:
    """The outcome of a batch whose function reports failures, by its answer `payload`.

    Lambda checkpoints at the lowest sequence number of the list; a list that it cannot read, or that
    names a record it did not send, is a failure of the whole batch.
    """
    failures = payload.get("batchItemFailures") if isinstance(payload, Mapping) else None
    if payload in (None, "") or (isinstance(payload, Mapping) and not failures):
        return Succeeded()
    if not isinstance(failures, Sequence) or isinstance(failures, str):
        return Failed(error="the answer has no list of batchItemFailures")
    identifiers = [failure.get("itemIdentifier") if isinstance(failure, Mapping) else None for failure in failures]
    known = set(sequence_numbers)
    if not all(isinstance(identifier, str) and identifier in known for identifier in identifiers):
        return Failed(error="batchItemFailures names what was not in the batch")
    named = set(identifiers)
    return FailedFrom(sequence_number=next(number for number in sequence_numbers if number in named))
