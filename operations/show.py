"""What people see: tables of hops, files, answers and refused lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from operations.athena import Answer
from operations.audit.report import Report

_SHOWN_ROWS = 5
_SHOWN_FINDINGS = 50


def show_report(console: Console, report: Report) -> None:
    """The ledger as a table, then every finding by name."""
    table = Table(title="The ledger: accepted = delivered + deduplicated + quarantined + excluded + pending")
    table.add_column("hop")
    columns = ("accepted", "delivered", "deduplicated", "quarantined", "excluded", "pending", "missing")
    for name in columns:
        table.add_column(name, justify="right")
    for hop in report.hops:
        table.add_row(hop.hop, *(f"{getattr(hop, name):,}" for name in columns))
    console.print(table)
    for label, findings in (("lost", report.findings), ("pending", report.pending)):
        for finding in findings[:_SHOWN_FINDINGS]:
            console.print(f"[red]{label}[/] {finding}" if label == "lost" else f"[yellow]{label}[/] {finding}")
        if len(findings) > _SHOWN_FINDINGS:
            console.print(f"… and {len(findings) - _SHOWN_FINDINGS:,} more; --json has them all")
    verdict = "[green]balanced[/]: every accepted event is accounted for" if report.balanced else "[red]not balanced[/]"
    console.print(verdict)


def show_files(console: Console, lake: Mapping[str, Mapping[str, Any]]) -> None:
    """Tables of the lake with their rows and place."""
    table = Table(title="The lake")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("where")
    for name, facts in lake.items():
        table.add_row(name, f"{facts['rows']:,}", facts["uri"])
    console.print(table)


def show_answer(console: Console, answer: Answer) -> None:
    """The first rows of a query's answer."""
    more = f", first {_SHOWN_ROWS}" if len(answer.rows) > _SHOWN_ROWS else ""
    table = Table(title=f"Athena: {answer.name} ({len(answer.rows)} rows{more})")
    for name in answer.columns:
        table.add_column(name)
    for row in answer.rows[:_SHOWN_ROWS]:
        table.add_row(*row)
    console.print(table)


def show_quarantine(console: Console, counts: Sequence[tuple[str, str, int, str]]) -> None:
    """Refused lines by reason and rule."""
    table = Table(title="The quarantine")
    for name in ("reason", "rule"):
        table.add_column(name)
    table.add_column("lines", justify="right")
    table.add_column("first, for `clickstream quarantine show`", overflow="fold")
    for reason, rule, count, first in counts:
        table.add_row(reason, rule, f"{count:,}", first)
    console.print(table)
