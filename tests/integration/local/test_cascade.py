"""One drain sees a chain of jobs through: the success of one wakes others, and their news reach a rule."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

ACCOUNT = "000000000000"
FIRST = "import sys\nif '--fail' in sys.argv:\n    raise ValueError('no events')\n"
NEXT = """
import json, sys
import boto3

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
detail = json.dumps({"dataset": arguments["--JOB_NAME"]})
entry = {"EventBusName": arguments["--bus"], "Source": "clickstream.files", "DetailType": "Dataset Ready"}
answer = boto3.client("events").put_events(Entries=[{**entry, "Detail": detail}])
assert answer["FailedEntryCount"] == 0, answer
"""


def wake(number: int, first: str, job: str) -> dict[str, Any]:
    """A workflow of `job`, and the rule, made after the one before, that wakes it when `first` succeeded."""
    detail = {"jobName": [first], "state": ["SUCCEEDED"]}
    pattern = {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"], "detail": detail}
    arn = f"arn:aws:glue:us-east-1:{ACCOUNT}:workflow/{job}"
    trigger = {
        "Name": job,
        "Type": "EVENT",
        "WorkflowName": job,
        "EventBatchingCondition": {"BatchSize": 1, "BatchWindow": 60},
        "Actions": [{"JobName": job}],
    }
    return {
        f"Trigger{number}": {"Type": "AWS::Glue::Trigger", "Properties": trigger},
        f"Rule{9 - number}": {
            "Type": "AWS::Events::Rule",
            "DependsOn": f"Rule{10 - number}" if number else "Bus",
            "Properties": {"EventPattern": pattern, "Targets": [{"Id": "t", "Arn": arn}]},
        },
    }


def news(bus: str, queue: str) -> dict[str, Any]:
    """The bus, and a rule on it that passes news on to a queue."""
    pattern = {"source": ["clickstream.files"], "detail-type": ["Dataset Ready"]}
    target = {"Id": "q", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"}
    return {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": bus}},
        "News": {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "EventPattern": pattern, "Targets": [target]},
        },
    }


def deploy(local: Local, folder: Path) -> tuple[str, list[str], str]:
    """A first job, three that its success wakes, in this order, and a queue of their news."""
    mark = f"news-{uuid.uuid4().hex[:8]}"
    first, _ = local.create_job(folder, script=FIRST)
    others = [local.create_job(folder, script=NEXT)[0] for _ in range(3)]
    glue = local.client("glue")
    for job in others:
        update = {name: glue.get_job(JobName=job)["Job"][name] for name in ("Role", "Command", "DefaultArguments")}
        update["DefaultArguments"]["--bus"] = mark
        glue.update_job(JobName=job, JobUpdate=update)
    resources = news(mark, mark)
    for number, job in enumerate(others):
        resources |= wake(number, first, job)
    url = local.client("sqs").create_queue(QueueName=mark)["QueueUrl"]
    local.client("cloudformation").create_stack(StackName=mark, TemplateBody=json.dumps({"Resources": resources}))
    return first, others, str(url)


def received(local: Local, url: str) -> list[str]:
    """The datasets told of in the queue."""
    messages = local.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    return [json.loads(message["Body"])["detail"]["dataset"] for message in messages.get("Messages", [])]


def test_one_drain_sees_all_jobs_through_in_the_order_of_the_rules(local: Local, tmp_path: Path) -> None:
    first, others, url = deploy(local, tmp_path)
    local.client("glue").start_job_run(JobName=first)

    drained = local.endpoint.drain()

    runs = [(run["JobName"], run["JobRunState"]) for run in drained["job_runs"]]
    assert sorted(runs) == sorted((job, "SUCCEEDED") for job in [first, *others]), drained["job_runs"]
    # One run at a time: the news came in the order of the runs.
    assert received(local, url) == others


def test_a_failure_wakes_nothing(local: Local, tmp_path: Path) -> None:
    first, others, url = deploy(local, tmp_path)
    local.client("glue").start_job_run(JobName=first, Arguments={"--fail": "yes"})

    drained = local.endpoint.drain()

    assert [(run["JobName"], run["JobRunState"]) for run in drained["job_runs"]] == [(first, "FAILED")]
    assert [run for job in others for run in local.client("glue").get_job_runs(JobName=job)["JobRuns"]] == []
    assert received(local, url) == []
