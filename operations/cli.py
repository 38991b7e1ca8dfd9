"""`clickstream`: what can be typed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from contract.errors import ClickstreamError
from contract.manifest import FULL, INCREMENTAL
from contract.times import parse_instant
from infra.local.deploy import DeploymentFailed
from infra.local.endpoint import EndpointError
from operations import commands
from operations.cost import command as cost
from operations.replay.command import FILES, STREAM
from operations.send.asked import COLLECTOR, SDK
from operations.spool import command as spool

REPORT = Path("build/demo/report.json")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0: done and balanced; 1: the audit found something; 2: it could not be done, and why."""
    args = parser().parse_args(argv)
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        return int(not args.command(args, console))
    except (ClickstreamError, DeploymentFailed, EndpointError) as error:
        print(error, file=sys.stderr)
        return 2


def _add_check(known: Any) -> None:
    checked = known.add_parser("check", help="would Personalize accept these files?")
    checked.add_argument("files", nargs="+", type=Path, metavar="FILES", help=".csv, .csv.gz, or a folder of them")
    checked.add_argument("--schema", type=Path, action="append", default=[], help="Avro, one a dataset; else inferred")
    checked.add_argument("--mode", choices=(FULL, INCREMENTAL), default=FULL)
    checked.add_argument("--set", action="append", default=[], help="max_psi=0.2,stop=duplicates,warn=items_known")
    checked.add_argument(
        "--last", type=Path, action="append", default=[], help="of the last good run: --json, or READY"
    )
    checked.add_argument("--nulls", action="append", default=[], help="COLUMN=SHARE, the most that may be empty")
    checked.add_argument("--json", action="store_true")
    checked.set_defaults(command=commands.check)


def _add_spool(known: Any, here: argparse.ArgumentParser) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--root", type=Path, default=spool.ROOT, metavar="DIR", help="else $COLLECTOR_SPOOL_ROOT")
    spools = known.add_parser("spool", help="what producers of this machine have on disk").add_subparsers(
        required=True, metavar="WHAT"
    )
    listed = spools.add_parser("list", parents=[where], help="whose, how much, how old, and whether its process lives")
    listed.set_defaults(command=spool.spool_list)
    verified = spools.add_parser("verify", parents=[where], help="check every batch; damage is named")
    verified.set_defaults(command=spool.spool_verify)
    sent = spools.add_parser("send", parents=[where, here], help="deliver what dead producers left")
    sent.add_argument("producer_ids", nargs="*", metavar="PRODUCER_ID", help="of these only")
    sent.set_defaults(command=spool.spool_send)


def _add_send(known: Any, here: argparse.ArgumentParser) -> None:
    load = known.add_parser(
        "send",
        parents=[here],
        help="events at a chosen rate, and how soon each was acknowledged; nothing is tried again",
    )
    load.add_argument("--to", choices=(SDK, COLLECTOR), required=True)
    load.add_argument("--rate", type=float, required=True, help="events a second")
    load.add_argument("--seconds", type=float, default=60.0, help="how long requests fall due")
    load.add_argument("--batch", type=int, default=1, help="events in each request")
    load.add_argument("--file", type=Path, help="past events, as they were, instead of simulated ones of now")
    load.add_argument("--users", type=int, help="simulated visitors (3,000)")
    load.add_argument("--seed", type=int, help="of the simulation (1)")
    load.add_argument("--spool", type=Path, metavar="DIR", help="with sdk: acknowledged is what lies on this disk")
    load.add_argument("--url", default="", help="of a collector; else the stage's HTTP API")
    load.add_argument("--write-key", default="", help="of the collector; the local stage's is `local`")
    load.add_argument("--connections", type=int, help="to the collector (8)")
    load.add_argument("--report", type=Path, help="write the report there, as JSON")
    load.set_defaults(command=commands.send)


def parser() -> argparse.ArgumentParser:
    """What can be typed; `command` of what was parsed does it."""
    top = argparse.ArgumentParser(prog="clickstream", description=__doc__, allow_abbrev=False)
    here = argparse.ArgumentParser(add_help=False)
    here.add_argument("--stage", default=os.environ.get("STAGE", "local"), help="local, dev or prod")
    known = top.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(known)
    _add_ledger(known, here)
    _add_loop(known, here)
    _add_check(known)
    _add_spool(known, here)
    _add_send(known, here)
    return top


def _add_demo(known: Any) -> None:
    demo = known.add_parser("demo", help="the whole way on this machine")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--n", type=int, default=50_000, help="events")
    demo.add_argument("--events", type=Path, help="a file of past events instead")
    demo.add_argument("--items", type=Path, help="a file of items")
    demo.add_argument("--users", type=Path, help="a file of users")
    demo.add_argument("--report", type=Path, default=REPORT)
    demo.set_defaults(command=commands.demo)


def _add_ledger(known: Any, here: argparse.ArgumentParser) -> None:
    found = known.add_parser("audit", parents=[here], help="does the ledger balance?")
    found.add_argument("--drained", action="store_true", help="nothing is on its way: what is absent is lost")
    found.add_argument("--quick", action="store_true", help="trust files whose etag is the ledger's")
    found.add_argument("--json", action="store_true")
    found.set_defaults(command=commands.audit)
    quarantine = known.add_parser("quarantine", help="refused lines").add_subparsers(required=True, metavar="WHAT")
    listed = quarantine.add_parser("list", parents=[here], help="how many by reason")
    listed.set_defaults(command=commands.quarantine_list)
    shown = quarantine.add_parser("show", parents=[here], help="a line's reason and its bytes, as they came")
    shown.add_argument("line", help="object:line")
    shown.set_defaults(command=commands.quarantine_show)
    again = quarantine.add_parser("replay", parents=[here], help="put in again what the contract takes by now, once")
    again.add_argument("--reason", help="of these lines only")
    again.add_argument("--rule", help="of these lines only")
    again.add_argument("--since", type=_instant, help="that arrived from then on")
    again.add_argument("--dry-run", action="store_true", help="only say what would be done")
    again.set_defaults(command=commands.quarantine_replay)
    raw = known.add_parser("replay", parents=[here], help="raw events once more, into the stream or the files")
    raw.add_argument("--from", dest="start", type=_instant, required=True, metavar="T", help="2026-11-23T00:00:00Z")
    raw.add_argument("--to", dest="end", type=_instant, required=True, metavar="T", help="up to, not included")
    into = raw.add_mutually_exclusive_group()
    into.add_argument("--to-stream", dest="to", action="store_const", const=STREAM, default=STREAM)
    into.add_argument("--to-files", dest="to", action="store_const", const=FILES)
    raw.add_argument("--dry-run", action="store_true", help="only say what would be done")
    raw.set_defaults(command=commands.replay)


def _add_loop(known: Any, here: argparse.ArgumentParser) -> None:
    status = known.add_parser("status", parents=[here], help="what Personalize has, what was decided and why, lags")
    status.add_argument("--json", action="store_true")
    status.set_defaults(command=commands.status)
    forced = known.add_parser("force-import", parents=[here], help="import a held FULL publication: few rows are meant")
    forced.add_argument("manifest_key", metavar="MANIFEST_KEY", help="_ready/DATASET/NUMBER.json; `status` names it")
    forced.set_defaults(command=commands.force_import)
    estimated = known.add_parser("cost", help="an estimate, before anything is created")
    cost.add_options(estimated)
    estimated.set_defaults(command=cost.run)


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time with a zone, as 2026-11-23T00:00:00Z is") from None


if __name__ == "__main__":
    sys.exit(main())
