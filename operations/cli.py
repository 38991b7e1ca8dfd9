"""`clickstream`: demo, audit, quarantine, check."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from contract.errors import ClickstreamError, ConfigurationError
from contract.manifest import FULL, INCREMENTAL
from glue_jobs.gate.settings import parse_settings
from infra.local.deploy import DeploymentFailed
from infra.local.endpoint import EndpointError
from operations.audit.core import Patience
from operations.audit.everything import STREAM_RETENTION_AND_GRACE, audit_all
from operations.audit.report import Report
from operations.check.beside import Beside, read_last, read_shares
from operations.check.core import as_data, check, passed
from operations.check.show import show_check
from operations.connecting import connected
from operations.demo.run import Demo, run_demo
from operations.demo.sources import EventFile, Simulation
from operations.quarantine import count_by_rule, read_quarantine
from operations.show import show_quarantine, show_report

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


def _demo(args: argparse.Namespace, console: Console) -> bool:
    today = datetime.now(UTC)
    simulated = Simulation(seed=args.seed, events=args.n, today=today)
    source = EventFile(path=args.events) if args.events else simulated
    return run_demo(Demo(source=source, items=args.items, users=args.users, report=args.report), console)


def _audit(args: argparse.Namespace, console: Console) -> bool:
    allowed = None if args.drained else STREAM_RETENTION_AND_GRACE
    with connected(args.stage) as deployment:
        report = audit_all(deployment, Patience(now=datetime.now(UTC), allowed=allowed), quick=args.quick)
    if args.json:
        print(json.dumps(_plain(report), indent=2))
    else:
        show_report(console, report)
    return report.balanced


def _plain(report: Report) -> dict[str, object]:
    findings = {
        name: [asdict(finding) | {"seqs": str(finding.seqs)} for finding in found]
        for name, found in (("findings", report.findings), ("pending", report.pending))
    }
    return {"balanced": report.balanced, "hops": [asdict(hop) for hop in report.hops], **findings}


def _quarantine_list(args: argparse.Namespace, console: Console) -> bool:
    with connected(args.stage) as deployment:
        show_quarantine(console, count_by_rule(read_quarantine(deployment.quarantine())))
    return True


def _quarantine_show(args: argparse.Namespace, _: Console) -> bool:
    with connected(args.stage) as deployment:
        found = next((line for line in read_quarantine(deployment.quarantine()) if line.id == args.line), None)
    if found is None:
        raise ConfigurationError(f"no line {args.line!r} in the quarantine; `clickstream quarantine list` names some")
    print(f"{found.reason} ({found.rule})", file=sys.stderr)
    sys.stdout.buffer.write(found.payload + b"\n")
    return True


def _check(args: argparse.Namespace, console: Console) -> bool:
    settings = parse_settings(",".join(args.set))
    beside = Beside(last=read_last(args.last), null_shares=read_shares(args.nulls))
    done = check(
        args.files, schemas=args.schema, mode=args.mode, settings=settings, now=datetime.now(UTC), beside=beside
    )
    if args.json:
        print(json.dumps(as_data(done), indent=2))
    else:
        show_check(console, done)
    return passed(done)


def _add_check(commands: Any) -> None:
    checked = commands.add_parser("check", help="would Personalize accept these files?")
    checked.add_argument("files", nargs="+", type=Path, metavar="FILES", help=".csv, .csv.gz, or a folder of them")
    checked.add_argument("--schema", type=Path, action="append", default=[], help="Avro, one a dataset; else inferred")
    checked.add_argument("--mode", choices=(FULL, INCREMENTAL), default=FULL)
    checked.add_argument("--set", action="append", default=[], help="max_psi=0.2,stop=duplicates,warn=items_known")
    checked.add_argument(
        "--last", type=Path, action="append", default=[], help="of the last good run: --json, or READY"
    )
    checked.add_argument("--nulls", action="append", default=[], help="COLUMN=SHARE, the most that may be empty")
    checked.add_argument("--json", action="store_true")
    checked.set_defaults(command=_check)


def parser() -> argparse.ArgumentParser:
    """What can be typed; `command` of what was parsed does it."""
    top = argparse.ArgumentParser(prog="clickstream", description=__doc__, allow_abbrev=False)
    here = argparse.ArgumentParser(add_help=False)
    here.add_argument("--stage", default=os.environ.get("STAGE", "local"), help="local, dev or prod")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="the whole way on this machine")
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--n", type=int, default=50_000, help="events")
    demo.add_argument("--events", type=Path, help="a file of past events instead")
    demo.add_argument("--items", type=Path, help="a file of items")
    demo.add_argument("--users", type=Path, help="a file of users")
    demo.add_argument("--report", type=Path, default=REPORT)
    demo.set_defaults(command=_demo)
    found = commands.add_parser("audit", parents=[here], help="does the ledger balance?")
    found.add_argument("--drained", action="store_true", help="nothing is on its way: what is absent is lost")
    found.add_argument("--quick", action="store_true", help="trust files whose etag is the ledger's")
    found.add_argument("--json", action="store_true")
    found.set_defaults(command=_audit)
    quarantine = commands.add_parser("quarantine", help="refused lines").add_subparsers(required=True, metavar="WHAT")
    listed = quarantine.add_parser("list", parents=[here], help="how many by reason")
    listed.set_defaults(command=_quarantine_list)
    shown = quarantine.add_parser("show", parents=[here], help="a line's reason and its bytes, as they came")
    shown.add_argument("line", help="object:line")
    shown.set_defaults(command=_quarantine_show)
    _add_check(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
