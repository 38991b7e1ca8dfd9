"""Delivery, catalog, job and queries are deployed as their data files and the design say."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.assembly import Assembly
from infra.assets import ROOT

pytestmark = pytest.mark.integration


def only(assembly: Assembly, type_: str) -> dict[str, Any]:
    [resource] = assembly.of_type(type_)
    return dict(resource.properties)


def test_firehose_writes_gzip_by_hour_of_arrival_and_errors_apart(prod: Assembly) -> None:
    stream = only(prod, "AWS::KinesisFirehose::DeliveryStream")
    destination = stream["ExtendedS3DestinationConfiguration"]

    assert stream["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert prod.render(stream["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]) == "<Events.Arn>"
    assert prod.render(destination["BucketARN"]) == "<BucketsRaw.Arn>"
    assert {
        name: destination[name] for name in ("Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat")
    } == {
        "Prefix": "events/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "CompressionFormat": "GZIP",
    }
    assert destination["CloudWatchLoggingOptions"]["Enabled"] is True


def test_the_job_runs_as_its_declaration_says(prod: Assembly) -> None:
    declared = yaml.safe_load((ROOT / "glue_jobs" / "events" / "job.yaml").read_text())
    job = only(prod, "AWS::Glue::Job")
    arguments = {name: prod.render(value) for name, value in job["DefaultArguments"].items()}

    assert job["GlueVersion"] == declared["glue_version"]
    assert job["Command"]["Name"] == "glueetl"
    assert {"type": job["WorkerType"], "count": job["NumberOfWorkers"]} == declared["worker"]
    assert job["Timeout"] == declared["timeout_minutes"]
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": declared["max_concurrent_runs"]}
    assert {name: arguments[name] for name in declared["arguments"]} == {
        "--raw": "s3://<BucketsRaw>/events/",
        "--lake": "s3://<BucketsLake>/",
        "--quarantine": "s3://<BucketsQuarantine>/",
        "--partition": "day",
        "--earliest": "1995-01-01T00:00:00Z",
        "--lookback_hours": "72",
    }
    assert arguments["--job-bookmark-option"] == "job-bookmark-disable"


def test_landed_objects_are_batched_before_they_start_the_job(prod: Assembly) -> None:
    declared = yaml.safe_load((ROOT / "glue_jobs" / "events" / "job.yaml").read_text())["workflow"]
    trigger = only(prod, "AWS::Glue::Trigger")

    assert (trigger["Type"], trigger["WorkflowName"]) == ("EVENT", "clickstream-prod-events")
    assert trigger["Actions"] == [{"JobName": "clickstream-prod-events"}]
    assert trigger["EventBatchingCondition"] == {
        "BatchSize": declared["batch_size"],
        "BatchWindow": declared["batch_window_seconds"],
    }


def test_the_rule_for_landed_objects_wakes_the_workflow_and_may_do_only_that(prod: Assembly) -> None:
    [rule] = [r for r in prod.of_type("AWS::Events::Rule") if r.properties["Name"] == "clickstream-prod-raw-landed"]
    workflow = "arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:workflow/clickstream-prod-events"
    [policy] = [p for p in prod.of_type("AWS::IAM::Policy") if p.address.name == "RoutingRawLandedRoleDefaultPolicy"]
    [target] = rule.properties["Targets"]

    assert prod.render(target["Arn"]) == workflow
    assert prod.render(target["RoleArn"]) == "<RoutingRawLandedRole.Arn>"
    assert prod.render(rule.properties["EventPattern"]["detail"]["bucket"]["name"][0]) == "<BucketsRaw>"
    assert "EventBusName" not in rule.properties  # S3 puts its events on the default bus only
    assert [(s["Action"], prod.render(s["Resource"])) for s in policy.properties["PolicyDocument"]["Statement"]] == [
        ("glue:notifyEvent", workflow)
    ]


def test_the_hourly_net_starts_the_job_by_its_name(prod: Assembly) -> None:
    schedule = only(prod, "AWS::Scheduler::Schedule")

    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    assert prod.render(schedule["Target"]["Arn"]) == "arn:<AWS::Partition>:scheduler:::aws-sdk:glue:startJobRun"
    assert json.loads(schedule["Target"]["Input"]) == {"JobName": "clickstream-prod-events"}


def test_every_table_of_the_contract_is_in_the_catalog_with_its_columns(prod: Assembly) -> None:
    declared = json.loads((ROOT / "contract" / "generated" / "tables.json").read_text())
    deployed = {}
    for table in prod.of_type("AWS::Glue::Table"):
        content = table.properties["TableInput"]
        columns = content["StorageDescriptor"]["Columns"]
        deployed[content["Name"]] = [(c["Name"], c["Type"], c["Comment"]) for c in columns]

    assert deployed == {
        name: [(c["name"], c["type"], c["comment"]) for c in table["columns"]] for name, table in declared.items()
    }
    assert max(len(comment) for columns in deployed.values() for *_, comment in columns) <= 255  # Glue's limit


def test_athena_finds_the_days_of_a_table_without_a_crawler(prod: Assembly) -> None:
    tables = {t.properties["TableInput"]["Name"]: t.properties["TableInput"] for t in prod.of_type("AWS::Glue::Table")}
    events = tables["events"]
    parameters = {name: prod.render(value) for name, value in events["Parameters"].items()}

    assert events["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert prod.render(events["StorageDescriptor"]["Location"]) == "s3://<BucketsLake>/events/"
    assert parameters == {
        "classification": "parquet",
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": "1990-01-01,NOW+1DAYS",
        "projection.dt.interval": "1",
        "projection.dt.interval.unit": "DAYS",
        "storage.location.template": "s3://<BucketsLake>/events/dt=${dt}/",
    }


def test_queries_cannot_scan_without_limit_nor_leave_plain_results(prod: Assembly) -> None:
    configuration = only(prod, "AWS::Athena::WorkGroup")["WorkGroupConfiguration"]

    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10 * 1024**3
    assert configuration["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
    assert prod.render(configuration["ResultConfiguration"]["OutputLocation"]) == (
        "s3://<BucketsAthenaResults>/results/"
    )


def test_every_saved_query_is_in_the_workgroup(prod: Assembly) -> None:
    saved = {q.properties["Name"]: q.properties for q in prod.of_type("AWS::Athena::NamedQuery")}

    assert sorted(saved) == sorted(path.stem for path in Path(ROOT / "infra" / "queries").glob("*.sql"))
    assert {(q["Database"], q["WorkGroup"]) for q in saved.values()} == {("clickstream_prod", "clickstream-prod")}


def test_the_stream_is_on_demand_and_keeps_two_days(prod: Assembly) -> None:
    stream = only(prod, "AWS::Kinesis::Stream")

    assert stream["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert stream["RetentionPeriodHours"] == 48
