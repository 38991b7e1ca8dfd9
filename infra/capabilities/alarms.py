"""What tells a person: the alerts topic, and the alarms that write to it."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.capabilities.foundation import Foundation

LATE_DELIVERY_SECONDS = 900
"""Firehose delivers within a minute or two; a quarter of an hour is no hiccup any more."""


def alerts_topic(scope: Construct, *, base: Foundation) -> sns.Topic:
    """An encrypted topic; it mails to the address in the settings, where there is one."""
    topic = sns.Topic(scope, "Alerts", topic_name=base.config.name("alerts"), master_key=base.key, enforce_ssl=True)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsOfThisAccountPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    if base.config.alert_email is not None:
        topic.add_subscription(subscriptions.EmailSubscription(base.config.alert_email))
    return topic


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A metric above `above` in each of so many periods; with `silence`, a period without a value counts, too."""

    name: str
    why: str
    metric: cloudwatch.Metric
    above: float = 0
    periods: int = 1
    silence: bool = False


def metric(
    namespace: str, name: str, statistic: str, dimensions: Mapping[str, str], *, minutes: int = 5
) -> cloudwatch.Metric:
    """One metric of AWS's or ours, over periods of so many minutes."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        period=cdk.Duration.minutes(minutes),
        statistic=statistic,
    )


class Alarms(Construct):
    """Alarms for what no event tells of: silence where there should be delivery."""

    def __init__(self, scope: Construct, id_: str, *, base: Foundation, topic: sns.ITopic) -> None:
        super().__init__(scope, id_)
        self._base, self._topic = base, topic

    def watch_dead_letters(self, name: str, queue: sqs.IQueue, *, why: str) -> None:
        """Alarm while anything lies in `queue`."""
        waiting = queue.metric_approximate_number_of_messages_visible(
            period=cdk.Duration.minutes(5), statistic="Maximum"
        )
        self.add(Alarm(name=name, why=why, metric=waiting))

    def watch_delivery(self, stream: firehose.CfnDeliveryStream) -> None:
        """Alarm when the oldest record that is not in S3 yet has waited too long."""
        self.add(
            Alarm(
                name="raw-delivery-late",
                why="Firehose falls behind; records are lost when they outlive the stream's retention.",
                metric=metric(
                    "AWS/Firehose", "DeliveryToS3.DataFreshness", "Maximum", {"DeliveryStreamName": stream.ref}
                ),
                above=LATE_DELIVERY_SECONDS,
            )
        )

    def add(self, wanted: Alarm) -> None:
        """Tell the topic when it begins, and when it is over."""
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            wanted.name.title().replace("-", ""),
            alarm_name=self._base.config.name(wanted.name),
            alarm_description=wanted.why,
            metric=wanted.metric,
            threshold=wanted.above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=wanted.periods,
            treat_missing_data=missing.BREACHING if wanted.silence else missing.NOT_BREACHING,
        )
        arn = self._topic.topic_arn
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)  # noqa: S101 - narrows the type of a construct's child
        resource.alarm_actions = resource.ok_actions = [arn]
