"""Which resource passes data to which: nodes and edges read from the templates."""

import json
from collections.abc import Iterator
from typing import Any

from infra.assembly import Address, Assembly, Resource
from infra.drawing.edges import Edge, Flow, Kind, granted
from infra.drawing.function_flow import function_edges


def read_flow(assembly: Assembly) -> Flow:
    """Everything the templates say about who passes what to whom; resources apart from it are left out."""
    edges = {
        (edge.tail, edge.head): edge
        for part in (_deliveries, _announcements, _rules, _triggers, _schedules, _job_data, _queries, function_edges)
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
        kind: Kind = "failure" if _alerts(assembly, rule) else "wake"
        for job in _named(assembly, "AWS::Glue::Job", pattern.get("detail", {}).get("jobName", [])):
            yield Edge(tail=job, head=rule.address, kind=kind, watches=True)
        for bus in assembly.references(rule.properties.get("EventBusName"), rule.address.stack):
            yield Edge(tail=bus, head=rule.address, kind=kind, watches=True)


def _alerts(assembly: Assembly, rule: Resource) -> bool:
    """Whether a rule tells people, instead of waking something."""
    arns = [target["Arn"] for target in rule.properties["Targets"]]
    heads = [head for head in assembly.references(arns, rule.address.stack) if head in assembly.resources]
    return any(assembly.resources[head].type == "AWS::SNS::Topic" for head in heads)


def _rules(assembly: Assembly) -> Iterator[Edge]:
    for rule in assembly.of_type("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            named = assembly.render(target["Arn"]).rpartition("/")[2]
            kind: Kind = "failure" if _alerts(assembly, rule) else "wake"
            yield from _to(assembly, rule, target["Arn"], kind=kind)
            for workflow in _named(assembly, "AWS::Glue::Workflow", [named]):
                yield Edge(tail=rule.address, head=workflow, kind="wake")
            yield from _to(assembly, rule, target["DeadLetterConfig"]["Arn"], kind="failure", dead_letter=True)


def _to(assembly: Assembly, source: Resource, value: Any, *, kind: Kind, dead_letter: bool = False) -> Iterator[Edge]:
    for head in assembly.references(value, source.address.stack):
        if head in assembly.resources:
            yield Edge(tail=source.address, head=head, kind=kind, dead_letter=dead_letter)


def _triggers(assembly: Assembly) -> Iterator[Edge]:
    for trigger in assembly.of_type("AWS::Glue::Trigger"):
        jobs = [action["JobName"] for action in trigger.properties["Actions"]]
        for workflow in _named(assembly, "AWS::Glue::Workflow", [trigger.properties["WorkflowName"]]):
            for job in _named(assembly, "AWS::Glue::Job", jobs):
                yield Edge(tail=workflow, head=job, kind="wake")


def _schedules(assembly: Assembly) -> Iterator[Edge]:
    for schedule in assembly.of_type("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        for job in _named(assembly, "AWS::Glue::Job", [json.loads(target["Input"]).get("JobName")]):
            yield Edge(tail=schedule.address, head=job, kind="wake")
        yield from _to(assembly, schedule, target["Arn"], kind="wake")
        yield from _to(assembly, schedule, target["DeadLetterConfig"]["Arn"], kind="failure", dead_letter=True)


def _job_data(assembly: Assembly) -> Iterator[Edge]:
    """A bucket that a job writes is drawn as its output, though the job reads it again."""
    for job in assembly.of_type("AWS::Glue::Job"):
        [role] = assembly.references(job.properties["Role"], job.address.stack)
        reads, writes = (set(granted(assembly, role, action)) for action in ("s3:GetObject", "s3:PutObject"))
        for bucket in writes:
            yield Edge(tail=job.address, head=bucket, kind="data")
        for bucket in reads - writes:
            yield Edge(tail=bucket, head=job.address, kind="data")
        for bus in granted(assembly, role, "events:PutEvents"):
            yield Edge(tail=job.address, head=bus, kind="failure")


def _queries(assembly: Assembly) -> Iterator[Edge]:
    for work_group in assembly.of_type("AWS::Athena::WorkGroup"):
        for table in assembly.of_type("AWS::Glue::Table"):
            content = table.properties["TableInput"]
            location = content["StorageDescriptor"]["Location"]
            for bucket in assembly.references(location, table.address.stack):
                yield Edge(tail=bucket, head=work_group.address, kind="data")


def _named(assembly: Assembly, type_: str, names: list[str | None]) -> Iterator[Address]:
    for resource in assembly.of_type(type_):
        if resource.properties["Name"] in names:
            yield resource.address
