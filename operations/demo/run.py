"""The demo, stage by stage: the deployed templates, the real handlers and jobs, and their report."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from contract.errors import ClickstreamError
from contract.ledger import newest_outputs
from infra.local import guard
from infra.local.deploy import Clients, deploy
from infra.local.endpoint import Endpoint, forget
from infra.local.paths import LocalPaths
from infra.local.synth import synthesize
from operations.athena import Answer, run_saved_query, saved_queries
from operations.audit.core import Patience, audit
from operations.audit.gather import Stores, gather, read_entries
from operations.audit.report import Report
from operations.demo.sources import Source, send_catalog
from operations.demo.stages import Stages
from operations.deployment import Deployment, find_deployment
from operations.show import show_answer, show_files, show_report
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis import KinesisStream, kinesis_client


class DemoFailed(ClickstreamError):
    """A stage did not do its work; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    source: Source
    items: Path | None
    report: Path  # where report.json goes
    paths: LocalPaths = field(default_factory=LocalPaths)  # where the endpoint lives


def run_demo(demo: Demo, console: Console) -> bool:
    """Run every stage and write the report; whether the ledger balances."""
    stages = Stages(console)
    console.print(f"[bold]From a click to the lake[/], on this machine: {demo.source.what}\n")
    with stages.stage("endpoint", "local AWS endpoint"):
        endpoint = _fresh_endpoint(demo.paths)
    try:
        return _on(endpoint, demo, stages)
    finally:
        with stages.stage("stop", "endpoint stopped, its state kept in .local/"):
            endpoint.stop()
        console.print(f"[dim]total {stages.total:.1f} s[/]")


def _on(endpoint: Endpoint, demo: Demo, stages: Stages) -> bool:
    deployment = _deploy(endpoint, demo, stages)
    _produce(demo, deployment, stages)
    with stages.stage("job", "Firehose → S3 raw → EventBridge → Glue workflow → events job on Spark"):
        _drain(endpoint, deployment)
    with stages.stage("athena", "saved queries through Athena"):
        athena = boto3.client("athena")
        ids = saved_queries(athena, deployment.work_group).values()
        answers = [run_saved_query(athena, query_id) for query_id in ids]
    stores = Stores(raw=deployment.raw(), lake=deployment.lake(), quarantine=deployment.quarantine())
    with stages.stage("audit", "audit of the ledger"):
        report = audit(gather(stores), Patience(now=datetime.now(UTC), allowed=None))
    lake = _lake(stores)
    _write(demo.report, report, lake, answers, stages)
    _show(stages.console, report, lake, answers, demo.report)
    return report.balanced


def _fresh_endpoint(paths: LocalPaths) -> Endpoint:
    running = Endpoint.attach(paths)
    if running is not None:
        running.stop()
    forget(paths)
    endpoint = Endpoint.start(paths=paths, jars=LocalPaths().jars, timed_delivery=False)
    os.environ.update(endpoint.environment())
    return endpoint


def _deploy(endpoint: Endpoint, demo: Demo, stages: Stages) -> Deployment:
    with stages.stage("synth", "CDK templates synthesized"):
        assembly, _ = synthesize(lake_partition=demo.source.lake_partition())
    with stages.stage("deploy", "templates deployed through CloudFormation"):
        deploy(assembly, Clients.of(endpoint.url, endpoint.environment()), progress=lambda _: None)
        return find_deployment("local")


def _produce(demo: Demo, deployment: Deployment, stages: Stages) -> None:
    with stages.stage("produce", "events produced to Kinesis") as say:
        demo.source.send(
            lambda: KinesisStream(kinesis_client(), deployment.stream_name),
            SystemClock(),
            lambda accepted: say(f"{accepted:,} events accepted"),
        )
        s3, now = boto3.client("s3"), datetime.now(UTC)
        sent = send_catalog(demo.source, items=demo.items, users=None, s3=s3, bucket=deployment.raw_bucket, now=now)
    for snapshot in sent:
        if snapshot.left_out:
            stages.console.print(f"  columns of {snapshot.dataset} left out: {', '.join(snapshot.left_out)}")


def _drain(endpoint: Endpoint, deployment: Deployment) -> None:
    drained = endpoint.drain()
    runs = [run for run in drained["job_runs"] if run["JobName"] == deployment.events_job]
    failed = [run for run in runs if run["JobRunState"] != "SUCCEEDED"]
    if failed:
        run = failed[0]
        raise DemoFailed(f"the events job {run['JobRunState']}: {run['ErrorMessage']} (log: {endpoint.log})")
    if not runs or drained["undelivered"]:
        raise DemoFailed(f"landed objects woke no job: {drained} (log: {endpoint.log})")
    guard.check(boto3.client("glue"))


def _lake(stores: Stores) -> dict[str, dict[str, Any]]:
    entries = read_entries(stores.lake)
    uris = {"events": stores.lake.uri("events/"), "quarantine": stores.quarantine.uri("events/")}
    return {
        table: {"uri": uri, "rows": sum(output.rows for output in newest_outputs(entries, table))}
        for table, uri in uris.items()
    }


def _write(
    path: Path, report: Report, lake: dict[str, dict[str, Any]], answers: Sequence[Answer], stages: Stages
) -> None:
    data = {
        "hops": [asdict(hop) for hop in report.hops],
        "lake": lake,
        "athena": {answer.name: len(answer.rows) for answer in answers},
        "seconds": stages.seconds | {"total": stages.total},
        "balanced": report.balanced,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n")


def _show(
    console: Console, report: Report, lake: dict[str, dict[str, Any]], answers: Sequence[Answer], path: Path
) -> None:
    console.print()
    show_report(console, report)
    show_files(console, lake)
    for answer in answers:
        show_answer(console, answer)
    console.print(f"report: {path}")
    console.print("explore: [bold]clickstream quarantine list[/], [bold]clickstream audit[/], [bold]make up[/]")
