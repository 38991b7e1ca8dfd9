"""What people see of the files for Personalize: where they lie, how they begin, and what the gate says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.publications import Publication

_WIDTH = 110


def show_publications(console: Console, publications: Sequence[Publication], places: Mapping[str, str]) -> None:
    """`places`: dataset -> URI of its files."""
    table = Table(title="Files for Amazon Personalize")
    for name in ("dataset", "mode", "rows", "files", "where"):
        table.add_column(name, justify="right" if name in {"rows", "files"} else "left", overflow="fold")
    for found in publications:
        if found.manifest is None:
            table.add_row(found.dataset, "-", "-", "-", "refused by the gate" if found.refused else "no catalog of it")
            continue
        manifest = found.manifest
        table.add_row(
            found.dataset, manifest.mode, f"{manifest.rows:,}", str(len(manifest.files)), places[found.dataset]
        )
    console.print(table)
    for found in publications:
        if found.first_lines:
            console.print(f"[dim]{found.dataset}, first rows[/]")
            for line in found.first_lines:
                console.print(escape(line[:_WIDTH]), highlight=False, no_wrap=True, overflow="ellipsis")


def show_gate(console: Console, publications: Sequence[Publication]) -> None:
    """One line a rule, one column a dataset; then what to do about each failure."""
    judged = [found for found in publications if found.gate]
    table = Table(title="The quality gate")
    for name in ("rule", *(found.dataset for found in judged)):
        table.add_column(name)
    by_rule = {found.dataset: {result["rule"]: result for result in found.gate} for found in judged}
    for rule in dict.fromkeys(result["rule"] for found in judged for result in found.gate):
        table.add_row(rule, *(_cell(by_rule[found.dataset].get(rule)) for found in judged))
    console.print(table)
    for found in judged:
        for result in found.gate:
            if result["passed"] is False:
                colour = "red" if result["severity"] == "stop" else "yellow"
                said = f"{found.dataset}: {result['rule']}: {result['way_out']}"
                console.print(f"[{colour}]{result['severity']}[/] {escape(said)}")
    refused = [found.dataset for found in judged if found.refused]
    verdict = f"[red]refused[/]: {', '.join(refused)}" if refused else "[green]passed[/]: published"
    console.print(verdict)


def _cell(result: Mapping[str, Any] | None) -> str:
    if result is None or result["passed"] is None:
        return "[dim]-[/]"
    mark = "[green]✓[/]" if result["passed"] else "[red]✗[/]" if result["severity"] == "stop" else "[yellow]![/]"
    return f"{mark} {_measured(result)}"


def _measured(result: Mapping[str, Any]) -> str:
    value, least, most = result["measured"], result["minimum"], result["maximum"]
    if least is None and most == 0:
        return "" if not value else f"{value:,.0f}"  # offences: none is what is wanted
    bounds = " ".join(f"{sign} {_number(bound)}" for sign, bound in (("≥", least), ("≤", most)) if bound is not None)
    return f"{_number(value)} [dim]{bounds}[/]"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.3g}"


def show_docs(console: Console, pages: Sequence[Path]) -> None:
    for page in pages:
        console.print(f"data docs: {page}")
