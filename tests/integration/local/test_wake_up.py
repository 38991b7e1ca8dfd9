"""A landed object wakes the workflow, its job really runs, its end is told, and Athena reads what it wrote."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

SCRIPT = """
import sys
from pyspark.sql import SparkSession

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.getOrCreate()
rows = spark.sql("SELECT id, timestamp'2026-11-23 07:00:00' AS at FROM range(3)")
rows.write.mode("overwrite").parquet(arguments["--out"] + "dt=2026-11-23/")
"""


def template(job: str, bucket: str) -> dict[str, Any]:
    """What CDK makes of a rule, a workflow and its trigger, and a table with projection."""
    arn = f"arn:aws:glue:us-east-1:000000000000:workflow/{job}"
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "in/"}]}}}
    trigger = {
        "Name": job,
        "Type": "EVENT",
        "WorkflowName": job,
        "EventBatchingCondition": {"BatchSize": 100, "BatchWindow": 300},
        "Actions": [{"JobName": job}],
    }
    return {
        "Resources": {
            "Workflow": {"Type": "AWS::Glue::Workflow", "Properties": {"Name": job}},
            "Trigger": {"Type": "AWS::Glue::Trigger", "Properties": trigger, "DependsOn": "Workflow"},
            "Rule": {
                "Type": "AWS::Events::Rule",
                "Properties": {"EventPattern": pattern, "Targets": [{"Id": "t", "Arn": arn}]},
            },
        }
    }


def create_table(local: Local, database: str, location: str) -> None:
    glue = local.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    storage = {
        "Location": location,
        "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "at", "Type": "timestamp"}],
        "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    }
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "rows",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": "dt", "Type": "string"}],
            "Parameters": {"projection.enabled": "true", "classification": "parquet"},
        },
    )


def query(local: Local, sql: str, *, database: str, bucket: str) -> tuple[dict[str, Any], bytes]:
    """The execution once it ended, and its result file."""
    athena = local.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/results/"},
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        execution: dict[str, Any] = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
        execution = execution["QueryExecution"]
        if execution["Status"]["State"] in {"SUCCEEDED", "FAILED"}:
            break
        time.sleep(0.05)
    return execution, local.bodies(bucket, f"results/{started['QueryExecutionId']}.csv").get(
        f"results/{started['QueryExecutionId']}.csv", b""
    )


def listen(local: Local, job: str) -> str:
    """A queue that hears of the ends of `job`."""
    sqs, events = local.client("sqs"), local.client("events")
    url = sqs.create_queue(QueueName=f"ends-of-{job}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": {"jobName": [job]}}
    events.put_rule(Name=f"ends-of-{job}", EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule=f"ends-of-{job}", Targets=[{"Id": "q", "Arn": arn}])
    return str(url)


def test_a_landed_object_ends_as_rows_of_a_query(local: Local, tmp_path: Path) -> None:
    job, bucket = local.create_job(tmp_path, script=SCRIPT)
    local.client("cloudformation").create_stack(StackName=f"wake-{job}", TemplateBody=json.dumps(template(job, bucket)))
    local.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    ends = listen(local, job)
    for number in range(5):
        local.client("s3").put_object(Bucket=bucket, Key=f"in/{number}", Body=b"")

    drained = local.endpoint.drain()

    [run] = [run for run in drained["job_runs"] if run["JobName"] == job]
    assert (run["JobRunState"], run["ErrorMessage"]) == ("SUCCEEDED", "")
    [message] = local.client("sqs").receive_message(QueueUrl=ends, WaitTimeSeconds=2)["Messages"]
    detail = json.loads(message["Body"])["detail"]
    assert (detail["jobName"], detail["state"], detail["jobRunId"]) == (job, "SUCCEEDED", run["Id"])
    workflow = local.client("glue").get_workflow(Name=job)["Workflow"]["LastRun"]
    assert (workflow["Status"], workflow["Statistics"]["SucceededActions"]) == ("COMPLETED", 1)

    database = job.replace("-", "_")
    create_table(local, database, f"s3://{bucket}/out/")
    sql = "SELECT CAST(id AS VARCHAR) AS id, at, NULLIF(id, 1) AS n, COUNT(*) OVER () FROM rows ORDER BY id LIMIT 2"
    execution, result = query(local, sql, database=database, bucket=bucket)

    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    assert result.decode() == (
        '"id","at","n","_col3"\n"0","2026-11-23 07:00:00.000","0","3"\n"1","2026-11-23 07:00:00.000",,"3"\n'
    )


def test_a_query_that_is_no_sql_fails_with_the_parsers_words(local: Local) -> None:
    execution, _ = query(local, "SELECT FROM WHERE", database="default", bucket=local.bucket())

    assert execution["Status"]["State"] == "FAILED"
    assert execution["Status"]["StateChangeReason"].startswith("SYNTAX_ERROR: line 1")


def test_a_target_the_endpoint_would_drop_is_reported(local: Local) -> None:
    events = local.client("events")
    events.put_rule(Name="dropped", EventPattern=json.dumps({"source": ["test.dropped"]}), State="ENABLED")
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/none"
    events.put_targets(Rule="dropped", Targets=[{"Id": "t", "Arn": arn}])
    events.put_events(Entries=[{"Source": "test.dropped", "DetailType": "D", "Detail": "{}"}])

    assert any(arn in line for line in local.endpoint.health()["undelivered"])
