"""Deploys a CDK cloud assembly to an endpoint with boto3 and CloudFormation change sets: no CLI, no bootstrap."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.assembly import Stack, read_assets, read_stacks
from infra.local.write_keys import put_write_keys
from infra.named_queries import NamedQuery, read_queries

INLINE_BYTES: Final = 51_200
BOOTSTRAP_VERSION: Final = "/cdk-bootstrap/hnb659fds/version"
_POLL_SECONDS: Final = 0.05
_STACK_SECONDS: Final = 300.0

Progress = Callable[[str], None]


class DeploymentFailed(Exception):
    """A stack could not be deployed; names the resource and the reason."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The services a deployment talks to."""

    cloudformation: Any
    s3: Any
    ssm: Any
    sts: Any
    athena: Any

    @classmethod
    def of(cls, url: str, environment: dict[str, str]) -> "Clients":
        """Clients of the endpoint at `url`, whatever this process's own environment says."""
        session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        client: Callable[..., Any] = session.client
        services = ("cloudformation", "s3", "ssm", "sts", "athena")
        return cls(**{name: client(name, endpoint_url=url, config=config) for name in services})

    @property
    def url(self) -> str:
        return str(self.s3.meta.endpoint_url)

    @property
    def region(self) -> str:
        return str(self.s3.meta.region_name)


def deploy(assembly: Path, clients: Clients, *, progress: Progress = print) -> dict[str, str]:
    """Bring every stack of `assembly` to its template; returns the outputs of all stacks by name.

    A stack whose template is deployed already is left alone. Raises `DeploymentFailed`.
    """
    began = time.monotonic()
    bucket = _upload_assets(assembly, clients, progress=progress)
    outputs: dict[str, str] = {}
    for stack in read_stacks(assembly):
        _deploy_stack(stack, clients, bucket=bucket, progress=progress)
        outputs |= _outputs(clients, stack.name)
    if "WorkGroup" in outputs:
        queries = read_queries()
        save_queries(queries, clients, work_group=outputs["WorkGroup"], database=outputs["Database"])
    if "CollectorUrl" in outputs:
        put_write_keys(clients.ssm, deployment=outputs["Bus"])
    progress(f"deployed in {time.monotonic() - began:.1f} s")
    return outputs


def save_queries(queries: Sequence[NamedQuery], clients: Clients, *, work_group: str, database: str) -> None:
    """Make the workgroup's saved queries exactly `queries`, through the API: the endpoint's templates lack them."""
    athena = clients.athena
    ids = athena.list_named_queries(WorkGroup=work_group)["NamedQueryIds"]
    there = [athena.get_named_query(NamedQueryId=query_id)["NamedQuery"] for query_id in ids]
    wanted = {query.name: (query.description, database, query.sql) for query in queries}
    for saved in there:
        as_saved = (saved.get("Description", ""), saved["Database"], saved["QueryString"])
        if wanted.get(saved["Name"]) == as_saved:
            del wanted[saved["Name"]]
        else:
            athena.delete_named_query(NamedQueryId=saved["NamedQueryId"])
    for name, (description, in_database, sql) in wanted.items():
        athena.create_named_query(
            Name=name, Description=description, Database=in_database, QueryString=sql, WorkGroup=work_group
        )


def _upload_assets(assembly: Path, clients: Clients, *, progress: Progress) -> str:
    """Upload what is not there yet; returns the asset bucket."""
    clients.ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
    account = clients.sts.get_caller_identity()["Account"]
    assets = list(read_assets(assembly, account=account, region=clients.region))
    bucket = f"cdk-hnb659fds-assets-{account}-{clients.region}"
    for name in {bucket, *(asset.bucket for asset in assets)}:
        clients.s3.create_bucket(Bucket=name)
    # An asset's key is the hash of its content: what is there is the same.
    missing = [asset for asset in assets if not _exists(clients, asset.bucket, asset.key)]
    for asset in missing:
        clients.s3.upload_file(str(asset.path), asset.bucket, asset.key)
    progress(f"assets: {len(missing)} uploaded, {len(assets) - len(missing)} there already")
    return bucket


def _exists(clients: Clients, bucket: str, key: str) -> bool:
    try:
        clients.s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return False
        raise
    return True


def _deploy_stack(stack: Stack, clients: Clients, *, bucket: str, progress: Progress) -> None:
    status = _status(clients, stack.name)
    if status in {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS"}:
        progress(f"{stack.name}: removing what a failed creation left")
        clients.cloudformation.delete_stack(StackName=stack.name)
        _settled(clients, stack.name)
        status = None
    if status is not None and _deployed_template(clients, stack.name) == json.loads(stack.template):
        progress(f"{stack.name}: unchanged")
        return
    began = time.monotonic()
    _execute(stack, clients, bucket=bucket, kind="CREATE" if status is None else "UPDATE")
    final = _settled(clients, stack.name)
    if final not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise DeploymentFailed(_why(stack, clients, final))
    seconds = time.monotonic() - began
    progress(f"{stack.name}: {final}, {len(stack.logical_ids())} resources, {seconds:.1f} s")


def _execute(stack: Stack, clients: Clients, *, bucket: str, kind: str) -> None:
    name = f"clickstream-{time.time_ns()}"
    try:
        clients.cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **_template(stack, clients, bucket=bucket),
        )
        _change_set_ready(stack, clients, name)
        clients.cloudformation.execute_change_set(StackName=stack.name, ChangeSetName=name)
    except ClientError as error:
        raise DeploymentFailed(f"{stack.name}: {error.response['Error']['Message']}") from error


def _template(stack: Stack, clients: Clients, *, bucket: str) -> dict[str, str]:
    if len(stack.template.encode()) <= INLINE_BYTES:
        return {"TemplateBody": stack.template}
    key = f"{stack.name}.template.json"
    clients.s3.put_object(Bucket=bucket, Key=key, Body=stack.template.encode())
    return {"TemplateURL": f"{clients.url}/{bucket}/{key}"}


def _change_set_ready(stack: Stack, clients: Clients, name: str) -> None:
    deadline = time.monotonic() + _STACK_SECONDS
    while time.monotonic() < deadline:
        described = clients.cloudformation.describe_change_set(StackName=stack.name, ChangeSetName=name)
        if described["Status"] == "CREATE_COMPLETE":
            return
        if described["Status"] == "FAILED":
            raise DeploymentFailed(f"{stack.name}: {described.get('StatusReason', 'the change set failed')}")
        time.sleep(_POLL_SECONDS)
    raise DeploymentFailed(f"{stack.name}: no change set within {_STACK_SECONDS:.0f} s")


def _settled(clients: Clients, name: str) -> str | None:
    """The stack's status once nothing is in progress; None when it is gone."""
    deadline = time.monotonic() + _STACK_SECONDS
    while time.monotonic() < deadline:
        status = _status(clients, name)
        if status is None or not status.endswith("IN_PROGRESS"):
            return status
        time.sleep(_POLL_SECONDS)
    raise DeploymentFailed(f"{name}: still in progress after {_STACK_SECONDS:.0f} s")


def _status(clients: Clients, name: str) -> str | None:
    try:
        [described] = clients.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    status = str(described["StackStatus"])
    return None if status == "DELETE_COMPLETE" else status


def _deployed_template(clients: Clients, name: str) -> Any:
    body = clients.cloudformation.get_template(StackName=name)["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))


def _why(stack: Stack, clients: Clients, status: str | None) -> str:
    types = stack.logical_ids()
    events = clients.cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    failures = [
        f"{event['LogicalResourceId']} ({types.get(event['LogicalResourceId'], 'stack')}): "
        f"{event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED")
    ]
    return f"{stack.name}: {status}: {'; '.join(failures) or 'no failed resource is reported'}"


def _outputs(clients: Clients, name: str) -> dict[str, str]:
    [described] = clients.cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {
        output["OutputKey"]: output["OutputValue"]
        for output in described.get("Outputs", [])
        if not output["OutputKey"].startswith("ExportsOutput")
    }
