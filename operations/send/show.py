"""A load as a person watches it: counts that move, then the report."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from operations.send.plan import Load
from operations.send.tally import Report, Tally, percentiles_ms


def live(tally: Tally, load: Load, seconds: float) -> Table:
    """How far it is after so many seconds."""
    table = Table(box=None, show_header=False, pad_edge=False)
    due = min(load.events, int(load.rate * seconds))
    table.add_row("due", f"{due:,} of {load.events:,}", "sent", f"{tally.sent:,}")
    table.add_row("accepted", f"{tally.accepted:,}", "rejected", f"{tally.rejected:,}")
    table.add_row("failed", f"{tally.failed:,}", "waiting", f"{tally.waiting:,}")
    table.add_row("since due, ms", _in_words(percentiles_ms(tally.latencies)))
    return table


def show_report(console: Console, report: Report) -> None:
    """What was offered, what became of it, how soon."""
    data, tally = report.as_data(), report.tally
    console.print(
        f"{report.target}: {report.offered:,} events in requests of {report.batch}, {report.rate:,g}/s; "
        f"done in {report.seconds:,.1f} s, {data['events_per_second']:,} events/s answered"
    )
    console.print(f"accepted {tally.accepted:,}, rejected {tally.rejected:,}, failed {tally.failed:,}")
    for reason, events in tally.failures.most_common():
        console.print(f"  {events:,} events: {reason}")
    if report.unsent or tally.waiting:
        console.print(f"not sent before patience ended {report.unsent:,}, without an answer {tally.waiting:,}")
    console.print(f"ms from due to acknowledged: {_in_words(data['latency_from_due_ms'])}")
    console.print(
        f"ms of the call itself:       {_in_words(data['call_ms'])}; "
        f"requests started up to {data['started_late_ms_max']:,} ms after they fell due"
    )


def _in_words(percentiles: dict[str, float | None]) -> str:
    return "  ".join(f"{name} {value:,.2f}" for name, value in percentiles.items() if value is not None) or "none yet"
