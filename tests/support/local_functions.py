"""Functions, mappings and streams on a local endpoint, each with one call; a function writes down what it got."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.local_endpoint import Local

ROLE = "arn:aws:iam::000000000000:role/any"
SECONDS = 20.0

# Writes down what it was called with, then does what the first record or the event asks for.
CODE = """
import base64, json, os, time

def handler(event, context):
    datas = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event.get("Records", []) if "kinesis" in r]
    with open(os.environ["CALLS"], "a") as calls:
        calls.write(json.dumps({"datas": datas, "event": event, "request": context.aws_request_id}) + "\\n")
    print("called with", len(datas))
    order = event.get("order") or os.environ.get("ORDER", "")
    if "poison" in datas or order == "fail":
        raise ValueError("poison")
    if "sleep" in datas or order == "sleep":
        time.sleep(60)
    if "report" in datas and os.environ.get("REPORT"):
        number = event["Records"][datas.index("report")]["kinesis"]["sequenceNumber"]
        return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}
"""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function on the endpoint, and the file it writes its calls to."""

    local: Local
    name: str
    arn: str
    written: Path

    def calls(self) -> list[dict[str, Any]]:
        """What it was called with, in order."""
        return [json.loads(line) for line in self.written.read_text().splitlines()] if self.written.exists() else []

    def datas(self) -> list[list[str]]:
        """The records' data of each call."""
        return [call["datas"] for call in self.calls()]


def function(
    local: Local, *, code: str = CODE, timeout: int = 10, environment: dict[str, str] | None = None
) -> Function:
    """A new function; functions run on this machine, so that it can write to a file."""
    name = f"function-{uuid.uuid4().hex[:8]}"
    written = Path(local.endpoint.paths.home) / f"{name}.jsonl"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    created = local.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=timeout,
        Environment={"Variables": {"CALLS": str(written), **(environment or {})}},
    )
    return Function(local=local, name=name, arn=created["FunctionArn"], written=written)


def stream(local: Local, *, shards: int = 1) -> tuple[str, str]:
    """A new stream; its name and ARN."""
    name = f"stream-{uuid.uuid4().hex[:8]}"
    kinesis = local.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    return name, kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]


def queue(local: Local, **attributes: str) -> tuple[str, str]:
    """A new queue; its URL and ARN."""
    sqs = local.client("sqs")
    url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:8]}", Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(local: Local, url: str) -> list[dict[str, Any]]:
    """What is in a queue now."""
    found: list[dict[str, Any]] = (
        local.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        .get("Messages", [])
    )
    return found


def source(local: Local, target: Function, stream_arn: str, **options: Any) -> str:
    """A mapping from the stream to the function; its UUID."""
    given = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 100, **options}
    made = local.client("lambda").create_event_source_mapping(
        FunctionName=target.name, EventSourceArn=stream_arn, **given
    )
    return str(made["UUID"])


def until(condition: Callable[[], Any], *, seconds: float = SECONDS) -> Any:
    """The condition's value once it holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to hold")
