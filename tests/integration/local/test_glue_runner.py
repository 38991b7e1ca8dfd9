"""StartJobRun really runs the job, and says what became of it."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from infra.local import guard
from tests.support.local_endpoint import Local
from tests.support.local_functions import until

pytestmark = pytest.mark.integration


def test_a_job_runs_with_its_arguments_and_libraries_and_writes_over_s3(local: Local, tmp_path: Path) -> None:
    name, bucket = local.create_job(tmp_path)

    run = local.run_job(name, color="blue")

    assert (run["JobRunState"], run["ErrorMessage"]) == ("SUCCEEDED", "")
    row = written_row(local, bucket)
    argv = row["argv"]
    assert row["says"] == "hello"
    assert f"'--JOB_NAME', '{name}'" in argv
    assert "'--color', 'blue'" in argv
    assert guard.check(local.client("glue")) >= 1


def test_a_changed_library_takes_effect_in_the_next_run(local: Local, tmp_path: Path) -> None:
    name, bucket = local.create_job(tmp_path)
    local.run_job(name)
    local.put_library(bucket, says="changed", folder=tmp_path)

    local.run_job(name)

    row = written_row(local, bucket)
    assert row["says"] == "changed"


def test_a_run_that_gave_spark_nothing_to_do_does_not_harm_the_next(local: Local, tmp_path: Path) -> None:
    name, bucket = local.create_job(tmp_path)

    states = [local.run_job(name, exit="0")["JobRunState"], local.run_job(name)["JobRunState"]]

    assert states == ["SUCCEEDED", "SUCCEEDED"]
    assert written_row(local, bucket)["says"] == "hello"


def test_an_exception_fails_the_run_with_its_message_and_output(local: Local, tmp_path: Path) -> None:
    name, _ = local.create_job(tmp_path)

    run = local.run_job(name, fail="no such column")

    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].startswith("ValueError: no such column")
    assert "helper says hello" in run["ErrorMessage"]
    assert "The whole log is" in run["ErrorMessage"]


@pytest.mark.parametrize(("code", "state"), [("0", "SUCCEEDED"), ("3", "FAILED")])
def test_the_exit_code_decides(local: Local, tmp_path: Path, code: str, state: str) -> None:
    name, _ = local.create_job(tmp_path)

    assert local.run_job(name, exit=code)["JobRunState"] == state


def test_a_missing_script_fails_the_run(local: Local, tmp_path: Path) -> None:
    name, bucket = local.create_job(tmp_path)
    local.client("s3").delete_object(Bucket=bucket, Key="main.py")

    run = local.run_job(name)

    assert run["JobRunState"] == "FAILED"
    assert "could not fetch what the job needs" in run["ErrorMessage"]


def test_one_run_at_a_time_unless_the_job_says_otherwise(local: Local, tmp_path: Path) -> None:
    name, _ = local.create_job(tmp_path)
    glue = local.client("glue")
    run_id = glue.start_job_run(JobName=name, Arguments={"--sleep": "30"})["JobRunId"]

    with pytest.raises(ClientError) as caught:
        glue.start_job_run(JobName=name)
    stopped = glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_none"])

    assert caught.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    assert stopped["SuccessfulSubmissions"] == [{"JobName": name, "JobRunId": run_id}]
    assert [error["JobRunId"] for error in stopped["Errors"]] == ["jr_none"]
    assert local.ended_run(name, run_id)["JobRunState"] == "STOPPED"


def in_spark(local: Local) -> int | None:
    """The process in which a job has been for half a second; None while there is none, or another takes its place."""
    before = local.endpoint.health()
    time.sleep(0.5)
    after = local.endpoint.health()
    same = before["spark"]["pid"] == after["spark"]["pid"]
    return after["spark"]["pid"] if same and before["spark"]["ready"] and before["glue"]["active"] else None


def test_a_killed_spark_process_fails_its_run_and_the_next_run_gets_a_new_one(local: Local, tmp_path: Path) -> None:
    name, _ = local.create_job(tmp_path)
    run_id = local.client("glue").start_job_run(JobName=name, Arguments={"--sleep": "60"})["JobRunId"]
    os.kill(until(lambda: in_spark(local)), signal.SIGKILL)

    died = local.ended_run(name, run_id)

    assert died["JobRunState"] == "FAILED"
    assert "died (exit status -9) with the job in it" in died["ErrorMessage"]
    assert local.run_job(name)["JobRunState"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("command", "arguments", "named"),
    [
        ("pythonshell", {}, "pythonshell"),
        ("glueetl", {"--additional-python-modules": "numpy"}, "--additional-python-modules"),
        ("glueetl", {"--job-bookmark-option": "job-bookmark-enable"}, "--job-bookmark-option"),
    ],
)
def test_what_would_not_really_run_is_refused_by_name(
    local: Local, command: str, arguments: dict[str, str], named: str
) -> None:
    name = f"job-{command}-{len(arguments)}-{named.strip('-')}"
    glue = local.client("glue")
    glue.create_job(
        Name=name,
        Role="arn:aws:iam::000000000000:role/any",
        Command={"Name": command, "ScriptLocation": "s3://none/main.py"},
        DefaultArguments=arguments,
    )

    with pytest.raises(ClientError, match=named):
        glue.start_job_run(JobName=name)


def test_an_emr_step_is_refused_rather_than_pretended(local: Local) -> None:
    with pytest.raises(ClientError, match="local endpoint"):
        local.client("emr").add_job_flow_steps(
            JobFlowId="j-1", Steps=[{"Name": "step", "HadoopJarStep": {"Jar": "command-runner.jar"}}]
        )


def written_row(local: Local, bucket: str) -> dict[str, str]:
    """The one row the script wrote, in the one part that is not empty."""
    [row] = [json.loads(body) for body in local.bodies(bucket, "out/").values() if body]
    return dict(row)
