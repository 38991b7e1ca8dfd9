"""What passes through the functions: their sources, what they feed, and where their failures go."""

from collections.abc import Iterator
from typing import Any

from infra.assembly import Assembly, Resource
from infra.drawing.edges import Edge, granted

METRICS = "Clickstream"
"""The namespace of the metrics that functions publish themselves."""


def function_edges(assembly: Assembly) -> Iterator[Edge]:
    """Left out: what functions keep for themselves (state, quarantine, snapshots) and what they say on the bus."""
    yield from _sources(assembly)
    yield from _requests(assembly)
    yield from _dead_letters(assembly)
    for role in _personalize_roles(assembly):
        yield from _personalize(assembly, role)
    for function in assembly.of_type("AWS::Lambda::Function"):
        yield from _shared_tables(assembly, function)
    yield from _alarms(assembly)


def _sources(assembly: Assembly) -> Iterator[Edge]:
    for mapping in assembly.of_type("AWS::Lambda::EventSourceMapping"):
        [source] = assembly.references(mapping.properties["EventSourceArn"], mapping.address.stack)
        [function] = assembly.references(mapping.properties["FunctionName"], mapping.address.stack)
        yield Edge(tail=source, head=function, kind="data")


def _requests(assembly: Assembly) -> Iterator[Edge]:
    """From an HTTP API to the function that answers, and from there to the stream."""
    for integration in assembly.of_type("AWS::ApiGatewayV2::Integration"):
        stack = integration.address.stack
        [api] = assembly.references(integration.properties["ApiId"], stack)
        [function] = assembly.references(integration.properties["IntegrationUri"], stack)
        yield Edge(tail=api, head=function, kind="data")
        [role] = assembly.references(assembly.resources[function].properties["Role"], stack)
        for stream in granted(assembly, role, "kinesis:PutRecords"):
            yield Edge(tail=function, head=stream, kind="data")


def _dead_letters(assembly: Assembly) -> Iterator[Edge]:
    for config in assembly.of_type("AWS::Lambda::EventInvokeConfig"):
        stack = config.address.stack
        [function] = assembly.references(config.properties["FunctionName"], stack)
        for queue in assembly.references(config.properties["DestinationConfig"], stack):
            yield Edge(tail=function, head=queue, kind="failure", dead_letter=True)
    for source in assembly.of_type("AWS::SQS::Queue"):
        for queue in assembly.references(source.properties.get("RedrivePolicy"), source.address.stack):
            yield Edge(tail=source.address, head=queue, kind="failure", dead_letter=True)


def _personalize_roles(assembly: Assembly) -> Iterator[Resource]:
    """The role that Personalize takes on stands for it: the templates have nothing else of it."""
    for role in assembly.of_type("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "personalize.amazonaws.com"}:
            yield role


def _personalize(assembly: Assembly, role: Resource) -> Iterator[Edge]:
    for bucket in set(granted(assembly, role.address, "s3:GetObject")):
        yield Edge(tail=bucket, head=role.address, kind="data")
    for function in assembly.of_type("AWS::Lambda::Function"):
        if any(_changes_personalize(action) for action in _actions(assembly, function)):
            yield Edge(tail=function.address, head=role.address, kind="data")


def _changes_personalize(action: str) -> bool:
    service, _, name = action.partition(":")
    return service == "personalize" and not name.startswith(("Describe", "Get", "List"))


def _shared_tables(assembly: Assembly, function: Resource) -> Iterator[Edge]:
    """What others read what a function writes; the state table is what functions remember for themselves."""
    [role] = assembly.references(function.properties["Role"], function.address.stack)
    for table in set(granted(assembly, role, "dynamodb:PutItem")):
        if not assembly.resources[table].properties["TableName"].endswith("-state"):
            yield Edge(tail=function.address, head=table, kind="data")


def _alarms(assembly: Assembly) -> Iterator[Edge]:
    publishers = [
        function.address
        for function in assembly.of_type("AWS::Lambda::Function")
        if "cloudwatch:PutMetricData" in set(_actions(assembly, function))
    ]
    for alarm in assembly.of_type("AWS::CloudWatch::Alarm"):
        for topic in assembly.references(alarm.properties["AlarmActions"], alarm.address.stack):
            yield Edge(tail=alarm.address, head=topic, kind="failure")
        dimensions = [dimension["Name"] for dimension in alarm.properties["Dimensions"]]
        if alarm.properties["Namespace"] == METRICS and dimensions == ["Stage"]:
            yield from (Edge(tail=function, head=alarm.address, kind="failure") for function in publishers)


def _actions(assembly: Assembly, function: Resource) -> Iterator[str]:
    [role] = assembly.references(function.properties["Role"], function.address.stack)
    for policy in assembly.of_type("AWS::IAM::Policy"):
        if role in assembly.references(policy.properties["Roles"], policy.address.stack):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield from _listed(statement["Action"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
