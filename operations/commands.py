"""What each command does with what was typed; each says whether all is well."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime

from rich.console import Console

from contract.errors import ConfigurationError
from glue_jobs.gate.settings import parse_settings
from operations.audit.core import Patience
from operations.audit.everything import STREAM_RETENTION_AND_GRACE, audit_all
from operations.audit.report import Report
from operations.check.beside import Beside, read_last, read_shares
from operations.check.core import as_data, passed
from operations.check.core import check as check_files
from operations.check.show import show_check
from operations.connecting import connected
from operations.demo.run import Demo, run_demo
from operations.demo.sources import EventFile, Simulation
from operations.force_import import force_import as force_import_of
from operations.quarantine import count_by_rule, read_quarantine
from operations.quarantine_replay.command import replay_quarantine
from operations.quarantine_replay.core import Wanted
from operations.replay.command import Asked, run_replay
from operations.send.asked import LoadAsked
from operations.send.command import run_send
from operations.show import show_quarantine, show_report
from operations.status.command import read_status
from operations.status.show import show_status
from producers.sdk.clock import SystemClock


def demo(args: argparse.Namespace, console: Console) -> bool:
    today = datetime.now(UTC)
    simulated = Simulation(seed=args.seed, events=args.n, today=today)
    source = EventFile(path=args.events) if args.events else simulated
    return run_demo(Demo(source=source, items=args.items, users=args.users, report=args.report), console)


def audit(args: argparse.Namespace, console: Console) -> bool:
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


def quarantine_list(args: argparse.Namespace, console: Console) -> bool:
    with connected(args.stage) as deployment:
        show_quarantine(console, count_by_rule(read_quarantine(deployment.quarantine())))
    return True


def quarantine_show(args: argparse.Namespace, _: Console) -> bool:
    with connected(args.stage) as deployment:
        found = next((line for line in read_quarantine(deployment.quarantine()) if line.id == args.line), None)
    if found is None:
        raise ConfigurationError(f"no line {args.line!r} in the quarantine; `clickstream quarantine list` names some")
    print(f"{found.reason} ({found.rule})", file=sys.stderr)
    sys.stdout.buffer.write(found.payload + b"\n")
    return True


def check(args: argparse.Namespace, console: Console) -> bool:
    settings = parse_settings(",".join(args.set))
    beside = Beside(last=read_last(args.last), null_shares=read_shares(args.nulls))
    done = check_files(
        args.files, schemas=args.schema, mode=args.mode, settings=settings, now=datetime.now(UTC), beside=beside
    )
    if args.json:
        print(json.dumps(as_data(done), indent=2))
    else:
        show_check(console, done)
    return passed(done)


def quarantine_replay(args: argparse.Namespace, console: Console) -> bool:
    wanted = Wanted(reason=args.reason, rule=args.rule, since=args.since)
    with connected(args.stage) as deployment:
        replay_quarantine(deployment, wanted, dry=args.dry_run, console=console)
    return True


def replay(args: argparse.Namespace, console: Console) -> bool:
    asked = Asked(start=args.start, end=args.end, to=args.to, dry_run=args.dry_run)
    with connected(args.stage) as deployment:
        run_replay(deployment, asked, SystemClock(), console.print)
    return True


def status(args: argparse.Namespace, console: Console) -> bool:
    with connected(args.stage) as deployment:
        found = read_status(deployment, datetime.now(UTC))
    if args.json:
        print(json.dumps({section.name: list(section.rows) for section in found}, indent=2))
    else:
        show_status(console, found)
    return True


def force_import(args: argparse.Namespace, console: Console) -> bool:
    with connected(args.stage) as deployment:
        console.print(force_import_of(deployment, args.manifest_key, datetime.now(UTC)))
    return True


def send(args: argparse.Namespace, console: Console) -> bool:
    given = {field.name: getattr(args, field.name) for field in fields(LoadAsked)}
    return run_send(LoadAsked(**given), console)
