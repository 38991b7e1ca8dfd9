"""What starting a task of the collector takes, and what the task itself may do."""

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.capabilities.grants import parameter_arn, put_records_grants, service_role_principal
from infra.collector_config import WRITE_KEYS
from infra.config import Config


def task_role(scope: Construct, *, stream: kinesis.IStream, key: kms.IKey) -> iam.Role:
    """The task's own: it puts records on the one stream."""
    role = iam.Role(
        scope, "TaskRole", assumed_by=service_role_principal("ecs-tasks"), description="Collector: puts events"
    )
    for statement in put_records_grants(stream, key):
        role.add_to_policy(statement)
    return role


def starting_role(
    scope: Construct, *, config: Config, repository: ecr.IRepository, log_group: logs.ILogGroup
) -> iam.Role:
    """ECS's, while it starts a task."""
    role = iam.Role(
        scope,
        "StartingRole",
        assumed_by=service_role_principal("ecs-tasks"),
        description="ECS: fetches the collector's image and write keys, writes its log",
    )
    for statement in _starting(config, repository, log_group):
        role.add_to_policy(statement)
    return role


def flow_log_role(scope: Construct) -> iam.Role:
    """The network's, for its log of what it refused."""
    return iam.Role(
        scope,
        "FlowLogRole",
        assumed_by=service_role_principal("vpc-flow-logs"),
        description="Network of the collector: writes what it refused",
    )


def _starting(config: Config, repository: ecr.IRepository, log_group: logs.ILogGroup) -> list[iam.PolicyStatement]:
    image = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    log = ["logs:CreateLogStream", "logs:PutLogEvents"]
    keys = iam.PolicyStatement(
        sid="ReadWriteKeys", actions=["ssm:GetParameters"], resources=[parameter_arn(config, WRITE_KEYS)]
    )
    return [
        iam.PolicyStatement(sid="FetchTheImage", actions=image, resources=[repository.repository_arn]),
        # A token for the whole registry; what it opens is the statement above.
        iam.PolicyStatement(sid="SignInToEcr", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        iam.PolicyStatement(sid="WriteOwnLogs", actions=log, resources=[log_group.log_group_arn]),
        *([keys] if config.collector.write_keys is None else []),
    ]
