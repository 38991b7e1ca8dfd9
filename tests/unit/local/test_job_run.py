"""A Glue job run is taken, refused and recorded as Glue does it."""

from typing import Any

import pytest

from infra.local.guard import UnmarkedRuns, check, unmarked
from infra.local.job_run import GlueRefusal, Start, finish, new_run, read_start, script_arguments, spark_options

pytestmark = pytest.mark.unit

JOB: dict[str, Any] = {
    "Name": "events",
    "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/main.py"},
    "DefaultArguments": {"--raw": "s3://raw/", "--mode": "day"},
    "ExecutionProperty": {"MaxConcurrentRuns": 2},
    "Timeout": 60,
}


def test_a_runs_arguments_win_over_the_workflows_and_those_over_the_jobs() -> None:
    start = read_start({"JobName": "events", "Arguments": {"--mode": "month"}}, JOB, active=1, extra={"--raw": "x"})

    assert start == Start(job=JOB, arguments={"--raw": "x", "--mode": "month"}, timeout_minutes=60)


def test_a_script_gets_its_jobs_name_first_and_every_value_as_text() -> None:
    run = new_run(Start(job=JOB, arguments={"--n": "1"}, timeout_minutes=60), run_id="jr_1", now=7, log="l")

    assert script_arguments(run) == ["--JOB_NAME", "events", "--JOB_RUN_ID", "jr_1", "--n", "1"]


@pytest.mark.parametrize(
    ("request_", "job", "active", "code", "named"),
    [
        ({}, {}, 2, "ConcurrentRunsExceededException", "at most 2"),
        ({"JobRunId": "jr_0"}, {}, 0, "InvalidInputException", "JobRunId"),
        ({}, {"Command": {"Name": "pythonshell"}}, 0, "InvalidInputException", "pythonshell"),
        ({"Arguments": {"--extra-jars": "s3://x.jar"}}, {}, 0, "InvalidInputException", "--extra-jars"),
        ({"Arguments": {"--job-language": "scala"}}, {}, 0, "InvalidInputException", "--job-language"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(
    request_: dict[str, Any], job: dict[str, Any], active: int, code: str, named: str
) -> None:
    with pytest.raises(GlueRefusal, match=named) as caught:
        read_start(request_, JOB | job, active=active)

    assert caught.value.code == code


def test_session_settings_are_read_from_conf() -> None:
    given = {"--conf": "spark.sql.ansi.enabled=true --conf spark.sql.shuffle.partitions=8"}

    assert spark_options(given) == {"spark.sql.ansi.enabled": "true", "spark.sql.shuffle.partitions": "8"}
    assert spark_options({}) == {}


def test_a_setting_a_warm_session_cannot_take_is_refused() -> None:
    with pytest.raises(GlueRefusal, match=r"spark\.executor\.memory"):
        spark_options({"--conf": "spark.executor.memory=9g"})


def finished(state: str, *, pid: int | None) -> dict[str, Any]:
    run = new_run(Start(job=JOB, arguments={}, timeout_minutes=60), run_id="jr_1", now=100, log="l")
    finish(run, state, now=130, pid=pid)
    return run


def test_a_finished_run_carries_our_mark() -> None:
    run = finished("SUCCEEDED", pid=42)

    assert (run["JobRunState"], run["ExecutionTime"], run["CompletedOn"]) == ("SUCCEEDED", 30, 130)
    assert run["StateDetail"] == "run by the local Spark runner, process 42"


def test_the_guard_names_runs_that_claim_success_without_our_mark() -> None:
    pretended = {"JobName": "events", "Id": "jr_2", "JobRunState": "SUCCEEDED"}
    failed = {"JobName": "events", "Id": "jr_3", "JobRunState": "FAILED"}

    assert unmarked([finished("SUCCEEDED", pid=42), pretended, failed]) == ["events/jr_2"]
    with pytest.raises(UnmarkedRuns, match="events/jr_2"):
        check(FakeGlue([pretended]))
    assert check(FakeGlue([finished("SUCCEEDED", pid=42), failed])) == 1


class FakeGlue:
    """Pages of one job and its runs."""

    def __init__(self, runs: list[dict[str, Any]]) -> None:
        self._pages = {"get_jobs": [{"Jobs": [{"Name": "events"}]}], "get_job_runs": [{"JobRuns": runs}]}

    def get_paginator(self, name: str) -> "FakePaginator":
        return FakePaginator(self._pages[name])


class FakePaginator:
    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return self._pages
