"""The event bus of the deployment, as functions put events on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from consumers.aws_errors import translated
from contract.errors import TransientError


class Bus(Protocol):
    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Returns when the bus has taken the event. Raises `TransientError` where it has not."""
        ...


@dataclass(frozen=True, slots=True)
class EventBridgeBus:
    client: Any  # of events
    name: str
    source: str

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self.name,
            "Source": self.source,
            "DetailType": detail_type,
            "Detail": json.dumps(detail, separators=(",", ":")),
        }
        with translated(f"put {detail_type!r} on bus {self.name}"):
            answer = self.client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise TransientError(f"bus {self.name} did not take {detail_type!r}: {answer['Entries'][0]}")


@dataclass(frozen=True, slots=True)
class MemoryBus:
    """A bus that keeps what it was given."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        self.events.append((detail_type, dict(detail)))
