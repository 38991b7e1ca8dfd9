"""Messages go to the catalog's queue in full calls, and what it did not take stays in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from contract.errors import ConfigurationError, TransientError
from operations.deployment import Deployment
from operations.quarantine_replay.command import replay_quarantine
from operations.quarantine_replay.core import Wanted
from operations.quarantine_replay.queue import SqsSink

pytestmark = pytest.mark.unit


@dataclass
class Sqs:
    """Refuses the entries of these positions in its first call; `raises` instead of answering."""

    refuses: Sequence[int] = ()
    raises: Exception | None = None
    calls: list[list[str]] = field(default_factory=list)

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, str]]) -> dict[str, Any]:  # noqa: N803  # boto3's names
        assert QueueUrl == "https://queue"
        if self.raises:
            raise self.raises
        self.calls.append([entry["MessageBody"] for entry in Entries])
        refused, self.refuses = self.refuses, ()
        return {"Failed": [{"Id": Entries[n]["Id"], "Message": "busy"} for n in refused]} if refused else {}


def test_a_call_carries_ten_messages_and_a_quarter_of_a_megabyte_at_most() -> None:
    sqs = Sqs()
    sink = SqsSink(sqs, "https://queue")

    for body in [*map(str, range(12)), "x" * 100_000, "é" * 100_000]:
        sink.add(body)
    sink.flush()
    sink.flush()

    assert [len(call) for call in sqs.calls] == [10, 3, 1]
    assert [body for call in sqs.calls for body in call][:12] == [str(n) for n in range(12)]


def test_what_the_queue_did_not_take_is_sent_again_alone() -> None:
    sqs = Sqs(refuses=[0, 2])
    sink = SqsSink(sqs, "https://queue")
    for body in "abc":
        sink.add(body)

    with pytest.raises(TransientError, match="did not take 2 messages: busy"):
        sink.flush()
    sink.flush()

    assert sqs.calls == [["a", "b", "c"], ["a", "c"]]


def test_a_queue_that_is_busy_or_forbidden_is_told_apart() -> None:
    def sink(code: str) -> SqsSink:
        made = SqsSink(Sqs(raises=ClientError({"Error": {"Code": code}}, "SendMessageBatch")), "https://queue")
        made.add("a")
        return made

    with pytest.raises(TransientError):
        sink("ThrottlingException").flush()
    with pytest.raises(ConfigurationError):
        sink("AccessDenied").flush()


def test_a_stage_without_consumers_has_nowhere_to_replay_to() -> None:
    stage = Deployment(
        stage="dev", raw_bucket="none", lake_bucket="none", quarantine_bucket="none", personalize_bucket="none"
    )

    with pytest.raises(ConfigurationError, match="clickstream-dev has no queue for the catalog"):
        replay_quarantine(stage, Wanted(), dry=True, console=Console())
