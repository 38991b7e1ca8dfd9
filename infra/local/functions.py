"""Lambda functions as our runners call them: an event in, an answer out, every failure seen as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of an invocation; without an `error` it succeeded."""

    payload: Any = None
    error: str = ""
    ran: bool = True  # False: nothing ran, as the function is not there or has no concurrency left
    throttled: bool = False


class Functions(Protocol):
    """Where functions run."""

    def invoke(self, function_arn: str, event: Any) -> Answer:
        """Run the function once and wait for it; never raises for what the function does."""
        ...


class Destinations(Protocol):
    """Where failed events and batches are told of; each raises `TransientError` when it could not be."""

    def send_message(self, queue_arn: str, body: str, attributes: dict[str, str]) -> None:
        """A message to a queue or a topic."""
        ...

    def put_object(self, bucket_arn: str, key: str, body: bytes) -> None:
        """An object into a bucket."""
        ...
