"""What every capability stands on: the settings, the buckets and the key."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.capabilities.buckets import BucketName
from infra.capabilities.function_spec import TableName
from infra.config import Config


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """One deployment's settings, where it stores, and the key that all of it is encrypted with."""

    config: Config
    buckets: Mapping[BucketName, s3.IBucket]
    tables: Mapping[TableName, dynamodb.CfnTable]
    key: kms.IKey

    def bucket_names(self) -> dict[str, str]:
        """Physical bucket names by their placeholder."""
        return {f"bucket:{name}": bucket.bucket_name for name, bucket in self.buckets.items()}

    def table_names(self) -> dict[str, str]:
        """Physical table names by their placeholder."""
        return {f"table:{name}": table.ref for name, table in self.tables.items()}
