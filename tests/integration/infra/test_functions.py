"""Functions, their event sources and tables are deployed as their declarations and the design say."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from infra.assembly import Assembly
from infra.assets import ROOT
from infra.config import STAGES
from tests.integration.infra.test_function_grants import DECLARED

pytestmark = pytest.mark.integration


def named(assembly: Assembly, type_: str, key: str, name: str) -> dict[str, Any]:
    [found] = [dict(r.properties) for r in assembly.of_type(type_) if r.properties.get(key) == name]
    return found


def rendered(assembly: Assembly, value: Any) -> Any:
    match value:
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::ImportValue": _} | {"Fn::Join": _} | {"Fn::Sub": _}:
            return assembly.render(value)
        case dict():
            return {key: rendered(assembly, inner) for key, inner in value.items()}
        case list():
            return [rendered(assembly, inner) for inner in value]
        case _:
            return value


def mapping_of(assembly: Assembly, construct: str) -> dict[str, Any]:
    [found] = [
        rendered(assembly, dict(r.properties))
        for r in assembly.of_type("AWS::Lambda::EventSourceMapping")
        if assembly.render(r.properties["FunctionName"]) == f"<Functions{construct}Function>"
    ]
    return {key: value for key, value in found.items() if key != "Tags"}


@pytest.mark.parametrize("path", DECLARED, ids=lambda path: path.parent.name)
def test_a_function_runs_as_its_declaration_says(prod: Assembly, path: Any) -> None:
    declared = yaml.safe_load(path.read_text())
    name = f"clickstream-prod-{declared['name']}"
    function = named(prod, "AWS::Lambda::Function", "FunctionName", name)

    assert {
        "handler": function["Handler"],
        "memory_mb": function["MemorySize"],
        "timeout_seconds": function["Timeout"],
        "reserved_concurrency": function.get("ReservedConcurrentExecutions"),
        "variables": set(function["Environment"]["Variables"]),
    } == {
        "handler": declared["handler"],
        "memory_mb": declared["memory_mb"],
        "timeout_seconds": declared["timeout_seconds"],
        "reserved_concurrency": declared.get("reserved_concurrency"),
        "variables": {"LOG_LEVEL", *declared["environment"]},
    }
    assert (function["Runtime"], function["Architectures"]) == ("python3.12", ["x86_64"])
    assert rendered(prod, function["LoggingConfig"]) == {
        "LogFormat": "JSON",
        "LogGroup": f"<Functions{name.removeprefix('clickstream-prod-').title().replace('-', '')}Logs>",
    }


def test_environments_are_filled_from_the_deployment(prod: Assembly) -> None:
    function = named(prod, "AWS::Lambda::Function", "FunctionName", "clickstream-prod-personalize-sync")
    variables = rendered(prod, function["Environment"]["Variables"])

    assert {
        name: variables[name]
        for name in ("LOG_LEVEL", "STATE_TABLE", "PERSONALIZE_BUCKET", "PERSONALIZE_ROLE_ARN", "BUS", "POLL_SECONDS")
    } == {
        "LOG_LEVEL": "INFO",
        "STATE_TABLE": "<State>",
        "PERSONALIZE_BUCKET": "<BucketsPersonalize>",
        "PERSONALIZE_ROLE_ARN": "<PersonalizeAccess.Arn>",
        "BUS": "clickstream-prod",
        "POLL_SECONDS": "5.0",
    }


def test_only_the_audit_carries_its_own_zip(prod: Assembly) -> None:
    codes: dict[str, list[str]] = {}
    for function in prod.of_type("AWS::Lambda::Function"):
        key = str(function.properties["Code"]["S3Key"])
        codes.setdefault(key, []).append(function.properties["FunctionName"].removeprefix("clickstream-prod-"))

    assert sorted(map(sorted, codes.values())) == [
        ["audit"],
        ["catalog", "collector", "personalize-sync", "realtime", "warming"],
    ]


def test_the_stream_comes_in_batches_that_are_given_up_whole_into_the_quarantine(prod: Assembly) -> None:
    declared = yaml.safe_load((ROOT / "consumers" / "realtime" / "function.yaml").read_text())["source"]["stream"]

    assert mapping_of(prod, "Realtime") == {
        "FunctionName": "<FunctionsRealtimeFunction>",
        "EventSourceArn": "<Events.Arn>",
        "StartingPosition": declared["starting_position"],
        "BatchSize": declared["batch_size"],
        "MaximumBatchingWindowInSeconds": declared["window_seconds"],
        "ParallelizationFactor": 1,
        "BisectBatchOnFunctionError": declared["bisect"],
        "MaximumRetryAttempts": declared["maximum_retry_attempts"],
        "MaximumRecordAgeInSeconds": declared["maximum_record_age_seconds"],
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "DestinationConfig": {"OnFailure": {"Destination": "<BucketsQuarantine.Arn>"}},
    }


def test_changes_of_the_catalog_come_from_a_queue_that_waits_longer_than_the_function(prod: Assembly) -> None:
    declared = yaml.safe_load((ROOT / "consumers" / "catalog" / "function.yaml").read_text())
    source = declared["source"]["queue"]
    queue = rendered(prod, named(prod, "AWS::SQS::Queue", "QueueName", "clickstream-prod-catalog-changes"))

    assert mapping_of(prod, "Catalog") == {
        "FunctionName": "<FunctionsCatalogFunction>",
        "EventSourceArn": "<FunctionsCatalogQueue.Arn>",
        "BatchSize": source["batch_size"],
        "MaximumBatchingWindowInSeconds": source["window_seconds"],
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": source["maximum_concurrency"]},
    }
    assert queue["VisibilityTimeout"] == 6 * declared["timeout_seconds"] + source["window_seconds"]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": "<FunctionsCatalogFailed.Arn>",
        "maxReceiveCount": source["maximum_receive_count"],
    }


def test_invocations_nobody_waits_for_are_tried_thrice_and_then_kept(prod: Assembly) -> None:
    configs = [rendered(prod, dict(r.properties)) for r in prod.of_type("AWS::Lambda::EventInvokeConfig")]

    assert configs == [
        {
            "FunctionName": f"<Functions{name}Function>",
            "Qualifier": "$LATEST",
            "MaximumRetryAttempts": 2,
            "MaximumEventAgeInSeconds": 21_600,
            "DestinationConfig": {"OnFailure": {"Destination": f"<Functions{name}Failed.Arn>"}},
        }
        for name in ("Audit", "PersonalizeSync", "Warming")
    ]


def test_each_rule_and_the_http_api_may_invoke_its_function_and_nobody_else(prod: Assembly) -> None:
    allowed = [
        (
            prod.render(r.properties["FunctionName"]),
            r.properties["Principal"],
            prod.render(r.properties["SourceArn"]),
            r.properties["Action"],
        )
        for r in prod.of_type("AWS::Lambda::Permission")
    ]
    woken = {
        "DatasetReady": "PersonalizeSync",
        "ImportDone": "PersonalizeSync",
        "VersionReady": "PersonalizeSync",
        "Promoted": "Warming",
        "ReconcileRequested": "PersonalizeSync",
    }

    api = "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<FunctionsCollectorApi>/*/*"
    requests = ("<FunctionsCollectorFunction>", "apigateway.amazonaws.com", api, "lambda:InvokeFunction")

    rules = [
        (f"<Functions{function}Function>", "events.amazonaws.com", f"<Routing{rule}Rule.Arn>", "lambda:InvokeFunction")
        for rule, function in woken.items()
    ]
    assert sorted(allowed) == sorted([requests, *rules])


def test_tables_are_paid_by_request_restorable_encrypted_and_forget(prod: Assembly) -> None:
    tables = {
        t.properties["TableName"]: rendered(prod, dict(t.properties)) for t in prod.of_type("AWS::DynamoDB::Table")
    }
    keys = {name: [(k["AttributeName"], k["KeyType"]) for k in t["KeySchema"]] for name, t in tables.items()}

    assert keys == {
        "clickstream-prod-state": [("pk", "HASH"), ("sk", "RANGE")],
        "clickstream-prod-features": [("id", "HASH")],
    }
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": "<DataKey.Arn>",
        }
        assert table["DeletionProtectionEnabled"] is True


def test_a_budget_holds_the_cap_and_mails_only_where_there_is_an_address(
    assemblies: Mapping[str, Assembly],
) -> None:
    [budget] = assemblies["prod"].of_type("AWS::Budgets::Budget")

    assert budget.properties["Budget"]["BudgetLimit"] == {"Amount": STAGES["prod"].monthly_cap_usd, "Unit": "USD"}
    assert "NotificationsWithSubscribers" not in budget.properties
