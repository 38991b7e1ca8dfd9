"""Entry point: settings, adapters, core."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import boto3
import botocore.session
from msgspec.structs import replace

from producers.collector.gateway import answer_of, request_of
from producers.collector.logs import configure_logs
from producers.collector.on_lambda import SENDERS, Deadline, FunctionSettings, app_of, write_keys_of
from producers.collector.settings import load_settings
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.signed import SignedKinesis

_MARGIN_SECONDS = 2.0  # an answer is written and passed on

configure_logs(os.environ)
given = load_settings(FunctionSettings, os.environ)
keys = write_keys_of(given, lambda: boto3.client("ssm"))
settings = replace(given, write_keys=keys, write_keys_parameter="")
clock = SystemClock()
deadline = Deadline(clock)
app = app_of(
    settings,
    stream=SignedKinesis.of_session(botocore.session.get_session(), settings.stream, connections=SENDERS, clock=clock),
    clock=clock,
    deadline=deadline,
)
loop = asyncio.new_event_loop()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A request of the HTTP API; its answer waits until the stream has the events."""
    deadline.within(min(settings.answer_seconds, context.get_remaining_time_in_millis() / 1_000 - _MARGIN_SECONDS))
    return answer_of(loop.run_until_complete(app.respond(request_of(event))))
