"""Spools as people see them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from producers.sdk.spool.inspect import Inspected


def show_spools(console: Console, spools: Sequence[Inspected]) -> None:
    table = Table(title="Spools: what producers of this machine have accepted and not delivered")
    for name in ("producer", "its process"):
        table.add_column(name)
    for name in ("batches", "bytes", "oldest, s"):
        table.add_column(name, justify="right")
    for spool in spools:
        table.add_row(
            spool.producer_id,
            "alive" if spool.is_alive else "[yellow]dead[/]",
            f"{spool.undelivered:,}",
            f"{spool.undelivered_bytes:,}",
            f"{spool.oldest_seconds:,.0f}",
        )
    console.print(table)


def show_verdict(console: Console, spools: Sequence[Inspected], kept: Sequence[Path]) -> bool:
    """Whether nothing is damaged."""
    for spool in spools:
        torn = "being written" if spool.is_alive else "begun and never acknowledged"
        tail = f", {spool.torn_bytes} bytes {torn}" if spool.torn_bytes else ""
        console.print(f"{spool.producer_id}: {spool.frames:,} batches are good{tail}")
        for place in spool.damaged:
            console.print(f"[red]damaged[/] {spool.producer_id}/{place}")
    for path in kept:
        console.print(f"[red]damaged[/] bytes of an earlier spool: {path} ({path.stat().st_size} bytes)")
    is_sound = not kept and not any(spool.damaged for spool in spools)
    console.print("[green]nothing is damaged[/]" if is_sound else "[red]damaged bytes[/]: their events are lost here")
    return is_sound
