"""EventBridge rules and schedules from their data files, with somewhere for what cannot be delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from eventbridge_rules.model import Retry, Rule, RuleTarget, Schedule, ScheduleTarget
from eventbridge_rules.placeholders import fill
from infra.capabilities.grants import service_role_principal
from infra.capabilities.jobs import GlueJob
from infra.config import Config

_Rule = events.CfnRule
_Schedule = scheduler.CfnSchedule


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What rules and schedules may wake, by the names the data files use."""

    jobs: Mapping[str, GlueJob]
    topics: Mapping[str, sns.Topic]
    bus: events.CfnEventBus


class Routing(Construct):
    """The rules and schedules of a deployment and their one dead-letter queue."""

    def __init__(
        self, scope: Construct, id_: str, *, config: Config, targets: Targets, names: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_)
        self._config, self._targets, self._names = config, targets, names
        self._last_rule: events.CfnRule | None = None
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=config.name("undelivered"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )

    def add_rule(self, rule: Rule) -> None:
        """Deploy `rule` with its permissions: to wake its target, and to leave what it could not deliver."""
        part = Construct(self, _construct_id(rule.name))
        arn, role = self._rule_target(part, rule.target)
        resource = _Rule(
            part,
            "Rule",
            name=self._config.name(rule.name),
            description=rule.why,
            event_bus_name=None if rule.bus == "default" else self._targets.bus.ref,
            event_pattern=fill(rule.pattern, self._names),
            state="ENABLED",
            targets=[self._delivery(arn, role, rule.retry)],
        )
        # The local endpoint wakes in the order in which it made the rules; AWS has no order.
        if self._last_rule is not None:
            resource.add_resource_dependency(self._last_rule)
        self._last_rule = resource
        _let_rule(self.undelivered, "sqs:SendMessage", self.undelivered.queue_arn, resource)
        if rule.target.topic is not None:
            topic = self._targets.topics[rule.target.topic]
            _let_rule(topic, "sns:Publish", topic.topic_arn, resource)

    def add_schedule(self, schedule: Schedule) -> None:
        """Deploy `schedule` with a role that may start its job and nothing else."""
        part = Construct(self, _construct_id(schedule.name))
        job = self._targets.jobs[schedule.target.glue_job]
        role = iam.Role(part, "Role", assumed_by=service_role_principal("scheduler"), description=f"Starts {job.name}")
        self.undelivered.grant_send_messages(role)
        role.add_to_policy(iam.PolicyStatement(sid="StartTheJob", actions=["glue:StartJobRun"], resources=[job.arn]))
        resource = _Schedule(
            part,
            "Schedule",
            name=self._config.name(schedule.name),
            description=schedule.why,
            schedule_expression=schedule.expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=_flexible(schedule.flexible_minutes),
            target=self._job_start(schedule.target, role, schedule.retry),
        )
        resource.node.add_dependency(role)

    def _rule_target(self, part: Construct, target: RuleTarget) -> tuple[str, iam.Role | None]:
        if target.topic is not None:
            return self._targets.topics[target.topic].topic_arn, None
        job = self._targets.jobs[str(target.glue_workflow)]
        role = iam.Role(
            part,
            "Role",
            assumed_by=service_role_principal("events"),
            description=f"Wakes workflow {job.name}",
        )
        role.add_to_policy(
            iam.PolicyStatement(sid="WakeTheWorkflow", actions=["glue:notifyEvent"], resources=[job.workflow_arn])
        )
        return job.workflow_arn, role

    def _delivery(self, arn: str, role: iam.Role | None, retry: Retry) -> events.CfnRule.TargetProperty:
        return _Rule.TargetProperty(
            id="target",
            arn=arn,
            role_arn=role.role_arn if role else None,
            dead_letter_config=_Rule.DeadLetterConfigProperty(arn=self.undelivered.queue_arn),
            retry_policy=_Rule.RetryPolicyProperty(
                maximum_retry_attempts=retry.attempts, maximum_event_age_in_seconds=retry.max_age_seconds
            ),
        )

    def _job_start(self, target: ScheduleTarget, role: iam.Role, retry: Retry) -> scheduler.CfnSchedule.TargetProperty:
        start: dict[str, Any] = {"JobName": self._targets.jobs[target.glue_job].name}
        if target.arguments:
            start["Arguments"] = target.arguments
        return _Schedule.TargetProperty(
            arn=f"arn:{cdk.Aws.PARTITION}:scheduler:::aws-sdk:glue:startJobRun",
            role_arn=role.role_arn,
            input=cdk.Stack.of(self).to_json_string(start),
            dead_letter_config=_Schedule.DeadLetterConfigProperty(arn=self.undelivered.queue_arn),
            retry_policy=_Schedule.RetryPolicyProperty(
                maximum_retry_attempts=retry.attempts, maximum_event_age_in_seconds=retry.max_age_seconds
            ),
        )


def _let_rule(to: sqs.Queue | sns.Topic, action: str, arn: str, rule: events.CfnRule) -> None:
    conditions: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": rule.attr_arn}}
    to.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=[action],
            resources=[arn],
            conditions=conditions,
        )
    )


def _flexible(minutes: int) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if minutes == 0:
        return _Schedule.FlexibleTimeWindowProperty(mode="OFF")
    return _Schedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=minutes)


def _construct_id(name: str) -> str:
    return name.title().replace("-", "")
