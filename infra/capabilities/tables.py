"""The DynamoDB tables: small facts of the consumers, and what serving needs to know now."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.capabilities.function_spec import TableName
from infra.config import Config

KEYS: Final[Mapping[TableName, tuple[str, ...]]] = {"state": ("pk", "sk"), "features": ("id",)}
"""Partition key, then sort key where there is one; all are text."""

EXPIRY: Final = "expires_at"
"""Epoch seconds after which an item may go."""

_Table = dynamodb.CfnTable


def data_tables(
    scope: Construct, *, config: Config, key: kms.IKey, removal: cdk.RemovalPolicy
) -> Mapping[TableName, dynamodb.CfnTable]:
    """Both tables: paid by request, restorable to any second of 35 days, encrypted with our key."""
    tables = {name: _table(scope, name, config=config, key=key) for name in KEYS}
    for table in tables.values():
        table.apply_removal_policy(removal)
    return tables


def _table(scope: Construct, name: TableName, *, config: Config, key: kms.IKey) -> dynamodb.CfnTable:
    keys = KEYS[name]
    kinds = ("HASH", "RANGE")[: len(keys)]
    return _Table(
        scope,
        name.title(),
        table_name=config.name(name),
        billing_mode="PAY_PER_REQUEST",
        key_schema=[
            _Table.KeySchemaProperty(attribute_name=key_name, key_type=kind)
            for key_name, kind in zip(keys, kinds, strict=True)
        ],
        attribute_definitions=[
            _Table.AttributeDefinitionProperty(attribute_name=key_name, attribute_type="S") for key_name in keys
        ],
        time_to_live_specification=_Table.TimeToLiveSpecificationProperty(attribute_name=EXPIRY, enabled=True),
        point_in_time_recovery_specification=_Table.PointInTimeRecoverySpecificationProperty(
            point_in_time_recovery_enabled=True
        ),
        sse_specification=_Table.SSESpecificationProperty(
            sse_enabled=True, sse_type="KMS", kms_master_key_id=key.key_arn
        ),
        deletion_protection_enabled=config.keep_data,
    )
