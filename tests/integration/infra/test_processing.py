"""Delivery, catalog, job and queries are deployed as their data files and the design say."""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.app import Wheels
from infra.assembly import Assembly
from infra.assets import ROOT

pytestmark = pytest.mark.integration


JOBS = ("events", "interactions", "items", "users")
SCHEDULE = "AWS::Scheduler::Schedule"
CATALOG_JOB = {
    "--raw": "s3://<BucketsRaw>/",
    "--personalize": "s3://<BucketsPersonalize>/",
    "--quarantine": "s3://<BucketsQuarantine>/",
    "--bus": "clickstream-prod",
    "--mode": "auto",
    "--gate": "default",
    "--full_every_hours": "24",
}
ARGUMENTS = {
    "events": {
        "--raw": "s3://<BucketsRaw>/events/",
        "--lake": "s3://<BucketsLake>/",
        "--quarantine": "s3://<BucketsQuarantine>/",
        "--partition": "day",
        "--earliest": "1995-01-01T00:00:00Z",
        "--lookback_hours": "72",
    },
    "interactions": {
        "--raw": "s3://<BucketsRaw>/",
        "--lake": "s3://<BucketsLake>/",
        "--personalize": "s3://<BucketsPersonalize>/",
        "--bus": "clickstream-prod",
        "--mode": "auto",
        "--gate": "default",
        "--earliest": "1995-01-01T00:00:00Z",
        "--full_every_hours": "24",
    },
    "items": CATALOG_JOB,
    "users": CATALOG_JOB,
}


def named(assembly: Assembly, type_: str, name: str) -> dict[str, Any]:
    [properties] = [r.properties for r in assembly.of_type(type_) if r.properties["Name"] == name]
    return dict(properties)


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


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_as_its_declaration_says(prod: Assembly, name: str) -> None:
    declared = yaml.safe_load((ROOT / "glue_jobs" / name / "job.yaml").read_text())
    job = named(prod, "AWS::Glue::Job", f"clickstream-prod-{name}")
    arguments = {name: prod.render(value) for name, value in job["DefaultArguments"].items()}

    assert job["GlueVersion"] == declared["glue_version"]
    assert job["Command"]["Name"] == "glueetl"
    assert {"type": job["WorkerType"], "count": job["NumberOfWorkers"]} == declared["worker"]
    assert job["Timeout"] == declared["timeout_minutes"]
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": declared["max_concurrent_runs"]}
    assert {name: arguments[name] for name in declared["arguments"]} == ARGUMENTS[name]
    assert arguments["--job-bookmark-option"] == "job-bookmark-disable"


def test_the_file_jobs_install_their_wheels_from_a_name_that_glue_knows_and_from_nowhere_else(prod: Assembly) -> None:
    asked = {}
    for job in prod.of_type("AWS::Glue::Job"):
        arguments = job.properties["DefaultArguments"]
        modules = prod.render(arguments.get("--additional-python-modules"))
        asked[job.properties["Name"].rpartition("-")[2]] = (
            re.sub(r"/[0-9a-f]{64}", "/DIGEST", modules),
            arguments.get("--python-modules-installer-option"),
        )

    wheels = "s3://cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/DIGEST.gluewheels.zip"
    assert asked == {"events": ("None", None), **dict.fromkeys(JOBS[1:], (wheels, "--no-index"))}


def test_the_wheels_are_uploaded_where_the_jobs_look_for_them(
    prod: Assembly, folders: Mapping[str, Path], wheels: Wheels
) -> None:
    job = named(prod, "AWS::Glue::Job", "clickstream-prod-items")
    wanted = prod.render(job["DefaultArguments"]["--additional-python-modules"]).rpartition("/")[2]
    files = json.loads((folders["prod"] / "Processing.assets.json").read_text())["files"]
    uploaded = {
        to["objectKey"]: (folders["prod"] / file["source"]["path"])
        for file in files.values()
        for to in file["destinations"].values()
    }

    assert uploaded[wanted].read_bytes() == wheels.glue.read_bytes()


@pytest.mark.parametrize("name", JOBS)
def test_wake_up_calls_are_batched_before_they_start_a_job(prod: Assembly, name: str) -> None:
    declared = yaml.safe_load((ROOT / "glue_jobs" / name / "job.yaml").read_text())["workflow"]
    trigger = named(prod, "AWS::Glue::Trigger", f"clickstream-prod-{name}")

    assert (trigger["Type"], trigger["WorkflowName"]) == ("EVENT", f"clickstream-prod-{name}")
    assert trigger["Actions"] == [{"JobName": f"clickstream-prod-{name}"}]
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


def test_schedules_start_jobs_by_name_and_functions_and_tell_them_why(prod: Assembly) -> None:
    schedules = {s.properties["Name"].removeprefix("clickstream-prod-"): s.properties for s in prod.of_type(SCHEDULE)}
    starts = {name: json.loads(schedule["Target"]["Input"]) for name, schedule in schedules.items()}
    woken = {name: prod.render(schedule["Target"]["Arn"]) for name, schedule in schedules.items()}

    start_job = "arn:<AWS::Partition>:scheduler:::aws-sdk:glue:startJobRun"
    assert woken == {
        **dict.fromkeys(("events-hourly", *(f"{job}-nightly" for job in JOBS[1:])), start_job),
        "reconcile": "<FunctionsPersonalizeSyncFunction.Arn>",
        "audit": "<FunctionsAuditFunction.Arn>",
    }
    assert {name: schedule["ScheduleExpression"] for name, schedule in schedules.items()} == {
        "events-hourly": "rate(1 hour)",
        "items-nightly": "cron(5 2 * * ? *)",
        "users-nightly": "cron(25 2 * * ? *)",
        "interactions-nightly": "cron(45 2 * * ? *)",
        "reconcile": "rate(1 minute)",
        "audit": "rate(1 hour)",
    }
    assert starts == {
        "events-hourly": {"JobName": "clickstream-prod-events"},
        **{
            f"{job}-nightly": {"JobName": f"clickstream-prod-{job}", "Arguments": {"--mode": "full"}}
            for job in JOBS[1:]
        },
        **{
            name: {"source": "clickstream.schedule", "detail-type": name, "detail": {}}
            for name in ("reconcile", "audit")
        },
    }


def test_the_success_of_the_events_job_wakes_what_others_refer_to_first(prod: Assembly) -> None:
    woken = [
        prod.render(target["Arn"]).rpartition("-")[2]
        for rule in prod.of_type("AWS::Events::Rule")
        if rule.properties["EventPattern"].get("detail", {}).get("state") == ["SUCCEEDED"]
        for target in rule.properties["Targets"]
    ]

    assert woken == ["items", "users", "interactions"]


def test_rules_are_made_in_the_order_of_their_file(prod: Assembly) -> None:
    rules = prod.of_type("AWS::Events::Rule")
    names = [rule["name"] for rule in yaml.safe_load((ROOT / "eventbridge_rules" / "rules.yaml").read_text())["rules"]]

    assert [rule.properties["Name"].removeprefix("clickstream-prod-") for rule in rules] == names
    for before, after in pairwise(rules):
        assert before.address.logical_id in after.raw["DependsOn"]


def test_a_refused_dataset_is_told_to_people_from_the_own_bus(prod: Assembly) -> None:
    rule = named(prod, "AWS::Events::Rule", "clickstream-prod-quality-gate-failed")

    assert prod.render(rule["EventBusName"]) == "<EventBus>"
    assert rule["EventPattern"] == {"source": ["clickstream.files"], "detail-type": ["Quality Gate Failed"]}
    assert [prod.render(target["Arn"]) for target in rule["Targets"]] == ["<Alerts>"]


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
