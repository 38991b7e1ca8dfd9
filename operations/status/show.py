"""The status as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from operations.status.core import Section

_GOOD, _BAD = ("ACTIVE",), ("FAILED", "STOPPED", "not there")


def show_status(console: Console, found: Sequence[Section]) -> None:
    """A table a section; those that are empty say so in a line."""
    for section in found:
        if not section.rows:
            console.print(f"[dim]{section.name}: none[/]")
            continue
        columns = [name for name in section.rows[0] if any(row[name] not in ("", None) for row in section.rows)]
        table = Table(title=section.name)
        for name in columns:
            numbers = all(isinstance(row[name], int | float) for row in section.rows if row[name] is not None)
            table.add_column(name.replace("_", " "), justify="right" if numbers else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*(_cell(row[name]) for name in columns))
        console.print(table)


def _cell(value: Any) -> str:
    if value is True:
        return "[green]yes[/]"
    text = _text(value)
    colour = "green" if text in _GOOD else "red" if text.endswith(_BAD) else "dim" if value is None else ""
    return f"[{colour}]{escape(text)}[/]" if colour else escape(text)


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else ""
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
        case dict():
            return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
        case _:
            return str(value)
