"""The local stage's own templates, deployed: what the endpoint says of them is what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from infra.app import build
from infra.assets import ROOT
from infra.capabilities.function_spec import FunctionSpec, read_functions
from infra.config import STAGES
from infra.local.deploy import Clients, deploy
from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

STACKS = ("clickstream-local-processing", "clickstream-local-data")  # in the order in which they can go
FUNCTIONS = {spec.name: spec for spec in read_functions(ROOT)}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The deployed stage: the endpoint's clients, and the outputs of its stacks."""

    local: Local
    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        return self.local.client(service)


@pytest.fixture(scope="module")
def stage(local: Local, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("assembly")
    build(STAGES["local"], folder, wheels=None).synth()
    clients = Clients.of(local.endpoint.url, local.endpoint.environment())
    yield Stage(local=local, outputs=deploy(folder, clients, progress=lambda _: None))
    # Its schedules and consumers would go on beside the tests that come after.
    for stack in STACKS:
        clients.cloudformation.delete_stack(StackName=stack)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_stand_as_declared(stage: Stage, name: str) -> None:
    spec = FUNCTIONS[name]

    deployed = stage.client("lambda").get_function_configuration(FunctionName=f"clickstream-local-{name}")

    assert stage.outputs[f"{spec.construct}Function"] == f"clickstream-local-{name}"
    assert (deployed["Handler"], deployed["MemorySize"], deployed["Timeout"], deployed["Runtime"]) == (
        spec.handler,
        spec.memory_mb,
        spec.timeout_seconds,
        "python3.12",
    )
    assert set(deployed["Environment"]["Variables"]) == {"LOG_LEVEL", *spec.environment}
    assert "${" not in str(deployed["Environment"]["Variables"])


def test_the_stream_and_the_queue_are_mapped_to_their_functions(stage: Stage) -> None:
    mappings = {
        mapping["FunctionArn"].rpartition(":")[2]: mapping
        for mapping in stage.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        if ":clickstream-local-" in mapping["FunctionArn"]
    }

    stream, queue = mappings["clickstream-local-realtime"], mappings["clickstream-local-catalog"]
    assert set(mappings) == {"clickstream-local-realtime", "clickstream-local-catalog"}
    assert (stream["BisectBatchOnFunctionError"], stream["MaximumRetryAttempts"]) == (True, -1)
    bucket = stage.outputs["QuarantineBucket"]
    assert stream["DestinationConfig"] == {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    assert queue["EventSourceArn"].endswith(":clickstream-local-catalog-changes")
    assert queue["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert stream["FunctionResponseTypes"] == queue["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("spec", [s for s in FUNCTIONS.values() if s.woken_by_events], ids=lambda s: s.name)
def test_invocations_that_failed_each_time_have_a_queue_to_lie_in(stage: Stage, spec: FunctionSpec) -> None:
    config = stage.client("lambda").get_function_event_invoke_config(
        FunctionName=f"clickstream-local-{spec.name}", Qualifier="$LATEST"
    )

    assert config["MaximumRetryAttempts"] == 2
    assert config["DestinationConfig"]["OnFailure"]["Destination"].endswith(f":clickstream-local-{spec.name}-failed")


def test_changes_of_the_catalog_end_in_a_queue_of_their_own_after_five_times(stage: Stage) -> None:
    queue = stage.client("sqs").get_queue_attributes(QueueUrl=stage.outputs["CatalogQueue"], AttributeNames=["All"])

    assert '"maxReceiveCount":5' in queue["Attributes"]["RedrivePolicy"].replace(" ", "")
    assert "clickstream-local-catalog-changes-failed" in queue["Attributes"]["RedrivePolicy"]


def test_tables_have_their_keys(stage: Stage) -> None:
    tables = {
        name: stage.client("dynamodb").describe_table(TableName=stage.outputs[name])["Table"]
        for name in ("StateTable", "FeaturesTable")
    }

    assert {name: [k["AttributeName"] for k in table["KeySchema"]] for name, table in tables.items()} == {
        "StateTable": ["pk", "sk"],
        "FeaturesTable": ["id"],
    }


def test_rules_and_schedules_wake_what_they_name(stage: Stage) -> None:
    events, scheduler = stage.client("events"), stage.client("scheduler")
    woken = {
        rule["Name"].removeprefix("clickstream-local-"): target["Arn"].rpartition(":")[2]
        for rule in events.list_rules(EventBusName="clickstream-local")["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"], EventBusName="clickstream-local")["Targets"]
    }
    schedules = {
        name: scheduler.get_schedule(Name=f"clickstream-local-{name}")["Target"]["Arn"].rpartition(":")[2]
        for name in ("reconcile", "audit", "events-hourly")
    }

    alerts, sync = "clickstream-local-alerts", "clickstream-local-personalize-sync"
    assert woken == {
        **dict.fromkeys(("dataset-ready", "import-done", "version-ready", "reconcile-requested"), sync),
        "promoted": "clickstream-local-warming",
        **dict.fromkeys(("item-changed", "user-changed"), "clickstream-local-catalog-changes"),
        **dict.fromkeys(
            (
                *("quality-gate-failed", "import-failed", "training-failed", "resource-failed"),
                *("rolled-back", "import-held", "cost-refused"),
            ),
            alerts,
        ),
    }
    assert schedules == {"reconcile": sync, "audit": "clickstream-local-audit", "events-hourly": "startJobRun"}


def test_every_alarm_of_the_template_is_there(stage: Stage) -> None:
    alarms = {alarm["AlarmName"] for alarm in stage.client("cloudwatch").describe_alarms()["MetricAlarms"]}

    assert {f"clickstream-local-{name}" for name in ("ledger-imbalance", "audit-silent", "realtime-behind")} <= alarms
