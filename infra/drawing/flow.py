"""Which resource passes data to which: nodes and edges read from the templates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from infra.assembly import Address, Assembly, Resource

Kind = Literal["data", "wake", "failure"]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Something flows from `tail` to `head`: data, a wake-up call, or what went wrong."""

    tail: Address
    head: Address
    kind: Kind
    watches: bool = False
    """Whether the head is a rule that looks at what happens to the tail."""
    dead_letter: bool = False
    """Whether the head is where the tail leaves what it could not deliver."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The resources that take part, and what passes between them, in a stable order."""

    nodes: tuple[Resource, ...]
    edges: tuple[Edge, ...]


def read_flow(assembly: Assembly) -> Flow:
    """Everything the templates say about who passes what to whom; resources apart from it are left out."""
    edges = {
        (edge.tail, edge.head): edge
        for part in (_deliveries, _announcements, _rules, _triggers, _schedules, _job_data, _queries)
        for edge in part(assembly)
    }
    part_takers = {address for ends in edges for address in ends}
    return Flow(
        nodes=tuple(resource for address, resource in sorted(assembly.resources.items()) if address in part_takers),
        edges=tuple(edge for _, edge in sorted(edges.items())),
    )


def _deliveries(assembly: Assembly) -> Iterator[Edge]:
    for delivery in assembly.of_type("AWS::KinesisFirehose::DeliveryStream"):
        stack = delivery.address.stack
        [bucket] = assembly.references(delivery.properties["ExtendedS3DestinationConfiguration"]["BucketARN"], stack)
        yield Edge(tail=delivery.address, head=bucket, kind="data")
        source = delivery.properties["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]
        for stream in assembly.references(source, stack):
            yield Edge(tail=stream, head=delivery.address, kind="data")


def _announcements(assembly: Assembly) -> Iterator[Edge]:
    for rule in assembly.of_type("AWS::Events::Rule"):
        pattern = rule.properties["EventPattern"]
        for bucket in assembly.references(pattern, rule.address.stack):
            yield Edge(tail=bucket, head=rule.address, kind="wake", watches=True)
        detail = pattern.get("detail", {})
        kind: Kind = "wake" if "SUCCEEDED" in detail.get("state", []) else "failure"
        for job in _named(assembly, "AWS::Glue::Job", detail.get("jobName", [])):
            yield Edge(tail=job, head=rule.address, kind=kind, watches=True)
        for bus in assembly.references(rule.properties.get("EventBusName"), rule.address.stack):
            yield Edge(tail=bus, head=rule.address, kind="failure", watches=True)


def _rules(assembly: Assembly) -> Iterator[Edge]:
    for rule in assembly.of_type("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            named = assembly.render(target["Arn"]).rpartition("/")[2]
            yield from _to(assembly, rule, target["Arn"], dead_letter=False)
            for workflow in _named(assembly, "AWS::Glue::Workflow", [named]):
                yield Edge(tail=rule.address, head=workflow, kind="wake")
            yield from _to(assembly, rule, target["DeadLetterConfig"]["Arn"], dead_letter=True)


def _to(assembly: Assembly, source: Resource, value: Any, *, dead_letter: bool) -> Iterator[Edge]:
    for head in assembly.references(value, source.address.stack):
        if head in assembly.resources:
            yield Edge(tail=source.address, head=head, kind="failure", dead_letter=dead_letter)


def _triggers(assembly: Assembly) -> Iterator[Edge]:
    for trigger in assembly.of_type("AWS::Glue::Trigger"):
        jobs = [action["JobName"] for action in trigger.properties["Actions"]]
        for workflow in _named(assembly, "AWS::Glue::Workflow", [trigger.properties["WorkflowName"]]):
            for job in _named(assembly, "AWS::Glue::Job", jobs):
                yield Edge(tail=workflow, head=job, kind="wake")


def _schedules(assembly: Assembly) -> Iterator[Edge]:
    for schedule in assembly.of_type("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        for job in _named(assembly, "AWS::Glue::Job", [json.loads(target["Input"])["JobName"]]):
            yield Edge(tail=schedule.address, head=job, kind="wake")
        yield from _to(assembly, schedule, target["DeadLetterConfig"]["Arn"], dead_letter=True)


def _job_data(assembly: Assembly) -> Iterator[Edge]:
    """A bucket that a job writes is drawn as its output, though the job reads it again."""
    for job in assembly.of_type("AWS::Glue::Job"):
        [role] = assembly.references(job.properties["Role"], job.address.stack)
        reads, writes = (set(_granted(assembly, role, action)) for action in ("s3:GetObject", "s3:PutObject"))
        for bucket in writes:
            yield Edge(tail=job.address, head=bucket, kind="data")
        for bucket in reads - writes:
            yield Edge(tail=bucket, head=job.address, kind="data")
        for bus in _granted(assembly, role, "events:PutEvents"):
            yield Edge(tail=job.address, head=bus, kind="failure")


def _granted(assembly: Assembly, role: Address, action: str) -> Iterator[Address]:
    for policy in assembly.of_type("AWS::IAM::Policy"):
        stack = policy.address.stack
        if role not in assembly.references(policy.properties["Roles"], stack):
            continue
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            if action in statement["Action"]:
                named = assembly.references(statement["Resource"], stack)
                yield from (address for address in named if address in assembly.resources)


def _queries(assembly: Assembly) -> Iterator[Edge]:
    for work_group in assembly.of_type("AWS::Athena::WorkGroup"):
        for table in assembly.of_type("AWS::Glue::Table"):
            content = table.properties["TableInput"]
            location = content["StorageDescriptor"]["Location"]
            for bucket in assembly.references(location, table.address.stack):
                yield Edge(tail=bucket, head=work_group.address, kind="data")


def _named(assembly: Assembly, type_: str, names: list[str]) -> Iterator[Address]:
    for resource in assembly.of_type(type_):
        if resource.properties["Name"] in names:
            yield resource.address
