"""A job.yaml that could not be deployed is refused, with the file and the key in the message."""

from pathlib import Path

import pytest

from infra.capabilities.job_spec import Batching, InvalidJob, JobSpec, Location, Worker, read_job

pytestmark = pytest.mark.integration

JOB = """
name: visits
why: Something must be computed from the lake.
glue_version: "5.1"
worker: {type: G.1X, count: 2}
timeout_minutes: 10
max_concurrent_runs: 1
script: main.py
reads: [{bucket: lake, prefix: events/}]
writes: [{bucket: lake, prefix: visits/}]
arguments: {--lake: "s3://${bucket:lake}/"}
workflow: {batch_size: 1, batch_window_seconds: 900}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "visits"
    folder.mkdir()
    (folder / "main.py").write_text("")
    return folder


def test_a_declaration_is_read_whole(folder: Path) -> None:
    (folder / "job.yaml").write_text(JOB)

    assert read_job(folder / "job.yaml") == JobSpec(
        name="visits",
        why="Something must be computed from the lake.",
        glue_version="5.1",
        worker=Worker(type="G.1X", count=2),
        timeout_minutes=10,
        max_concurrent_runs=1,
        script="main.py",
        reads=(Location(bucket="lake", prefix="events/"),),
        writes=(Location(bucket="lake", prefix="visits/"),),
        arguments={"--lake": "s3://${bucket:lake}/"},
        workflow=Batching(batch_size=1, batch_window_seconds=900),
    )


def test_buses_and_wheels_are_for_those_who_ask(folder: Path) -> None:
    (folder / "job.yaml").write_text(JOB + "publishes: [clickstream]\nwheels: great_expectations\n")

    asking = read_job(folder / "job.yaml")
    (folder / "job.yaml").write_text(JOB)
    plain = read_job(folder / "job.yaml")

    assert (asking.publishes, asking.wheels) == (("clickstream",), "great_expectations")
    assert (plain.publishes, plain.wheels) == ((), None)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("script: main.py", "script: other.py", ["script", "'other.py'"]),
        ("name: visits", "name: views", ["name", "'views'"]),
        ("timeout_minutes", "timeout", ["unknown field `timeout`"]),
        ('"5.1"', '"4.0"', ["glue_version", "4.0"]),
        ("writes: [{bucket: lake", "writes: [{bucket: pond", ["writes[0].bucket", "pond"]),
        ("prefix: events/", 'prefix: ""', ["reads[0].prefix"]),
        ("prefix: events/", "prefix: events", ["reads[0].prefix"]),
        ("${bucket:lake}", "${bucket:pond}", ["arguments.--lake", "bucket:pond", "bucket:lake"]),
        ("${bucket:lake}", "${setting:gait}", ["arguments.--lake", "setting:gait", "setting:gate"]),
        ("workflow:", "publishes: [default]\nworkflow:", ["publishes[0]", "default"]),
        ("workflow:", "wheels: pandas\nworkflow:", ["wheels", "pandas"]),
        ("--lake:", "lake:", ["arguments"]),
        ("count: 2", "count: 1", ["worker.count"]),
        ("window_seconds: 900", "window_seconds: 901", ["workflow.batch_window_seconds"]),
    ],
)
def test_a_faulty_declaration_is_refused_by_file_and_key(folder: Path, old: str, new: str, told: list[str]) -> None:
    (folder / "job.yaml").write_text(JOB.replace(old, new))

    with pytest.raises(InvalidJob) as caught:
        read_job(folder / "job.yaml")

    assert [part for part in ["visits/job.yaml", *told] if part not in str(caught.value)] == []
