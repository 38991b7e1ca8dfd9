"""The audit's number for CloudWatch, and its line in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from consumers.aws_errors import translated
from operations.audit.report import Finding, Report

NAMESPACE = "Clickstream"
IMBALANCE = "LedgerImbalance"
_SHOWN_FINDINGS = 20
_MAY_NAME_USERS = frozenset({"interactions", "users"})

_log = structlog.get_logger()


class Metrics(Protocol):
    def put(self, name: str, value: int) -> None:
        """Raises `TransientError` where it was not taken."""
        ...


@dataclass(frozen=True, slots=True)
class CloudWatchMetrics:
    client: Any
    stage: str

    def put(self, name: str, value: int) -> None:
        metric = {
            "MetricName": name,
            "Dimensions": [{"Name": "Stage", "Value": self.stage}],
            "Value": value,
            "Unit": "Count",
        }
        with translated(f"put metric {name}"):
            self.client.put_metric_data(Namespace=NAMESPACE, MetricData=[metric])


def publish(report: Report, metrics: Metrics) -> dict[str, int]:
    """One line in the log, then the metric: 0 where the ledger balances. Returns its numbers."""
    numbers = {
        "imbalance": report.imbalance,
        "findings": len(report.findings),
        "pending": sum(hop.pending for hop in report.hops),
    }
    hops = {hop.hop: {"accepted": hop.accepted, "pending": hop.pending, "missing": hop.missing} for hop in report.hops}
    first = [_impersonal(finding) for finding in report.findings[:_SHOWN_FINDINGS]]
    say = _log.info if report.balanced else _log.error
    say("ledger_audited", **numbers, hops=hops, first_findings=first)
    metrics.put(IMBALANCE, report.imbalance)
    return numbers


def _impersonal(finding: Finding) -> str:
    return f"{finding.hop}: see `clickstream audit`" if finding.hop in _MAY_NAME_USERS else str(finding)
