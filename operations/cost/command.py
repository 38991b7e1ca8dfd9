"""The command's options, and what they come to."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from consumers.personalize_sync.cost import Estimate, estimate, refuse
from consumers.personalize_sync.prices import Prices, declared_prices, load_prices
from consumers.personalize_sync.workload import Workload
from operations.cost.show import show_cost

_WHATS = {
    "events_per_day": "events",
    "recommendations_per_day": "answers of GetRecommendations",
    "users": "users",
    "items": "items",
    "trainings_per_month": "of each solution",
    "campaigns": "campaigns",
    "min_tps": "of a campaign: its minimum, billed day and night",
    "history_days": "days of interactions that are trained on",
    "full_imports_per_month": "FULL imports",
    "shards": "of a provisioned stream; 0: on demand",
    "raw_days": "days that raw objects and the lake are kept",
    "glue_runs_per_day": "runs of all jobs",
    "event_bytes": "bytes of an event",
}
_COUNTS = {"users", "items", "campaigns", "min_tps", "shards"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The workload, one option a field, and the table's."""
    defaults = Workload(events_per_day=100_000, users=10_000, items=1_000, recommendations_per_day=20_000)
    for name, what in _WHATS.items():
        kind = _count if name in _COUNTS else _amount
        told = f"{what} (default {getattr(defaults, name):g})"
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=getattr(defaults, name), help=told)
    parser.add_argument("--prices", type=Path, help="TOML of the form of prices.toml: the entries that differ")
    parser.add_argument("--cap", type=_amount, help="US dollars a month: over it, exit status 1")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace, console: Console) -> bool:
    """Print the estimate; False where it is over the cap. Raises `ConfigurationError` for prices that make no sense."""
    prices = _prices(args.prices)
    found = estimate(Workload(**{name: getattr(args, name) for name in _WHATS}), prices)
    refusal = None if args.cap is None else refuse(found, args.cap)
    if args.json:
        print(json.dumps(as_data(found, refusal, prices), indent=2))
    else:
        show_cost(console, found, refusal, prices)
    return refusal is None


def as_data(found: Estimate, refusal: str | None, prices: Prices) -> dict[str, Any]:
    """What `--json` prints."""
    each = found.usd_per_million_events
    return {
        "usd_per_month": round(found.usd_per_month, 2),
        "usd_per_million_events": None if each is None else round(each, 2),
        "refused": refusal,
        "lines": [asdict(line) | {"as_of": prices[line.price].as_of} for line in found.lines],
    }


def _prices(path: Path | None) -> Prices:
    declared = declared_prices()
    return declared if path is None else load_prices(path.read_text(), declared)


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no amount")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is no number of things")
    return value
