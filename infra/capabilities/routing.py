"""EventBridge rules and schedules from their data files, with somewhere for what cannot be delivered."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from eventbridge_rules.model import Retry, Rule, Schedule
from eventbridge_rules.placeholders import fill
from infra.capabilities.grants import service_role_principal
from infra.capabilities.targets import Targets, let_rule, rule_target, schedule_target
from infra.config import Config

_Rule = events.CfnRule
_Schedule = scheduler.CfnSchedule


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
        target = rule_target(part, rule.target, self._targets)
        resource = _Rule(
            part,
            "Rule",
            name=self._config.name(rule.name),
            description=rule.why,
            event_bus_name=None if rule.bus == "default" else self._targets.bus.ref,
            event_pattern=fill(rule.pattern, self._names),
            state="ENABLED",
            targets=[self._delivery(target.arn, target.role, rule.retry)],
        )
        # The local endpoint wakes in the order in which it made the rules; AWS has no order.
        if self._last_rule is not None:
            resource.add_resource_dependency(self._last_rule)
        self._last_rule = resource
        let_rule(self.undelivered, resource)
        target.admit(resource)

    def add_schedule(self, schedule: Schedule) -> None:
        """Deploy `schedule` with a role that may start its target and nothing else."""
        part = Construct(self, _construct_id(schedule.name))
        target = schedule_target(schedule, self._targets)
        role = iam.Role(
            part, "Role", assumed_by=service_role_principal("scheduler"), description=f"Starts {target.name}"
        )
        self.undelivered.grant_send_messages(role)
        role.add_to_policy(target.grant)
        resource = _Schedule(
            part,
            "Schedule",
            name=self._config.name(schedule.name),
            description=schedule.why,
            schedule_expression=schedule.expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=_flexible(schedule.flexible_minutes),
            target=_Schedule.TargetProperty(
                arn=target.arn,
                role_arn=role.role_arn,
                input=cdk.Stack.of(self).to_json_string(target.told),
                dead_letter_config=_Schedule.DeadLetterConfigProperty(arn=self.undelivered.queue_arn),
                retry_policy=_Schedule.RetryPolicyProperty(
                    maximum_retry_attempts=schedule.retry.attempts,
                    maximum_event_age_in_seconds=schedule.retry.max_age_seconds,
                ),
            ),
        )
        resource.node.add_dependency(role)

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


def _flexible(minutes: int) -> scheduler.CfnSchedule.FlexibleTimeWindowProperty:
    if minutes == 0:
        return _Schedule.FlexibleTimeWindowProperty(mode="OFF")
    return _Schedule.FlexibleTimeWindowProperty(mode="FLEXIBLE", maximum_window_in_minutes=minutes)


def _construct_id(name: str) -> str:
    return name.title().replace("-", "")
