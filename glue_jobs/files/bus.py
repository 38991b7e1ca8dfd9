"""News for whoever waits for datasets: events on the bus of the deployment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contract.errors import TransientError

SOURCE = "clickstream.files"
DATASET_READY = "Dataset Ready"
GATE_FAILED = "Quality Gate Failed"


class Bus(Protocol):
    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Returns when the bus has taken the event. Raises TransientError where it has not."""
        ...


@dataclass(frozen=True, slots=True)
class EventBridgeBus:
    client: Any  # of events
    name: str

    def put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry = {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(detail, separators=(",", ":")),
        }
        answer = self.client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise TransientError(f"bus {self.name} did not take {detail_type!r}: {answer['Entries'][0]}")
