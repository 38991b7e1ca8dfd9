"""The deployer brings an assembly to the endpoint, leaves alone what is there, and names what fails."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.deploy import Clients, DeploymentFailed, deploy, save_queries
from infra.named_queries import NamedQuery
from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration


def written(folder: Path, stack: str, resources: Mapping[str, Any], *, output: str = "Out") -> Path:
    """A cloud assembly of one stack, as CDK lays it out, with one asset."""
    folder.mkdir(exist_ok=True)
    first = next(iter(resources))
    template = {"Resources": resources, "Outputs": {output: {"Value": {"Ref": first}}}}
    (folder / "Test.template.json").write_text(json.dumps(template))
    properties = {"templateFile": "Test.template.json", "stackName": stack}
    artifact = {"type": "aws:cloudformation:stack", "properties": properties}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Test": artifact}}))
    (folder / "asset.py").write_text("print('asset')\n")
    destination = {"bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "abc.py"}
    file = {"source": {"path": "asset.py", "packaging": "file"}, "destinations": {"here": destination}}
    (folder / "Test.assets.json").write_text(json.dumps({"files": {"abc": file}}))
    return folder


def queue(name: str, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


@pytest.fixture
def clients(local: Local) -> Clients:
    return Clients.of(local.endpoint.url, local.endpoint.environment())


def test_a_stack_is_created_left_alone_and_updated(local: Local, clients: Clients, tmp_path: Path) -> None:
    said: list[str] = []
    assembly = written(tmp_path, "test-life", {"Queue": queue("test-life")})

    outputs = deploy(assembly, clients, progress=said.append)
    deploy(assembly, clients, progress=said.append)
    written(tmp_path, "test-life", {"Queue": queue("test-life", VisibilityTimeout=77)})
    deploy(assembly, clients, progress=said.append)

    stacks = [line.split(",")[0] for line in said if line.startswith("test-life")]
    assert stacks == ["test-life: CREATE_COMPLETE", "test-life: unchanged", "test-life: UPDATE_COMPLETE"]
    assert [line for line in said if line.startswith("assets")] == [
        "assets: 1 uploaded, 0 there already",
        "assets: 0 uploaded, 1 there already",
        "assets: 0 uploaded, 1 there already",
    ]
    answer = local.client("sqs").get_queue_attributes(QueueUrl=outputs["Out"], AttributeNames=["VisibilityTimeout"])
    assert answer["Attributes"] == {"VisibilityTimeout": "77"}


def test_a_template_too_long_to_send_goes_through_the_bucket(clients: Clients, tmp_path: Path) -> None:
    resources = {f"Queue{n}": queue(f"test-long-{n}") | {"Metadata": {"why": "x" * 2_000}} for n in range(30)}

    outputs = deploy(written(tmp_path, "test-long", resources), clients, progress=lambda _: None)

    assert outputs["Out"].endswith("test-long-0")


def test_a_failed_resource_is_named_with_its_reason_and_can_be_mended(clients: Clients, tmp_path: Path) -> None:
    bad = {"Type": "AWS::Glue::Trigger", "Properties": {"Name": "test-twice", "Type": "ON_DEMAND", "Actions": []}}
    resources = {"First": bad, "Second": bad | {"DependsOn": "First"}}

    with pytest.raises(DeploymentFailed, match=r"Second \(AWS::Glue::Trigger\): .*already exists"):
        deploy(written(tmp_path, "test-bad", resources), clients, progress=lambda _: None)

    mended = written(tmp_path, "test-bad", {"Queue": queue("test-mended")})
    assert "test-mended" in deploy(mended, clients, progress=lambda _: None)["Out"]


def test_an_unknown_resource_type_is_named(clients: Clients, tmp_path: Path) -> None:
    resources = {"Group": {"Type": "AWS::Personalize::DatasetGroup", "Properties": {"Name": "g"}}}

    with pytest.raises(DeploymentFailed, match="AWS::Personalize::DatasetGroup"):
        deploy(written(tmp_path, "test-unknown", resources), clients, progress=lambda _: None)


def test_saved_queries_become_exactly_those_of_the_files(local: Local, clients: Clients) -> None:
    local.client("athena").create_work_group(Name="test-queries")

    def saved() -> set[tuple[str, str, str]]:
        athena = local.client("athena")
        ids = athena.list_named_queries(WorkGroup="test-queries")["NamedQueryIds"]
        queries = [athena.get_named_query(NamedQueryId=one)["NamedQuery"] for one in ids]
        return {(query["Name"], query["Description"], query["QueryString"]) for query in queries}

    for texts in ({"a": "SELECT 1", "b": "SELECT 2"}, {"b": "SELECT 3", "c": "SELECT 4"}):
        queries = [NamedQuery(name=name, description=f"Why {name}", sql=sql) for name, sql in texts.items()]
        save_queries(queries, clients, work_group="test-queries", database="default")
        assert saved() == {(name, f"Why {name}", sql) for name, sql in texts.items()}
