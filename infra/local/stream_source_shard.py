"""Carries one shard's steps out: calls the function, tells the destination, remembers the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import TransientError
from infra.local.functions import Destinations, Functions
from infra.local.stream_source_lane import Discard, Step
from infra.local.stream_source_records import Batch, failure_key, failure_record, invocation_event
from infra.local.stream_source_response import Failed, NotInvoked, Outcome, Succeeded, read_response
from infra.local.stream_source_settings import SourceSettings

_MOST_ERROR_CHARS: Final = 500


@dataclass(frozen=True, kw_only=True)
class StepRunner:
    """Does what a step says; what it did is all in the outcome, nothing is raised."""

    functions: Functions
    destinations: Destinations
    clock: Callable[[], float]
    new_id: Callable[[], str]

    def run(self, step: Step, settings: SourceSettings) -> Outcome:
        """The outcome of `step`; of a discard, Succeeded means that the destination has it."""
        if isinstance(step, Discard):
            return self._discard(step, settings)
        return self._invoke(step.batch, settings)

    def _invoke(self, batch: Batch, settings: SourceSettings) -> Outcome:
        answer = self.functions.invoke(settings.function_arn, self._event(batch, settings))
        error = answer.error[:_MOST_ERROR_CHARS]
        if not answer.ran:
            return NotInvoked(error=error, busy=answer.throttled)
        if error:
            return Failed(error=error)
        if not settings.reports_failures:
            return Succeeded()
        return read_response(answer.payload, sequence_numbers=[record.sequence_number for record in batch.records])

    def _discard(self, step: Discard, settings: SourceSettings) -> Outcome:
        if not settings.on_failure:
            return Succeeded()
        try:
            self._tell(step, settings, now=self.clock())
        except TransientError as error:
            return NotInvoked(error=str(error)[:_MOST_ERROR_CHARS])
        return Succeeded()

    def _tell(self, step: Discard, settings: SourceSettings, *, now: float) -> None:
        batch, arn = step.batch, settings.on_failure
        document = failure_record(
            batch,
            condition=step.condition,
            request_id=self.new_id(),
            function_arn=settings.function_arn,
            stream_arn=settings.stream_arn,
            now=now,
        )
        if arn.split(":")[2] == "sqs":
            self.destinations.send_message(arn, json.dumps(document), {})
            return
        document["payload"] = json.dumps(self._event(batch, settings))
        shard = batch.records[0].shard
        key = failure_key(mapping=settings.uuid, shard=shard, now=now, random_id=self.new_id())
        self.destinations.put_object(arn, key, json.dumps(document).encode())

    def _event(self, batch: Batch, settings: SourceSettings) -> dict[str, Any]:
        account = settings.stream_arn.split(":")[4]
        role = f"arn:aws:iam::{account}:role/lambda-role"
        return invocation_event(batch, stream_arn=settings.stream_arn, role_arn=role)
