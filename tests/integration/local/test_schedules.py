"""A schedule of a template starts its job with the arguments that it names, over the job's own."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_endpoint import Local

pytestmark = pytest.mark.integration

SCRIPT = "import sys\nprint(sys.argv)\n"
SECONDS = 30  # the endpoint looks at its schedules every 10


def template(name: str, target: dict[str, Any]) -> str:
    """A schedule whose only time has passed, so that it is due at once."""
    properties = {
        "Name": name,
        "ScheduleExpression": "at(2026-01-01T02:05:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:glue:startJobRun",
            "RoleArn": "arn:aws:iam::000000000000:role/any",
            "Input": json.dumps(target),
        },
    }
    return json.dumps({"Resources": {"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": properties}}})


def first_run(local: Local, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        runs: list[dict[str, Any]] = local.client("glue").get_job_runs(JobName=job)["JobRuns"]
        if runs:
            return runs[0]
        time.sleep(0.1)
    raise AssertionError(f"nothing started {job}")


def test_a_schedule_starts_its_job_with_its_own_arguments(local: Local, tmp_path: Path) -> None:
    job, bucket = local.create_job(tmp_path, script=SCRIPT)
    start = {"JobName": job, "Arguments": {"--mode": "full", "--out": "elsewhere"}}
    stack = f"schedule-{uuid.uuid4().hex[:8]}"
    local.client("cloudformation").create_stack(StackName=stack, TemplateBody=template(stack, start))

    run = local.ended_run(job, first_run(local, job)["Id"])

    libraries = {"--extra-py-files": f"s3://{bucket}/libraries.zip"}
    assert (run["JobRunState"], run["ErrorMessage"]) == ("SUCCEEDED", "")
    assert run["Arguments"] == {**libraries, "--mode": "full", "--out": "elsewhere"}
    assert "'--mode', 'full'" in Path(run["LogGroupName"]).read_text()
