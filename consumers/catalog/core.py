"""A batch of changes of the catalog: kept for the next files, put into Personalize, and each message answered for.

The order is what makes a crash harmless. What cannot be used is kept; the changed rows lie in a snapshot before anybody
hears of them; a put is noted before it is made and struck off after. A message that comes again finds that noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import structlog

from consumers.catalog.batch import Batch, Ports
from consumers.catalog.changes import Message
from consumers.catalog.report import Metrics, Report
from consumers.clock import Clock

log = structlog.get_logger()


class BatchItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    batchItemFailures: list[BatchItemFailure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    ports: Ports
    metrics: Metrics
    clock: Clock

    def consume(self, messages: Sequence[Message], *, until: float) -> BatchResponse:
        """Settle the messages; those that it names failed for now and must come again.

        No put is begun after `until` of the monotonic clock.
        """
        report = Report(messages=len(messages))
        by_id = {message["messageId"]: message for message in messages}
        Batch(ports=self.ports, messages=by_id, until=until, report=report).settle()
        self.metrics.emit(report.metrics(), self.clock.now())
        _tell(report)
        return {"batchItemFailures": [{"itemIdentifier": message} for message in report.given_back]}


def _tell(report: Report) -> None:
    log.info(
        "changes_settled",
        messages=report.messages,
        outcomes=dict(sorted(report.outcomes.items())),
        refused_by_personalize=report.refused,
        put_calls=report.calls,
        throttles=report.throttles,
        given_back=len(report.given_back),
        why=sorted(set(report.given_back.values())),
    )
