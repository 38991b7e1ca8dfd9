"""A Lambda function from its function.yaml: role, log group, function, and where its failures go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from eventbridge_rules.placeholders import fill
from infra.capabilities.event_sources import failed_invocations, from_queue, from_stream, own_queue
from infra.capabilities.foundation import Foundation
from infra.capabilities.function_grants import function_grants
from infra.capabilities.function_spec import FunctionSpec, Zip
from infra.capabilities.http_api import HttpApi

RUNTIME: Final = "python3.12"
LOG_LEVEL: Final = "INFO"

_Function = lambda_.CfnFunction


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What functions share: their code, where they publish, their stream, the role that one may pass."""

    base: Foundation
    zips: Mapping[Zip, assets.Asset]
    bus_arn: str
    stream: kinesis.IStream
    personalize_role: iam.IRole


class Function(Construct):
    """One function, allowed to do what its declaration says and nothing else."""

    def __init__(self, scope: Construct, id_: str, *, spec: FunctionSpec, around: Surroundings) -> None:
        super().__init__(scope, id_)
        self.spec = spec
        self.name = around.base.config.name(spec.name)
        self._around = around
        self._log_group = self._logs()
        self.role = self._role()
        self.resource = self._function()
        self.arn = self.resource.attr_arn
        self.api: HttpApi | None = None
        self.queue: sqs.Queue | None = None
        self.failed: sqs.Queue | None = None
        self._wake()

    def _wake(self) -> None:
        """Connect what invokes it, and decide where that leaves what the function could not handle."""
        config, source = self._around.base.config, self.spec.source
        if source is None:
            self.failed = failed_invocations(self, config=config, spec=self.spec, function=self.resource)
            self.failed.grant_send_messages(self.role)
        elif source.queue is not None:
            self.queue, self.failed = own_queue(self, config=config, spec=self.spec, source=source.queue)
            from_queue(self, source=source.queue, queue=self.queue, function=self.resource, role=self.role)
        elif source.stream is not None:
            from_stream(
                self,
                source=source.stream,
                stream=self._around.stream,
                base=self._around.base,
                function=self.resource,
                role=self.role,
            )
        elif source.http is not None:
            self.api = HttpApi(self, "Api", name=self.name, source=source.http, function=self.resource, config=config)

    def _logs(self) -> logs.CfnLogGroup:
        group = logs.CfnLogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{self.name}",
            retention_in_days=self._around.base.config.log_days,
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return group

    def _role(self) -> iam.Role:
        # Lambda takes roles of the function's own account only, and documents no condition to say so again.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"Lambda function {self.name}",
        )
        around = self._around
        for statement in function_grants(
            self.spec,
            base=around.base,
            stream=around.stream,
            bus_arn=around.bus_arn,
            personalize_role_arn=around.personalize_role.role_arn,
        ):
            role.add_to_policy(statement)
        role.add_to_policy(
            iam.PolicyStatement(
                sid="WriteOwnLogs",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[self._log_group.attr_arn],
            )
        )
        return role

    def _function(self) -> lambda_.CfnFunction:
        spec, code = self.spec, self._around.zips[self.spec.zip]
        function = _Function(
            self,
            "Function",
            function_name=self.name,
            description=spec.why,
            runtime=RUNTIME,
            architectures=["x86_64"],
            handler=spec.handler,
            code=_Function.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
            role=self.role.role_arn,
            memory_size=spec.memory_mb,
            timeout=spec.timeout_seconds,
            reserved_concurrent_executions=spec.reserved_concurrency,
            environment=_Function.EnvironmentProperty(variables=self._variables()),
            logging_config=_Function.LoggingConfigProperty(log_format="JSON", log_group=self._log_group.ref),
        )
        function.node.add_dependency(self.role)
        return function

    def _variables(self) -> dict[str, str]:
        base = self._around.base
        names = {
            **base.bucket_names(),
            **base.table_names(),
            **base.config.settings(),
            "role:personalize": self._around.personalize_role.role_arn,
            "stream:events": self._around.stream.stream_name,
        }
        return {"LOG_LEVEL": LOG_LEVEL, **fill(self.spec.environment, names)}
