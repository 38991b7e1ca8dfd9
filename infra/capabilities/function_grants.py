"""From a function's declaration to exactly the permissions it takes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis

from infra.capabilities.foundation import Foundation
from infra.capabilities.function_spec import Access, FunctionSpec, TableName
from infra.capabilities.grants import PUT, parameter_arn, publish_grants, put_records_grants, storage_grants

METRICS_NAMESPACE: Final = "Clickstream"

_READ: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_SCAN: Final = "dynamodb:Scan"
_WRITE: Final = (
    *_READ,
    *("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
    *("dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"),
)
_TABLE_ACTIONS: Final[Mapping[Access, Sequence[str]]] = {
    "read": _READ,
    "scan": (*_READ, _SCAN),
    "write": _WRITE,
    "scan-write": (*_WRITE, _SCAN),
}


def function_grants(
    spec: FunctionSpec, *, base: Foundation, stream: kinesis.IStream, bus_arn: str, personalize_role_arn: str
) -> Iterator[iam.PolicyStatement]:
    """Statements for all that `spec` names, but for its event source and its logs."""
    yield from storage_grants(reads=spec.reads, writes=spec.writes, base=base, write_actions=PUT)
    yield from _tables(spec.tables, base)
    if spec.publishes:
        yield from publish_grants([bus_arn], spec.publishes)
    if spec.puts_records:
        yield from put_records_grants(stream, base.key)
    if spec.parameters:
        named = [parameter_arn(base.config, name) for name in spec.parameters]
        yield iam.PolicyStatement(sid="ReadParameters", actions=["ssm:GetParameter"], resources=named)
    yield from _metrics(spec)
    yield from _personalize(spec.personalize, base.config.deployment)
    if spec.passes_role:
        yield _pass_role(personalize_role_arn)


def _tables(wanted: Mapping[TableName, Access], base: Foundation) -> Iterator[iam.PolicyStatement]:
    for name, access in wanted.items():
        yield iam.PolicyStatement(
            sid=f"{access.title().replace('-', '')}{name.title()}",
            actions=list(_TABLE_ACTIONS[access]),
            resources=[base.tables[name].attr_arn],
        )
    if wanted:
        writes = any(access.endswith("write") for access in wanted.values())
        yield iam.PolicyStatement(
            sid="UseTheKeyOfTheTables",
            actions=["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if writes else [])],
            resources=[base.key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{cdk.Aws.REGION}.amazonaws.com"}},
        )


def _metrics(spec: FunctionSpec) -> Iterator[iam.PolicyStatement]:
    # CloudWatch knows no resources for metrics; the namespace is what there is to limit.
    if spec.publishes_metrics:
        yield iam.PolicyStatement(
            sid="PublishMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRICS_NAMESPACE}},
        )


def _personalize(actions: Sequence[str], deployment: str) -> Iterator[iam.PolicyStatement]:
    """Listing knows no resources; everything else is for what carries this deployment's name."""
    account = f"arn:{cdk.Aws.PARTITION}:personalize:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
    # Personalize names event trackers itself.
    own = [f"{account}:*/{deployment}*", f"{account}:event-tracker/*"]
    listing = [action for action in actions if action.startswith("List")]
    for sid, group, resources in (
        ("ListOfPersonalize", listing, ["*"]),
        ("UsePersonalize", [action for action in actions if action not in listing], own),
    ):
        if group:
            named = [f"personalize:{action}" for action in group]
            yield iam.PolicyStatement(sid=sid, actions=named, resources=resources)


def _pass_role(role_arn: str) -> iam.PolicyStatement:
    conditions = {"StringEquals": {"iam:PassedToService": "personalize.amazonaws.com"}}
    return iam.PolicyStatement(
        sid="PassTheRoleToPersonalize", actions=["iam:PassRole"], resources=[role_arn], conditions=conditions
    )
