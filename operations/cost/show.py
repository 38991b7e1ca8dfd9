"""What people see of an estimate."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from consumers.personalize_sync.cost import Estimate
from consumers.personalize_sync.prices import Prices

_FROM_MEMORY = "unverified"


def show_cost(console: Console, found: Estimate, refusal: str | None, prices: Prices) -> None:
    """A line for each thing that is billed, then the sums, and why it is refused if it is."""
    table = Table(title="Estimate a month, list prices in US dollars; free tiers, transfer, CloudWatch, KMS not in it")
    for name in ("billed", "what for"):
        table.add_column(name, overflow="fold")
    for name in ("quantity", "price", "USD"):
        table.add_column(name, justify="right")
    table.add_column("price of")
    for line in found.lines:
        price = prices[line.price]
        dated = price.as_of if line.verified else f"[yellow]{price.as_of}, {_FROM_MEMORY}[/]"
        quantity, unit = f"{line.quantity:,.2f}", f"{price.usd:.10g} / {line.unit}"
        table.add_row(line.price, line.what, quantity, unit, f"{line.usd:,.2f}", dated)
    console.print(table)
    each = found.usd_per_million_events
    per_million = "" if each is None else f", ${each:,.2f} a million events"
    console.print(f"[bold]${found.usd_per_month:,.2f} a month[/]{per_million}")
    if any(not line.verified for line in found.lines):
        console.print(f"[yellow]{_FROM_MEMORY}[/]: written from memory; look it up, and give yours by --prices")
    if refusal is not None:
        console.print(f"[red]refused[/]: {refusal}", highlight=False)
