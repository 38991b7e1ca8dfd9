"""What a person sees of a check."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from glue_jobs.gate.model import Result, Severity
from operations.check.core import Checked, passed


def show_check(console: Console, done: Sequence[Checked]) -> None:
    """A table a dataset, what to do about each failure, and the verdict."""
    for checked in done:
        _show_dataset(console, checked)
    if passed(done):
        console.print("[green]passed[/]: Personalize would accept these files")
    else:
        stopped = [checked.dataset for checked in done if not checked.examined.verdict.passed]
        console.print(f"[red]stopped[/]: {', '.join(stopped)}")


def _show_dataset(console: Console, checked: Checked) -> None:
    rows = sum(file.rows for file in checked.examined.files)
    inferred = ", schema inferred from the header" if checked.inferred else ""
    table = Table(title=f"{checked.dataset}: {rows:,} rows{inferred}")
    for name in ("rule", "verdict"):
        table.add_column(name, no_wrap=True)
    for name in ("measured", "wanted"):
        table.add_column(name, justify="right")
    table.add_column("first offence, or why it was not asked", overflow="fold")
    for result in checked.examined.verdict.results:
        first = str(result.offences[0]) if result.offences else result.note
        table.add_row(result.rule, _verdict(result), _number(result.measured), _wanted(result), escape(first))
    console.print(table)
    for failure in checked.examined.verdict.failures:
        console.print(f"{_verdict(failure)} {failure.rule}: {escape(failure.why)}", highlight=False)
        for offence in failure.offences:
            console.print(f"    {escape(str(offence))}", highlight=False, soft_wrap=True)
        console.print(f"    way out: {escape(failure.way_out)}", highlight=False)


def _verdict(result: Result) -> str:
    if result.passed is None:
        return "[dim]-[/]"
    if result.passed:
        return "[green]passed[/]"
    return "[red]stop[/]" if result.severity is Severity.STOP else "[yellow]warn[/]"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def _wanted(result: Result) -> str:
    if result.minimum is not None:
        return f"≥ {_number(result.minimum)}"
    return f"≤ {_number(result.maximum)}" if result.maximum else "none"
