"""The catalog's queue, as messages are put on it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from consumers.aws_errors import translated
from contract.errors import TransientError

MAX_MESSAGES = 10  # a call
MAX_BYTES = 262_144  # of a call, as every queue takes them


@dataclass(slots=True)
class SqsSink:
    """Holds at most one call's messages."""

    client: Any  # of SQS
    url: str
    _held: list[str] = field(default_factory=list)

    def add(self, body: str) -> None:
        if len(self._held) == MAX_MESSAGES or sum(map(_size, (*self._held, body))) > MAX_BYTES:
            self.flush()
        self._held.append(body)

    def flush(self) -> None:
        """Raises `TransientError`, and keeps what was not taken, where the queue is busy."""
        if not self._held:
            return
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(self._held)]
        with translated(f"send to {self.url}"):
            failed = self.client.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed", ())
        self._held = [self._held[int(one["Id"])] for one in failed]
        if failed:
            raise TransientError(f"{self.url} did not take {len(failed)} messages: {failed[0].get('Message', '')}")


def _size(body: str) -> int:
    return len(body.encode())
