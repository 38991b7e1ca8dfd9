"""The demo, stage by stage: the deployed templates, the real handlers and jobs, and their report."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from contract.errors import ClickstreamError
from contract.ledger import newest_outputs
from infra.local import guard
from infra.local.deploy import Clients, deploy
from infra.local.endpoint import Endpoint, EndpointError, forget
from infra.local.paths import LocalPaths
from infra.local.synth import synthesize
from operations.athena import run_saved_query, saved_queries
from operations.audit.core import Patience
from operations.audit.everything import audit_all
from operations.audit.gather import read_entries
from operations.demo.loop import close_loop
from operations.demo.report import Found, show_found, write_report
from operations.demo.sources import Source, send_catalog
from operations.demo.stages import Stages
from operations.deployment import Deployment, find_deployment
from operations.publications import fetch_docs, read_publications
from operations.waking import wake_reconciler
from producers.sdk.clock import SystemClock
from producers.sdk.kinesis.by_boto import BotoKinesis, kinesis_client


class DemoFailed(ClickstreamError):
    """A stage did not do its work; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    source: Source
    items: Path | None
    users: Path | None = None
    report: Path  # where report.json goes
    paths: LocalPaths = field(default_factory=LocalPaths)  # where the endpoint lives


def run_demo(demo: Demo, console: Console) -> bool:
    """Run every stage and write the report; whether the ledger balances."""
    stages = Stages(console)
    console.print(f"[bold]From a click to a recommendation[/], on this machine: {demo.source.what}\n")
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
    wake_reconciler(deployment)  # so that there is a tracker when the first event comes
    _produce(demo, deployment, stages)
    with stages.stage("jobs", "Firehose → S3 raw → Glue → files → Personalize: imported, trained, compared, promoted"):
        _drain(endpoint, wakes=set(deployment.jobs))
    with stages.stage("athena", "saved queries through Athena"):
        athena = boto3.client("athena")
        ids = saved_queries(athena, deployment.work_group).values()
        answers = [run_saved_query(athena, query_id) for query_id in ids]
    publications = read_publications(deployment.personalize())
    loop = close_loop(deployment, publications, stages)
    with stages.stage("clicks", "the clicks on their way to the lake"):
        _drain(endpoint, wakes=set(deployment.jobs) if loop.live else set())
    with stages.stage("audit", "audit of the ledger, from the producers to Personalize"):
        report = audit_all(deployment, Patience(now=datetime.now(UTC), allowed=None))
    found = Found(
        report=report,
        lake=_lake(deployment),
        publications=publications,
        answers=answers,
        docs=fetch_docs(deployment.personalize(), demo.report.parent / "data-docs"),
        loop=loop,
    )
    write_report(demo.report, found, deployment, stages)
    show_found(stages.console, found, deployment, demo.report)
    return report.balanced and found.gate_passed


def _fresh_endpoint(paths: LocalPaths) -> Endpoint:
    running = Endpoint.attach(paths)
    if running is not None:
        with contextlib.suppress(EndpointError):  # its state is forgotten in any case
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
            lambda: BotoKinesis(kinesis_client, deployment.stream_name),
            SystemClock(),
            lambda accepted: say(f"{accepted:,} events accepted"),
        )
        s3, now = boto3.client("s3"), datetime.now(UTC)
        bucket = deployment.raw_bucket
        sent = send_catalog(demo.source, items=demo.items, users=demo.users, s3=s3, bucket=bucket, now=now)
    for snapshot in sent:
        if snapshot.left_out:
            stages.console.print(f"  columns of {snapshot.dataset} left out: {', '.join(snapshot.left_out)}")


def _drain(endpoint: Endpoint, *, wakes: set[str]) -> None:
    """Until nothing moves any more. Raises DemoFailed where something did not do its work, or a job did not run."""
    drained = endpoint.drain()
    failed = [run for run in drained["job_runs"] if run["JobRunState"] != "SUCCEEDED" and not _was_refused(run)]
    if failed:
        run = failed[0]
        raise DemoFailed(f"{run['JobName']} {run['JobRunState']}: {run['ErrorMessage']} (log: {endpoint.log})")
    ran = {run["JobName"] for run in drained["job_runs"]}
    if ran != wakes or drained["undelivered"] or drained["failing"] or drained["given_up"]:
        raise DemoFailed(f"landed objects woke {sorted(ran)} of {sorted(wakes)}: {drained} (log: {endpoint.log})")
    guard.check(boto3.client("glue"))


def _was_refused(run: dict[str, Any]) -> bool:
    """By the gate, which is an answer: the demo shows it."""
    return str(run["ErrorMessage"]).startswith("GateRefused")


def _lake(deployment: Deployment) -> dict[str, dict[str, Any]]:
    entries = read_entries(deployment.lake())
    uris = {"events": deployment.lake().uri("events/"), "quarantine": deployment.quarantine().uri("events/")}
    return {
        table: {"uri": uri, "rows": sum(output.rows for output in newest_outputs(entries, table))}
        for table, uri in uris.items()
    }
