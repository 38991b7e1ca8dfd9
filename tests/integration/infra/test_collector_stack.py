"""Containers of the collector: who reaches them, what they may do, how they end, and that no event goes over NAT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_file

from infra.assembly import Assembly, read_assembly
from infra.capabilities.collector_service import CLOSE_SECONDS, DRAIN_SECONDS, LEAVING_SECONDS, STOP_SECONDS
from tests.support.collector_stack import CERTIFICATE, collector_app, in_containers
from tests.support.role_grants import granted

pytestmark = pytest.mark.integration

PARAMETER = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/clickstream-prod/collector-write-keys"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("containers")
    collector_app(folder, in_containers(origins="https://shop.example")).synth()
    return folder


@pytest.fixture(scope="module")
def stack(folder: Path) -> Assembly:
    return read_assembly(folder)


def only(stack: Assembly, type_: str) -> Mapping[str, Any]:
    [found] = stack.of_type(type_)
    return found.properties


@pytest.fixture(scope="module")
def container(stack: Assembly) -> Mapping[str, Any]:
    [container] = only(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    found: Mapping[str, Any] = container
    return found


def test_cfn_lint_finds_no_error_in_it(folder: Path) -> None:
    problems = lint_file(folder / "Collector.template.json")

    assert [str(problem) for problem in problems if problem.rule.id.startswith("E")] == []


def test_nothing_costs_nat_and_events_take_the_endpoint_of_kinesis(stack: Assembly) -> None:
    endpoints = {
        stack.render(endpoint.properties["ServiceName"]): endpoint.properties.get("PolicyDocument", {}).get("Statement")
        for endpoint in stack.of_type("AWS::EC2::VPCEndpoint")
    }

    assert stack.of_type("AWS::EC2::NatGateway") == []
    assert set(endpoints) == {
        f"com.amazonaws.<AWS::Region>.{service}"
        for service in ("kinesis-streams", "ecr.api", "ecr.dkr", "logs", "ssm", "s3")
    }
    [statement] = endpoints["com.amazonaws.<AWS::Region>.kinesis-streams"]
    assert (statement["Action"], stack.render(statement["Resource"])) == (
        ["kinesis:ListShards", "kinesis:PutRecords"],
        "<Events.Arn>",
    )


def test_a_task_may_put_records_on_the_one_stream_and_nothing_else(stack: Assembly) -> None:
    key = "StringEquals kms:EncryptionContext:aws:kinesis:arn: <Events.Arn>; StringEquals kms:ViaService: "

    assert granted(stack, "ContainersTaskRole") == {
        ("kinesis:PutRecords", "<Events.Arn>", ""),
        ("kinesis:ListShards", "<Events.Arn>", ""),
        ("kms:GenerateDataKey", "<DataKey.Arn>", f"{key}kinesis.<AWS::Region>.amazonaws.com"),
    }


def test_starting_a_task_takes_its_image_its_log_and_the_hashes_of_the_keys(stack: Assembly) -> None:
    repository = "arn:<AWS::Partition>:ecr:<AWS::Region>:<AWS::AccountId>:repository/clickstream-collector"
    image = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")

    assert granted(stack, "ContainersStartingRole") == {
        *((f"ecr:{action}", repository, "") for action in image),
        ("ecr:GetAuthorizationToken", "*", ""),
        *((f"logs:{action}", "<ContainersLogs.Arn>", "") for action in ("CreateLogStream", "PutLogEvents")),
        ("ssm:GetParameters", PARAMETER, ""),
    }


def test_every_role_trusts_one_service_of_this_account(stack: Assembly) -> None:
    trusted = {
        role.address.name: (
            statement["Principal"]["Service"],
            stack.render(statement["Condition"]["StringEquals"]["aws:SourceAccount"]),
        )
        for role in stack.of_type("AWS::IAM::Role")
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]
    }

    assert trusted == {
        "ContainersTaskRole": ("ecs-tasks.amazonaws.com", "<AWS::AccountId>"),
        "ContainersStartingRole": ("ecs-tasks.amazonaws.com", "<AWS::AccountId>"),
        "NetworkFlowLogRole": ("vpc-flow-logs.amazonaws.com", "<AWS::AccountId>"),
    }


def test_a_container_writes_nowhere_but_into_its_spool_and_comes_back_beside_it(
    stack: Assembly, container: Mapping[str, Any]
) -> None:
    task = only(stack, "AWS::ECS::TaskDefinition")

    assert container["ReadonlyRootFilesystem"] is True
    assert container["MountPoints"] == [{"ContainerPath": "/spool", "ReadOnly": False, "SourceVolume": "spool"}]
    assert task["Volumes"] == [{"Name": "spool"}]
    assert container["RestartPolicy"] == {"Enabled": True, "RestartAttemptPeriod": 60}


def test_the_spools_of_all_workers_together_take_half_of_the_tasks_disk(container: Mapping[str, Any]) -> None:
    variables = {variable["Name"]: variable["Value"] for variable in container["Environment"]}

    assert int(variables["COLLECTOR_SPOOL_BYTES"]) * int(variables["COLLECTOR_WORKERS"]) == 10 * 1024**3


def test_a_task_has_longer_to_end_than_its_producer_to_close(stack: Assembly, container: Mapping[str, Any]) -> None:
    attributes = {
        each["Key"]: each["Value"]
        for each in only(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")["TargetGroupAttributes"]
    }

    assert container["StopTimeout"] == STOP_SECONDS == 120
    assert DRAIN_SECONDS + CLOSE_SECONDS < STOP_SECONDS
    assert attributes["deregistration_delay.timeout_seconds"] == str(LEAVING_SECONDS)


def test_nothing_secret_stands_in_the_template(stack: Assembly, container: Mapping[str, Any]) -> None:
    [secret] = container["Secrets"]

    assert (secret["Name"], stack.render(secret["ValueFrom"])) == ("COLLECTOR_WRITE_KEYS", PARAMETER)
    assert "COLLECTOR_WRITE_KEYS" not in {variable["Name"] for variable in container["Environment"]}


def test_requests_come_over_tls_to_tasks_that_are_ready(stack: Assembly, container: Mapping[str, Any]) -> None:
    listener = only(stack, "AWS::ElasticLoadBalancingV2::Listener")
    target = only(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")

    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["Certificates"] == [{"CertificateArn": CERTIFICATE}]
    assert "TLS13" in listener["SslPolicy"]
    assert target["HealthCheckPath"] == "/ready"
    assert "/health" in container["HealthCheck"]["Command"][-1]


def test_metrics_are_not_let_through_however_their_address_is_written(stack: Assembly) -> None:
    rule = only(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")
    [condition] = rule["Conditions"]
    [otherwise] = only(stack, "AWS::ElasticLoadBalancingV2::Listener")["DefaultActions"]

    assert (condition["Field"], condition["PathPatternConfig"]["Values"]) == (
        "path-pattern",
        ["/v1/events", "/v1/pixel", "/health", "/ready", "/openapi.json"],
    )
    assert [action["Type"] for action in rule["Actions"]] == ["forward"]
    assert (otherwise["Type"], otherwise["FixedResponseConfig"]) == ("fixed-response", {"StatusCode": "404"})


def test_tasks_are_reached_through_the_load_balancer_alone(stack: Assembly) -> None:
    admitted = {
        (stack.render(rule.properties["SourceSecurityGroupId"]), stack.render(rule.properties["GroupId"]))
        for rule in stack.of_type("AWS::EC2::SecurityGroupIngress")
    }
    open_to_all = [
        group.address.name
        for group in stack.of_type("AWS::EC2::SecurityGroup")
        if group.properties.get("SecurityGroupIngress")
    ]
    network = only(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert admitted == {
        ("<FrontPublic.GroupId>", "<NetworkTasks.GroupId>"),
        ("<NetworkTasks.GroupId>", "<NetworkEndpoints.GroupId>"),
    }
    assert open_to_all == ["FrontPublic"]
    assert network["AssignPublicIp"] == "DISABLED"


def test_there_are_more_tasks_when_they_are_busy_and_a_deployment_keeps_their_number(stack: Assembly) -> None:
    target = only(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    policy = only(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    assert policy["PredefinedMetricSpecification"] == {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    assert "DesiredCount" not in only(stack, "AWS::ECS::Service")


def test_hashes_may_stand_in_the_environment_instead_and_a_task_may_go_without_a_spool(tmp_path: Path) -> None:
    hashes = json.dumps([{"name": "web", "sha256": "0a" * 32}])
    collector_app(tmp_path, in_containers(write_keys=hashes, spool=False)).synth()
    stack = read_assembly(tmp_path)
    [container] = only(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    variables = {variable["Name"]: variable["Value"] for variable in container["Environment"]}

    assert (variables["COLLECTOR_WRITE_KEYS"], "Secrets" in container) == (hashes, False)
    assert [name for name in variables if "SPOOL" in name] == []
    assert "ssm" not in str([stack.render(e.properties["ServiceName"]) for e in stack.of_type("AWS::EC2::VPCEndpoint")])
