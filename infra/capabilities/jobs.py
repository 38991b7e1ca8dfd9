"""A Glue job from its job.yaml: role, log group, job, and the workflow that events wake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from eventbridge_rules.placeholders import fill
from infra.capabilities.foundation import Foundation
from infra.capabilities.grants import publish_grants, service_role_principal, storage_grants
from infra.capabilities.job_spec import JobSpec
from infra.capabilities.wheels import Wheels


@dataclass(frozen=True, kw_only=True)
class Code:
    """What a job runs: its own script, the zip it imports from, and the packages that Glue lacks."""

    script: Path
    libraries: assets.Asset
    wheels: Wheels | None


class GlueJob(Construct):
    """One job, allowed to do what its declaration says and nothing else."""

    def __init__(
        self, scope: Construct, id_: str, *, base: Foundation, spec: JobSpec, code: Code, buses: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_)
        self.name = base.config.name(spec.name)  # of the job, its trigger and its workflow alike
        script_asset = assets.Asset(self, "Script", path=str(code.script))
        log_group = self._log_group(base.config.log_days)
        role = iam.Role(self, "Role", assumed_by=service_role_principal("glue"), description=f"Glue job {self.name}")
        for statement in [
            *storage_grants(reads=spec.reads, writes=spec.writes, base=base),
            *publish_grants([buses[name] for name in spec.publishes]),
            _code_grant([script_asset, code.libraries], code.wheels),
            _log_grant(),
        ]:
            role.add_to_policy(statement)
        arguments = {
            **_glue_arguments(code.libraries, log_group),
            **_wheels_arguments(code.wheels),
            **fill(spec.arguments, base.bucket_names() | base.config.settings()),
        }
        job = self._job(spec, role=role, script=script_asset, arguments=arguments)
        trigger = self._trigger(spec, job)
        if glue.CfnWorkflow.CFN_RESOURCE_TYPE_NAME not in base.config.left_out:
            trigger.add_resource_dependency(self._workflow(spec))
        self.workflow_arn = _glue_arn(f"workflow/{self.name}")
        self.arn = _glue_arn(f"job/{self.name}")

    def _log_group(self, days: int) -> logs.CfnLogGroup:
        group = logs.CfnLogGroup(self, "Logs", log_group_name=f"/aws-glue/jobs/{self.name}", retention_in_days=days)
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return group

    def _job(self, spec: JobSpec, *, role: iam.Role, script: assets.Asset, arguments: dict[str, str]) -> glue.CfnJob:
        job = glue.CfnJob(
            self,
            "Job",
            name=self.name,
            description=spec.why,
            role=role.role_arn,
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script.s3_object_url
            ),
            glue_version=spec.glue_version,
            worker_type=spec.worker.type,
            number_of_workers=spec.worker.count,
            timeout=spec.timeout_minutes,
            max_retries=0,  # the next event or hour starts it again, with all that landed since
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=spec.max_concurrent_runs),
            default_arguments=arguments,
        )
        job.node.add_dependency(role)
        return job

    def _workflow(self, spec: JobSpec) -> glue.CfnWorkflow:
        return glue.CfnWorkflow(
            self,
            "Workflow",
            name=self.name,
            description=spec.why,
            max_concurrent_runs=spec.max_concurrent_runs,
        )

    def _trigger(self, spec: JobSpec, job: glue.CfnJob) -> glue.CfnTrigger:
        trigger = glue.CfnTrigger(
            self,
            "Trigger",
            name=self.name,
            type="EVENT",
            workflow_name=self.name,
            event_batching_condition=glue.CfnTrigger.EventBatchingConditionProperty(
                batch_size=spec.workflow.batch_size, batch_window=spec.workflow.batch_window_seconds
            ),
            actions=[glue.CfnTrigger.ActionProperty(job_name=self.name)],
        )
        trigger.add_resource_dependency(job)
        return trigger


def _glue_arguments(libraries: assets.Asset, log_group: logs.CfnLogGroup) -> dict[str, str]:
    return {
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",  # the ledger says what was read
        "--extra-py-files": libraries.s3_object_url,
        "--enable-continuous-cloudwatch-log": "true",
        "--continuous-log-logGroup": log_group.ref,
    }


def _wheels_arguments(wheels: Wheels | None) -> dict[str, str]:
    if wheels is None:
        return {}
    # No index: what the zip lacks fails the run instead of coming from somewhere.
    return {"--additional-python-modules": wheels.uri, "--python-modules-installer-option": "--no-index"}


def _code_grant(code: Sequence[assets.Asset], wheels: Wheels | None) -> iam.PolicyStatement:
    resources = [asset.bucket.arn_for_objects(asset.s3_object_key) for asset in code]
    resources += [wheels.arn] if wheels else []
    return iam.PolicyStatement(sid="FetchOwnCode", actions=["s3:GetObject"], resources=resources)


def _log_grant() -> iam.PolicyStatement:
    arn = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:log-group:/aws-glue/*"
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    return iam.PolicyStatement(sid="WriteLogs", actions=actions, resources=[arn])


def _glue_arn(resource: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:glue:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"
