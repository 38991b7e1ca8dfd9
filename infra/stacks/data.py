"""What holds data and outlives deployments: the key, the buckets, the tables, the stream."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.capabilities.buckets import DataBuckets, output_name
from infra.capabilities.foundation import Foundation
from infra.capabilities.personalize_access import let_personalize_in
from infra.capabilities.tables import data_tables
from infra.config import Config


class DataStack(cdk.Stack):
    """Key, buckets, tables and stream; in prod none of them is deleted with the stack."""

    def __init__(self, scope: Construct, id_: str, *, config: Config) -> None:
        super().__init__(scope, id_, stack_name=config.name("data"), termination_protection=config.keep_data)
        key = _data_key(self, config)
        buckets = DataBuckets(self, "Buckets", config=config, key=key).buckets
        let_personalize_in(buckets["personalize"], key)
        tables = data_tables(self, config=config, key=key, removal=removal_policy(config))
        self.foundation = Foundation(config=config, buckets=buckets, tables=tables, key=key)
        self.stream = _stream(self, config, key)
        for name, bucket in buckets.items():
            cdk.CfnOutput(self, output_name(name), value=bucket.bucket_name)
        for table_name, table in tables.items():
            cdk.CfnOutput(self, f"{table_name.title()}Table", value=table.ref)
        cdk.CfnOutput(self, "StreamName", value=self.stream.stream_name)


def removal_policy(config: Config) -> cdk.RemovalPolicy:
    """What becomes of a thing that holds data when its stack goes."""
    return cdk.RemovalPolicy.RETAIN if config.keep_data else cdk.RemovalPolicy.DESTROY


def _data_key(scope: Construct, config: Config) -> kms.Key:
    key = kms.Key(
        scope,
        "DataKey",
        alias=f"alias/{config.name('data')}",
        description="Encrypts events wherever they rest: stream, buckets, tables, query results, alerts",
        enable_key_rotation=True,
        removal_policy=removal_policy(config),
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="RulesAndAlarmsPublishToTheEncryptedAlertsTopic",
            principals=[iam.ServicePrincipal(f"{name}.amazonaws.com") for name in ("events", "cloudwatch")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
        )
    )
    return key


def _stream(scope: Construct, config: Config, key: kms.Key) -> kinesis.Stream:
    on_demand = config.stream_shards is None
    return kinesis.Stream(
        scope,
        "Events",
        stream_name=config.name("events"),
        stream_mode=kinesis.StreamMode.ON_DEMAND if on_demand else kinesis.StreamMode.PROVISIONED,
        shard_count=config.stream_shards,
        retention_period=cdk.Duration.hours(config.stream_retention_hours),
        encryption=kinesis.StreamEncryption.KMS,
        encryption_key=key,
        removal_policy=removal_policy(config),
    )
