"""What rules and schedules wake: its ARN, and the permission that each kind takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from eventbridge_rules.model import RuleTarget as NamedTarget
from eventbridge_rules.model import Schedule
from infra.capabilities.functions import Function
from infra.capabilities.grants import service_role_principal
from infra.capabilities.jobs import GlueJob

SCHEDULES = "clickstream.schedule"
"""The source of the event that a function gets from a schedule."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What rules and schedules may wake, by the names the data files use."""

    jobs: Mapping[str, GlueJob]
    functions: Mapping[str, Function]
    queues: Mapping[str, sqs.Queue]
    topics: Mapping[str, sns.Topic]
    bus: events.CfnEventBus


@dataclass(frozen=True, kw_only=True)
class RuleTarget:
    """Where a rule sends; `admit` lets it in, once there is a rule to name."""

    arn: str
    admit: Callable[[events.CfnRule], None]
    role: iam.Role | None = None


@dataclass(frozen=True, kw_only=True)
class ScheduleTarget:
    """What a schedule starts, with which words."""

    name: str
    arn: str
    grant: iam.PolicyStatement
    told: Mapping[str, Any]


def rule_target(part: Construct, named: NamedTarget, targets: Targets) -> RuleTarget:
    """The target of a rule; a workflow takes a role of the rule's own, the others a word in their own policy."""
    match named.kind:
        case "glue_workflow":
            job = targets.jobs[named.name]
            role = _waking_role(part, job)
            return RuleTarget(arn=job.workflow_arn, role=role, admit=lambda _: None)
        case "function":
            function = targets.functions[named.name]
            return RuleTarget(arn=function.arn, admit=lambda rule: _let_rule_invoke(part, function, rule))
        case "queue":
            queue = targets.queues[named.name]
            return RuleTarget(arn=queue.queue_arn, admit=lambda rule: let_rule(queue, rule))
        case "topic":
            topic = targets.topics[named.name]
            return RuleTarget(arn=topic.topic_arn, admit=lambda rule: _let_rule_publish(topic, rule))


def schedule_target(schedule: Schedule, targets: Targets) -> ScheduleTarget:
    """The target of a schedule: a function, or a job by the API that starts one."""
    if schedule.target.function is not None:
        return _function_of(schedule, targets.functions[schedule.target.function])
    job = targets.jobs[str(schedule.target.glue_job)]
    start: dict[str, Any] = {"JobName": job.name}
    if schedule.target.arguments:
        start["Arguments"] = schedule.target.arguments
    return ScheduleTarget(
        name=job.name,
        arn=f"arn:{cdk.Aws.PARTITION}:scheduler:::aws-sdk:glue:startJobRun",
        grant=iam.PolicyStatement(sid="StartTheJob", actions=["glue:StartJobRun"], resources=[job.arn]),
        told=start,
    )


def let_rule(queue: sqs.Queue, rule: events.CfnRule) -> None:
    """Let this rule send to `queue`, and no other."""
    queue.add_to_resource_policy(_statement("sqs:SendMessage", queue.queue_arn, rule))


def _let_rule_publish(topic: sns.Topic, rule: events.CfnRule) -> None:
    topic.add_to_resource_policy(_statement("sns:Publish", topic.topic_arn, rule))


def _let_rule_invoke(part: Construct, function: Function, rule: events.CfnRule) -> None:
    lambda_.CfnPermission(
        part,
        "Invoke",
        action="lambda:InvokeFunction",
        function_name=function.resource.ref,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )


def _statement(action: str, arn: str, rule: events.CfnRule) -> iam.PolicyStatement:
    conditions: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": rule.attr_arn}}
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        actions=[action],
        resources=[arn],
        conditions=conditions,
    )


def _waking_role(part: Construct, job: GlueJob) -> iam.Role:
    role = iam.Role(part, "Role", assumed_by=service_role_principal("events"), description=f"Wakes workflow {job.name}")
    role.add_to_policy(
        iam.PolicyStatement(sid="WakeTheWorkflow", actions=["glue:notifyEvent"], resources=[job.workflow_arn])
    )
    return role


def _function_of(schedule: Schedule, function: Function) -> ScheduleTarget:
    return ScheduleTarget(
        name=function.name,
        arn=function.arn,
        grant=iam.PolicyStatement(sid="InvokeTheFunction", actions=["lambda:InvokeFunction"], resources=[function.arn]),
        told={"source": SCHEDULES, "detail-type": schedule.name, "detail": {}},
    )
