"""The words under a resource's icon: what people call it, and the setting worth knowing."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.assembly import Assembly, Resource


def short_name(resource: Resource) -> str:
    """The physical name without project and stage, else that of its construct."""
    name = _physical_name(resource.properties)
    if resource.type == "AWS::IAM::Role":
        return ""  # it stands for the service that takes it on
    if name is None:
        return re.sub(r"^Buckets", "", resource.address.name).lower()
    return re.sub(r"^clickstream-[a-z]+-?", "", name)


def setting(resource: Resource, assembly: Assembly) -> str:
    """The one setting of a resource that says how it behaves; empty where none stands out."""
    describe = _SETTINGS.get(resource.type)
    return describe(resource.properties, assembly) if describe else ""


def _physical_name(properties: Mapping[str, Any]) -> str | None:
    for key in ("Name", "DeliveryStreamName", "TopicName", "QueueName", "FunctionName", "TableName", "AlarmName"):
        if isinstance(properties.get(key), str):
            return str(properties[key])
    return None


def _bucket(properties: Mapping[str, Any], _: Assembly) -> str:
    rules = [rule for rule in properties["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    data = [(rule["ExpirationInDays"], rule.get("Prefix", "")) for rule in rules if rule.get("Prefix") != "_staging/"]
    if not data:
        return "kept for good"
    days, prefix = data[0]
    return f"{prefix.rstrip('/')} kept {days} days".strip()


def _delivery(properties: Mapping[str, Any], _: Assembly) -> str:
    to = properties["ExtendedS3DestinationConfiguration"]
    hints = to["BufferingHints"]
    return f"{to['CompressionFormat'].lower()}, {hints['IntervalInSeconds']} s or {hints['SizeInMBs']} MB"


def _batching(properties: Mapping[str, Any], assembly: Assembly) -> str:
    for trigger in assembly.of_type("AWS::Glue::Trigger"):
        if trigger.properties["WorkflowName"] == properties["Name"]:
            batch = trigger.properties["EventBatchingCondition"]
            return f"{batch['BatchSize']} objects or {batch['BatchWindow']} s"
    return ""


def _does(properties: Mapping[str, Any], _: Assembly) -> str:
    return _DOES.get(str(properties["FunctionName"]).partition("-")[2].partition("-")[2], "")


def _tables(_: Mapping[str, Any], assembly: Assembly) -> str:
    tables = sorted(table.properties["TableInput"]["Name"] for table in assembly.of_type("AWS::Glue::Table"))
    return f"tables {', '.join(tables)}"


def _throttle(_: Mapping[str, Any], assembly: Assembly) -> str:
    for stage in assembly.of_type("AWS::ApiGatewayV2::Stage"):
        return f"{stage.properties['DefaultRouteSettings']['ThrottlingRateLimit']:,} requests/s"
    return ""


_DOES: Final = {
    "audit": "does the ledger balance?",
    "catalog": "PutItems, PutUsers",
    "collector": "judges, answers when kept",
    "personalize-sync": "import, train, promote",
    "realtime": "PutEvents",
    "warming": "recommendations kept ready",
}

_SETTINGS: Final[Mapping[str, Callable[[Mapping[str, Any], Assembly], str]]] = {
    "AWS::ApiGatewayV2::Api": _throttle,
    "AWS::Athena::WorkGroup": _tables,
    "AWS::Events::Rule": lambda properties, _: properties["EventPattern"]["detail-type"][0].removeprefix(
        "Personalize "
    ),
    "AWS::Glue::Job": lambda properties, _: f"Glue {properties['GlueVersion']}, PySpark",
    "AWS::Glue::Workflow": _batching,
    "AWS::Kinesis::Stream": lambda properties, _: f"kept {properties['RetentionPeriodHours']} hours",
    "AWS::KinesisFirehose::DeliveryStream": _delivery,
    "AWS::S3::Bucket": _bucket,
    "AWS::DynamoDB::Table": lambda *_: "users, popularity",
    "AWS::Events::EventBus": lambda *_: "jobs and reconciler speak",
    "AWS::IAM::Role": lambda *_: "trains, answers",
    "AWS::Lambda::Function": _does,
    "AWS::SQS::Queue": lambda *_: "changes of the catalog",
    "AWS::Scheduler::Schedule": lambda properties, _: str(properties["ScheduleExpression"]),
}
