"""The queues that functions read, as a drain sees them; ministack's own poller reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.local import patches

_LAMBDA: Final = "ministack.services.lambda_svc:"
_TAKEN_SECONDS: Final = 0.5  # a message just taken may not be with its function yet


class MappedQueues:
    """Every enabled event source mapping of a queue."""

    def settled(self) -> bool:
        """Whether every message was handled, or failed and waits to be visible again."""
        now, flying = time.time(), patches.get(f"{_LAMBDA}_esm_inflight")
        return not any(
            flying.get(mapping["UUID"]) or any(_is_open(message, timeout, now=now) for message in messages)
            for mapping, messages, timeout in _read()
        )

    def failing(self) -> list[dict[str, Any]]:
        """The messages that failed and wait, by queue."""
        return [
            {"function": mapping["FunctionArn"], "queue": mapping["EventSourceArn"], "messages": len(messages)}
            for mapping, messages, _ in _read()
            if messages
        ]


def _read() -> Iterator[tuple[Mapping[str, Any], list[Mapping[str, Any]], float]]:
    for mapping in list(patches.get(f"{_LAMBDA}_esms").values()):
        queue = patches.get("ministack.services.sqs:_queue_by_arn")(str(mapping.get("EventSourceArn", "")))
        if queue and mapping.get("Enabled", True):
            yield mapping, list(queue["messages"]), float(queue["attributes"].get("VisibilityTimeout", "30"))


def _is_open(message: Mapping[str, Any], timeout: float, *, now: float) -> bool:
    """Whether a message is still to be received, or was just now."""
    visible_at = float(message.get("visible_at", 0.0))
    return visible_at <= now or not message.get("receive_count") or now - (visible_at - timeout) < _TAKEN_SECONDS
