"""What people see of the loop: the promotion, and each shopper's recommendations before and after the clicks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.demo.live import Live
from operations.demo.shelf import Shelf

_SHOWN = 5


def show_promotion(console: Console, promotion: Mapping[str, Any]) -> None:
    console.print(f"\n[bold]{promotion['decision']}[/]: {escape(promotion['why'])}")


def show_live(console: Console, live: Live, shelf: Shelf) -> None:
    """One table a shopper: before beside after, what is new marked."""
    for user, seen in live.shoppers.items():
        clicked = ", ".join(shelf.name(item) for item in seen.clicked)
        table = Table(title=f"{escape(user)} clicked: {escape(clicked)}", title_justify="left")
        table.add_column("recommended before")
        table.add_column("recommended after")
        for before, after in zip_longest(seen.before[:_SHOWN], seen.after[:_SHOWN], fillvalue=""):
            is_new = after not in seen.before
            name = escape(shelf.name(after))
            table.add_row(escape(shelf.name(before)), f"[green]{name}[/]" if is_new else name)
        console.print(table)


def show_latency(console: Console, latency: Mapping[str, Mapping[str, float] | None]) -> None:
    for name, found in latency.items():
        said = f"p50 {found['p50']:,.0f} ms, p95 {found['p95']:,.0f} ms" if found else "not measured"
        console.print(f"{name.replace('_', ' ')}: {said}")
