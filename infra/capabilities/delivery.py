"""Firehose: every record of the stream into the raw bucket, gzipped, by hour of arrival."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.capabilities.foundation import Foundation
from infra.capabilities.grants import service_role_principal, use_of_key

EVENTS_PREFIX = "events/"
ERRORS_PREFIX = "errors/"

_Stream = firehose.CfnDeliveryStream


class RawDelivery(Construct):
    """One delivery stream with a role that may read the stream and write those two prefixes."""

    def __init__(self, scope: Construct, id_: str, *, base: Foundation, stream: kinesis.IStream) -> None:
        super().__init__(scope, id_)
        self._config = base.config
        self._log_group, self._log_stream = self._logs()
        role = self._role(stream, base)
        self.delivery_stream = _Stream(
            self,
            "DeliveryStream",
            delivery_stream_name=base.config.name("raw"),
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=_Stream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=self._destination(role, base),
        )
        # Firehose tries its role when it is created, so the policy must stand by then.
        self.delivery_stream.node.add_dependency(role)

    def _destination(
        self, role: iam.Role, base: Foundation
    ) -> firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty:
        return _Stream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=base.buckets["raw"].bucket_arn,
            role_arn=role.role_arn,
            prefix=f"{EVENTS_PREFIX}dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
            error_output_prefix=f"{ERRORS_PREFIX}!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/",
            buffering_hints=_Stream.BufferingHintsProperty(interval_in_seconds=60, size_in_m_bs=64),
            compression_format="GZIP",
            cloud_watch_logging_options=_Stream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=self._log_group.ref, log_stream_name=self._log_stream.ref
            ),
        )

    def _logs(self) -> tuple[logs.CfnLogGroup, logs.CfnLogStream]:
        group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/kinesisfirehose/{self._config.name('raw')}",
            retention_in_days=self._config.log_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        stream = logs.CfnLogStream(self, "DeliveryErrors", log_group_name=group.ref, log_stream_name="delivery-errors")
        return group, stream

    def _role(self, stream: kinesis.IStream, base: Foundation) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=service_role_principal("firehose"),
            description="Firehose: reads the event stream, writes raw objects",
        )
        for statement in [
            *_bucket_grants(base),
            use_of_key("EncryptRawObjects", ["kms:GenerateDataKey", "kms:Decrypt"], ["raw"], base),
            *stream_grants(stream, base),
            _log_grant(self._log_group, self._log_stream),
        ]:
            role.add_to_policy(statement)
        return role


def _bucket_grants(base: Foundation) -> list[iam.PolicyStatement]:
    bucket = base.buckets["raw"]
    objects = [bucket.arn_for_objects(f"{prefix}*") for prefix in (EVENTS_PREFIX, ERRORS_PREFIX)]
    return [
        iam.PolicyStatement(
            sid="WriteObjects", actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"], resources=objects
        ),
        # Firehose looks at the bucket itself before it delivers.
        iam.PolicyStatement(
            sid="SeeTheBucket",
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=[bucket.bucket_arn],
        ),
    ]


def stream_grants(stream: kinesis.IStream, base: Foundation) -> list[iam.PolicyStatement]:
    """What reading the encrypted stream takes, for whatever service acts in the role."""
    return [
        iam.PolicyStatement(
            sid="ReadTheStream",
            actions=[
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            resources=[stream.stream_arn],
        ),
        iam.PolicyStatement(
            sid="DecryptTheStream",
            actions=["kms:Decrypt"],
            resources=[base.key.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": f"kinesis.{cdk.Aws.REGION}.amazonaws.com",
                    "kms:EncryptionContext:aws:kinesis:arn": stream.stream_arn,
                }
            },
        ),
    ]


def _log_grant(group: logs.CfnLogGroup, stream: logs.CfnLogStream) -> iam.PolicyStatement:
    arn = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:{group.ref}"
    return iam.PolicyStatement(
        sid="LogDeliveryErrors", actions=["logs:PutLogEvents"], resources=[f"{arn}:log-stream:{stream.ref}"]
    )
